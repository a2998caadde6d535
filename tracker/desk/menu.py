"""What stands on every page: the menu, the languages, whether this is a demonstration."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from commitments import access, demonstration
from commitments.importing import runs
from notifications import watching
from notifications.models import Heartbeat
from tracker.desk.requests import StaffRequest


@dataclass
class Entry:
    title: str
    address: str
    here: bool = False


@dataclass
class Group:
    title: str
    entries: list[Entry] = field(default_factory=list)


MAIN: list[tuple[Promise, str, tuple[str | tuple[str, ...]]]] = [
    (_("My desk"), "admin:index", ("/",)),
    (_("Commitments"), "admin:commitments", ("/commitments/",)),
    (_("Meetings"), "admin:meetings", ("/meetings/",)),
    (_("Papers"), "admin:weekly", (("/weekly/", "/minister/"),)),
    (_("Calendar"), "admin:month", ("/calendar/",)),
]
# Pages of the desk's own, by group; the kinds of entries follow by model name. What is not named comes last.
SETTINGS = [
    (
        _("People"),
        [(_("Who is missing"), "admin:gaps")],
        ["user", "post", "postholding", "organisation", "party", "membership"],
    ),
    (_("Forums"), [], ["forum", "meeting", "topic"]),
    (_("Texts"), [], ["document", "documenttext", "provision"]),
    (
        _("Entries"),
        [],
        [
            "commitment",
            "assignment",
            "interpretation",
            "commitmentrelation",
            "followup",
            "progressreport",
            "contact",
            "request",
        ],
    ),
    (
        _("Reminders"),
        [
            (_("Ladders"), "admin:ladders"),
            (_("Outgoing mail"), "admin:mail"),
            (_("Next 14 days"), "admin:forecast"),
            (_("Operations"), "admin:operations"),
        ],
        ["reminder", "delivery", "acknowledgment"],
    ),
    (_("Calendars"), [(_("Calendar feeds"), "admin:feeds")], ["calendar", "holiday"]),
    (
        _("Register"),
        [(_("Import a spreadsheet"), "admin:import"), (_("Demonstration"), "admin:demonstration")],
        ["change", "grant", "apitoken"],
    ),
]
OTHER = _("More")
# The one row of this kind is the switch on the page of outgoing mail.
WITHOUT_ENTRY = {"outgoingmail"}


class Desk:
    """Made for every page and worked out only where a template asks, so that an error page asks nothing."""

    def __init__(self, request: StaffRequest) -> None:
        self.request = request

    @cached_property
    def menu(self) -> list[Entry]:
        return [Entry(str(title), reverse(name), self._is_here(*roots)) for title, name, roots in MAIN]

    def _is_here(self, root: str | tuple[str, ...]) -> bool:
        path = self.request.path
        if root == "/":
            return path == "/" or path.startswith("/desk/")
        return path.startswith(root) and not self.is_settings

    @property
    def is_settings(self) -> bool:
        """Within Settings: one of its pages or the pages of a kind of entry."""
        return any(entry.here for group in self.settings for entry in group.entries)

    @cached_property
    def settings(self) -> list[Group]:
        left = dict(self._kinds_of_entries())
        groups = []
        for title, pages, models in SETTINGS:
            entries = [Entry(str(text), reverse(name)) for text, name in pages if self._is_open(name)]
            entries += [left.pop(model) for model in models if model in left]
            groups.append(Group(str(title), entries))
        groups.append(Group(str(OTHER), list(left.values())))
        for group in groups:
            for entry in group.entries:
                entry.here = self.request.path.startswith(entry.address)
        return [group for group in groups if group.entries]

    def _is_open(self, name: str) -> bool:
        if name == "admin:operations":
            return watching.may_watch(self.request.user)
        if name == "admin:import":
            return bool(runs.kinds_for(self.request.user))
        return name != "admin:demonstration" or self.request.user.is_superuser

    def _kinds_of_entries(self) -> Iterator[tuple[str, Entry]]:
        for model, model_admin in admin.site._registry.items():
            meta = model._meta
            if meta.model_name in WITHOUT_ENTRY or not model_admin.has_view_permission(self.request):
                continue
            address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
            yield str(meta.model_name), Entry(str(capfirst(meta.verbose_name_plural)), address)

    @cached_property
    def languages(self) -> list[tuple[str, str, str]]:
        """Code, the sign on the switch, the name."""
        signs = {"ko": "한", "en": "En", "ja": "日"}
        names = dict(settings.LANGUAGES)
        return [(code, sign, names[code]) for code, sign in signs.items()]

    @cached_property
    def silence(self) -> str:
        """Said on every page to who keeps a desk, while nobody sends reminders."""
        last = self._standing[0]
        if not watching.is_silent(last, now=timezone.now()) or not access.is_officer(self.request.user):
            return ""
        return watching.silence(last)

    @cached_property
    def is_demonstration(self) -> bool:
        return self._standing[1]

    @cached_property
    def _standing(self) -> tuple[datetime | None, bool]:
        """When the worker last rang, and whether there is a demonstration: asked on every page, so together."""
        ticks = Heartbeat.objects.filter(part=watching.TICK).annotate(shown=demonstration.is_there())
        known = ticks.values_list("at", "shown").first()
        return known or (None, demonstration.exists())


def desk(request: StaffRequest) -> dict[str, Desk]:
    """Context processor."""
    return {"desk": Desk(request)}
