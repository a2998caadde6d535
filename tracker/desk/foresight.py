"""Who will hear of it and when, in one sentence: nobody is surprised by a mail."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from commitments.models import Commitment
from commitments.spoken_dates import long_date
from notifications import channels
from notifications.forecast import Expected, forecast
from notifications.models import Delivery


def expected(commitment: Commitment, *, now: datetime) -> list[Expected]:
    """What is to come for every open date of the commitment, the next first."""
    return forecast(commitment.follow_ups.open().select_related("commitment", "post"), now=now)


def in_words(to_come: Sequence[Expected]) -> str:
    """Saving sends nothing; first mail: Mon 30 Nov 2026, 2 people."""
    if not channels.for_name(Delivery.Channel.MAIL).is_open():
        return _("Saving sends nothing, and outgoing mail is switched off.")
    to_tell = [row for row in to_come if not row.is_task]
    if not to_tell:
        return _("Saving sends nothing, and no mail is to come.")
    mails = [row for row in to_tell if row.recipient]
    if not mails:
        return _("Saving sends nothing. Nobody can be told: no post of it has a holder with a mail address.")
    people = {row.recipient.user.pk for row in mails if row.told_on == mails[0].told_on and row.recipient}
    said = ngettext(
        "Saving sends nothing; first mail: %(day)s, %(count)d person.",
        "Saving sends nothing; first mail: %(day)s, %(count)d people.",
        len(people),
    )
    return said % {"day": long_date(mails[0].told_on, get_language() or "en"), "count": len(people)}
