"""A page as its reader sees it."""

import re
from html import unescape
from typing import Any

INLINE = re.compile(r"</?(time|q|s|mark)\b[^>]*>")
UNSEEN = re.compile(r"<(script|style|datalist|head)\b.*?</\1>", re.DOTALL)


def words(response: Any) -> str:
    """The text of a page, without its marks and with single spaces."""
    html = UNSEEN.sub(" ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", INLINE.sub("", html))).split())
