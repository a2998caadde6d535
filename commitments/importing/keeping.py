"""A file between its preview and its import: it travels through the page, signed, so that nothing is stored meanwhile."""

import base64
import zlib

from django.core import signing

KEPT_FOR = 60 * 60  # seconds


def keep(data: bytes, name: str, *, salt: str) -> str:
    packed = base64.b85encode(zlib.compress(data)).decode()
    return signing.dumps([name, packed], salt=salt)


def kept_file(kept: str, *, salt: str) -> tuple[bytes, str]:
    """Raises BadSignature if it is not ours, was changed or is too old."""
    name, packed = signing.loads(kept, salt=salt, max_age=KEPT_FOR)
    return zlib.decompress(base64.b85decode(packed)), name
