"""The doors to the outside world, one module each."""

from __future__ import annotations

from notifications.channels.base import (
    Channel,
    ChannelError,
    InDoubtError,
    MisconfiguredError,
    Policy,
    UnreachableError,
)
from notifications.channels.chat import ChatChannel
from notifications.channels.mail import FILES, SMTP, MailChannel
from notifications.models import Delivery

CHANNELS: dict[str, type[Channel]] = {Delivery.Channel.MAIL: MailChannel, Delivery.Channel.CHAT: ChatChannel}


def for_name(name: str) -> Channel:
    """For one run, in one thread: it may keep a connection."""
    return CHANNELS[Delivery.Channel(name)]()


__all__ = [
    "CHANNELS",
    "FILES",
    "SMTP",
    "Channel",
    "ChannelError",
    "ChatChannel",
    "InDoubtError",
    "MailChannel",
    "MisconfiguredError",
    "Policy",
    "UnreachableError",
    "for_name",
]
