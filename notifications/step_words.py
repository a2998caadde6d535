"""A step of a ladder in words, from the code that is stored with each reminder."""

import re
from functools import lru_cache

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from notifications.ladders import AGAIN, Unit

CODE = re.compile(r"(?P<who>.*?)-?(?P<side>before|after|desk-before|desk)-(?P<days>\d+)(\.(?P<nth>\d+))?")


def in_words(code: str, unit: str = Unit.CALENDAR_DAYS) -> str:
    """7 days before; 5 working days after; a code that no ladder makes reads as it is."""
    return _in_language(code, str(unit), get_language() or "en")


@lru_cache(maxsize=1024)
def _in_language(code: str, unit: str, language: str) -> str:
    """In the language that is switched on, which is this one."""
    found = CODE.fullmatch(code)
    if code.startswith(f"{AGAIN}-"):
        return _("asked again by the desk")
    if found is None:
        return code
    n, before = int(found["days"]), found["side"].endswith("before")
    if n == 0:
        said = _("on the day itself")
    elif unit == Unit.WORKING_DAYS and before:
        said = ngettext("%(n)s working day before", "%(n)s working days before", n) % {"n": n}
    elif unit == Unit.WORKING_DAYS:
        said = ngettext("%(n)s working day after", "%(n)s working days after", n) % {"n": n}
    elif before:
        said = ngettext("%(n)s day before", "%(n)s days before", n) % {"n": n}
    else:
        said = ngettext("%(n)s day after", "%(n)s days after", n) % {"n": n}
    if found["nth"] is None:
        return said
    return _("%(step)s, repeated (%(nth)s)") % {"step": said, "nth": found["nth"]}
