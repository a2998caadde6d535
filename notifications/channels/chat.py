"""Chat by the optional package apprise (requirements-chat.txt): text only, with the links.

People give their own address, so it may lead to no service but those that are allowed here, and to no host but the
service's own or one that the administrator has named. Chat services know no Message-ID: who posted what is not to be
found out, and a repetition says that it may be one."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from notifications.channels.base import Channel, ChannelError, InDoubtError, Policy
from notifications.models import Delivery, OutgoingMail, Preference

# What apprise calls them, and the hosts to which they lead; none: to the one of the service. Nothing else is ever
# allowed: what posts to any address (json://, form://) would reach into our own network.
ANY_NAMED = ("",)
SERVICES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "slack": (("slack",), ()),
    "workflows": (("workflow", "workflows"), (".logic.azure.com", ".powerplatform.com")),
    "webex": (("wxteams", "webex"), ()),
    "mattermost": (("mmosts", "mmost"), ANY_NAMED),
    "rocket": (("rockets", "rocket"), ANY_NAMED),
    "matrix": (("matrixs", "matrix"), ANY_NAMED),
}
SENDER = "Commitment tracker"
SECONDS = 20.0  # for the answer
HTTP_ERROR = re.compile(r"error=(\d{3})")
NOT_CONNECTED = re.compile("NewConnectionError|NameResolutionError|ConnectTimeout|SSLError")
NO_ANSWER = gettext_noop("The chat service did not answer.")
NOT_REACHED = gettext_noop("The chat service could not be reached.")
FROZEN = gettext_noop("The worker was stopped for longer than its lease.")


@dataclass(frozen=True)
class Post:
    plugin: Any
    text: str


class ChatChannel(Channel):
    most_handings = 2

    def why_closed(self) -> str:
        if not is_installed():
            return _("The package for chat is not installed.")
        return "" if OutgoingMail.is_enabled() else _("Outgoing mail is switched off.")

    def prepare(self, delivery: Delivery, *, repeated: bool = False) -> Post:
        plugin, problem = _found(_address_of(delivery))
        if problem:
            raise ValueError(problem)
        with translation.override(delivery.language):
            mark = _("You may have had this message already.") if repeated else ""
        return Post(plugin, "\n".join(filter(None, (mark, delivery.subject, delivery.text))))

    def send(self, prepared: Post, *, not_after: float) -> None:
        from apprise import LogCapture, NotifyFormat

        if time.monotonic() > not_after:
            raise ChannelError(FROZEN)
        logging.getLogger("apprise").propagate = False  # it names the address, which is a secret
        with LogCapture(level=logging.DEBUG) as said:
            accepted = prepared.plugin.notify(body=prepared.text, title="", body_format=NotifyFormat.TEXT)
            if not accepted:
                raise _judged(said.getvalue())

    def policy(self) -> Policy:
        return Policy.RESEND


def is_installed() -> bool:
    return find_spec("apprise") is not None


def address_problem(address: str) -> str:
    """A sentence; empty if messages could go there, or if nobody can tell without the package."""
    return _found(address)[1] if is_installed() else ""


def _address_of(delivery: Delivery) -> str:
    chosen = Preference.objects.filter(user=delivery.recipient_id).values_list("chat_address", flat=True)
    return chosen.first() or ""


def _found(address: str) -> tuple[Any, str]:
    """What posts there, and why it may not."""
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(app_id=SENDER, app_desc=SENDER, image_url_mask="", image_url_logo="")
    plugin = Apprise.instantiate(address, asset=asset) if address else None
    names = set(_names(plugin))
    services = [name for name in settings.CHAT_SCHEMES if names & set(SERVICES.get(name, ((), ()))[0])]
    if plugin is None or not services:
        return None, _("This is not the address of a chat that is allowed here.")
    if not _is_allowed(plugin, SERVICES[services[0]][1]):
        return None, _("Messages may not be sent to this host; ask the administrator.")
    plugin.redirects, plugin.service_retry, plugin.verify_certificate = False, 0, True
    plugin.socket_connect_timeout = plugin.socket_read_timeout = SECONDS
    return plugin, ""


def _names(plugin: Any) -> list[str]:
    found: list[str] = []
    for kind in ("protocol", "secure_protocol"):
        named = getattr(plugin, kind, None) or ()
        found += [named] if isinstance(named, str) else named
    return found


def _is_allowed(plugin: Any, hosts: tuple[str, ...]) -> bool:
    host = str(getattr(plugin, "host", "")).lower()
    if hosts == ANY_NAMED:
        return host in settings.CHAT_HOSTS
    return not hosts or host.endswith(hosts)


def _judged(said: str) -> Exception:
    """apprise answers no more than yes or no; its log says why."""
    if codes := HTTP_ERROR.findall(said):
        code = int(codes[-1])
        if code >= 500:
            return InDoubtError(f"HTTP {code}")
        return ChannelError(f"HTTP {code}", permanent=code not in (408, 425, 429))
    return ChannelError(NOT_REACHED) if NOT_CONNECTED.search(said) else InDoubtError(NO_ANSWER)
