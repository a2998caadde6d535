"""Why somebody is not told, or not yet: one word for each reason, for those who decide and those who explain."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """The values are stable: `remind --json` counts by them."""

    # It is needed and has to wait, as bundling.Judgment decides.
    NOBODY = "nobody to tell", _("nobody to tell")
    MAIL_OFF = "outgoing mail is off", _("outgoing mail is switched off")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    NO_CHANCE_YET = (
        "whoever is below has not had a chance yet",
        _("whoever is below has not had a chance to answer yet"),
    )
    NOT_YET = "not yet its day", _("not yet its day")
    NOT_THEIR_HOUR = "not their hour, day off or pause", _("not their hour, a day off or a pause")
    WEEK_FULL = "two messages this week", _("had two messages this week")
    HAD_TODAYS = "had today's message", _("had today’s message already")

    # It is not needed, as ReminderQuerySet.still_needed decides.
    CLOSED = "closed", _("closed before")
    MOVED = "moved", _("the date moved")
    NOT_THEIRS = "not theirs", _("another post answers for it now")
    OVERTAKEN = "overtaken", _("overtaken by a later step")
    REPORT_WAITS = "report waits", _("a report waits for the desk")
    REQUEST_WAITS = "request waits", _("a request waits for the desk")
    ANSWERED_BELOW = "answered below", _("whoever was asked has answered, or is quiet for a while")

    # What is known of single cases of these.
    SNOOZED = "snoozed", _("to be told later, as asked")
    EXTENSION_ASKED = "extension asked", _("more time is asked for; the desk decides")
    LADDER_CHANGED = "ladder changed", _("the ladder has this step no more")
    DORMANT = "dormant", _("the forum is dormant")

    # It will not be told, as planning decided.
    MISSED = "missed", _("too late to be of use")
    KNOWN_LATER = "known later", _("its day had passed when the date was entered")
