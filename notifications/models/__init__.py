"""Who was told what, did it arrive, and what did they say?"""

from notifications.models.acknowledgments import Acknowledgment
from notifications.models.channels import ChannelPause, OutgoingMail
from notifications.models.deliveries import GRACE, LEASE_TO_SEND, MAX_ATTEMPTS, Delivery, DeliveryQuerySet
from notifications.models.feeds import CalendarFeed
from notifications.models.incoming import AddressProblem, IncomingMail, MailboxMark
from notifications.models.ladders import LadderStep, ReminderLadder
from notifications.models.letters import Letter
from notifications.models.preferences import Preference
from notifications.models.reminders import ForumRule, LadderCode, Reminder, ReminderQuerySet
from notifications.models.watch import Heartbeat, PlanningMark

__all__ = [
    "GRACE",
    "LEASE_TO_SEND",
    "MAX_ATTEMPTS",
    "Acknowledgment",
    "AddressProblem",
    "CalendarFeed",
    "ChannelPause",
    "Delivery",
    "DeliveryQuerySet",
    "ForumRule",
    "Heartbeat",
    "IncomingMail",
    "LadderCode",
    "LadderStep",
    "Letter",
    "MailboxMark",
    "OutgoingMail",
    "PlanningMark",
    "Preference",
    "Reminder",
    "ReminderLadder",
    "ReminderQuerySet",
]
