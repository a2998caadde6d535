"""Addresses that open something to whoever knows them stand in no log."""

from __future__ import annotations

import logging
import re
from contextlib import suppress

# Answer pages, preferences, switching off, calendars (notifications/urls.py); deploy/nginx.conf leaves them out too.
SECRET = re.compile(r"(?P<door>/(?:a|p|u|calendar)/)[^\s/?\"']+")


class Shortened(logging.Filter):
    """Of such an address the line says the door only."""

    def filter(self, record: logging.LogRecord) -> bool:
        with suppress(
            TypeError, ValueError
        ):  # a line that does not fit its values is logging's to complain of
            said = record.getMessage()
            if SECRET.search(said):
                record.msg, record.args = SECRET.sub(r"\g<door>…", said), ()
        return True
