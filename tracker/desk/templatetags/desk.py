"""How the desk writes dates and lights."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from commitments import holders
from commitments.admin.history import DOORS
from commitments.admin.lights import light as coloured
from commitments.models import Commitment, FollowUp
from commitments.searching import COUNTED
from commitments.spoken_dates import long_date
from notifications.models import IncomingMail
from notifications.proof import Line
from notifications.step_words import in_words

register = template.Library()


@register.filter
def day(value: date | None) -> SafeString | str:
    """Mon 14 Dec 2026, as the language of the page writes it."""
    if value is None:
        return ""
    return format_html(
        '<time datetime="{}">{}</time>', value.isoformat(), long_date(value, get_language() or "en")
    )


@register.filter
def spoken_day(value: date) -> str:
    """The same for an attribute, where there are no elements."""
    return long_date(value, get_language() or "en")


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """The day and the hour on the reader's clock."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    written = f"{long_date(local.date(), get_language() or 'en')} {local:%H:%M}"
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="minutes"), written)


@register.filter
def hour(value: datetime) -> SafeString:
    """By the clock that it is given in: that of a recipient, not of the reader."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="minutes"), f"{value:%H:%M}")


@register.filter
def weekdays(digits: str) -> str:
    """Of “12345”: Mon, Tue, Wed, Thu, Fri."""
    between = {"ko": "·", "ja": "・"}.get(get_language() or "en", ", ")
    return between.join(str(WEEKDAYS_ABBR[int(digit) - 1]) for digit in digits)


@register.filter
def away(value: date | None, today: date) -> str:
    """How far off, to stand beside the date itself and never alone."""
    if value is None:
        return ""
    days = (value - today).days
    if days == 0:
        return _("today")
    if days > 0:
        return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}
    return ngettext("%(days)s day ago", "%(days)s days ago", -days) % {"days": -days}


@register.filter
def of_line(came_back: dict[int, list[IncomingMail]] | None, line: Line) -> list[IncomingMail]:
    """What came back to the message of a step, as far as it is about this date or about no one item."""
    mails = (came_back or {}).get(line.delivery.pk, []) if line.delivery else []
    return [mail for mail in mails if mail.follow_up_id in {None, line.follow_up_id}]


@register.simple_tag
def light(outlook: str) -> SafeString:
    return coloured(outlook, dict(Commitment.Outlook.choices).get(outlook, ""))


@register.filter
def door(via: str) -> str:
    """By which way a change came, in a word."""
    return str(DOORS.get(via, via))


@register.filter
def kind_of_date(kind: str) -> str:
    return str(dict(FollowUp.Kind.choices).get(kind, kind))


@register.filter
def step(row: Any) -> str:
    """Of a reminder, told or to come: its step in words."""
    return in_words(row.step, row.unit)


@register.filter
def holder(held: Any) -> str:
    """Of the holdings of a post today, with both names while somebody acts."""
    return holders.spoken(held or [], get_language() or "en")


@register.filter
def then_called(post: Any, on: date | None) -> str:
    """How the organisation of a post was called on the day of a document, if otherwise than now."""
    name = post.organisation_on(on).name_on(on) if on else ""
    return "" if name in {"", str(post.organisation)} else " " + _("(then %(name)s)") % {"name": name}


@register.filter
def told(recipient: Any) -> str:
    """Who is told, with both names where they act for somebody."""
    if not recipient.acting:
        return recipient.user.name
    away = recipient.acts_for.name if recipient.acts_for else ""
    return holders.spoken_acting(recipient.user.name, away, recipient.acts_until, get_language() or "en")


@register.filter
def with_marks(pieces: list[tuple[str, bool]]) -> SafeString:
    """A passage as the search cuts it: what was asked for is marked."""
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", piece) if hit else piece,) for piece, hit in pieces)
    )


@register.filter
def capped(count: int) -> str:
    """999+ where it was not counted any further."""
    return str(count) if count < COUNTED else f"{COUNTED - 1}+"


@register.filter
def of(mapping: dict[Any, Any], key: Any) -> Any:
    return mapping.get(key, "")
