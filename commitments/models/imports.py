"""Imports of sheets on their way: the file is kept for some days, and its state is this row alone."""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.models.naming import Language
from commitments.models.parties import PostHolding, User

KEPT_FOR = timedelta(days=7)
LEASE = timedelta(minutes=2)  # each piece of work renews it; a worker that does not is taken for dead
MOST_ATTEMPTS = 3


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def visible_to(self, user: Any) -> Any:
        from commitments import access

        return access.visible(self, user)

    def without_content(self) -> ImportRunQuerySet:
        """For pages: neither the file nor what was found in it is read."""
        return self.defer("content", "rows")

    def at_work(self) -> ImportRunQuerySet:
        return self.filter(state__in=[ImportRun.State.CHECKING, ImportRun.State.ENTERING])

    def waiting(self, now: datetime) -> ImportRunQuerySet:
        """To be worked on, and in nobody's hands: not begun, or begun by a worker that is gone."""
        return self.at_work().filter(Q(lease_until=None) | Q(lease_until__lt=now))

    def claim(self, pk: int, *, now: datetime) -> str:
        """A token for whoever may work on it; "" if that is another."""
        token = uuid.uuid4().hex
        mine = (
            self.waiting(now)
            .filter(pk=pk, attempts__lt=MOST_ATTEMPTS)
            .update(lease_token=token, lease_until=now + LEASE, attempts=F("attempts") + 1)
        )
        return token if mine else ""

    def give_up(self, *, now: datetime) -> int:
        """Begun several times and never ended: not once more."""
        tired = self.waiting(now).filter(attempts__gte=MOST_ATTEMPTS)
        return tired.update(state=ImportRun.State.FAILED, lease_token="", lease_until=None, ended_at=now)

    def discard(self, *, now: datetime) -> int:
        """What was uploaded is kept for some days; the register and its history keep what came of it."""
        return self.filter(created_at__lt=now - KEPT_FOR).exclude(lease_until__gte=now).delete()[0]


class ImportRun(models.Model):
    """One file of one person, from the upload until it is entered."""

    class Kind(models.TextChoices):
        COMMITMENTS = "commitments", _("commitments")
        PEOPLE = "people", _("people and posts")
        HOLIDAYS = "holidays", _("holidays")

    class State(models.TextChoices):
        MAPPING = "mapping", _("columns to be named")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        ENTERING = "entering", _("being entered")
        DONE = "done", _("entered")
        REFUSED = "refused", _("cannot be read")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("broken off")

    by = models.ForeignKey(User, models.CASCADE, related_name="imports", verbose_name=_("by"))
    kind = models.CharField(_("what it holds"), max_length=11, choices=Kind)
    file = LineField(_("file"), max_length=200)
    content = models.BinaryField(_("content"))  # compressed
    sha256 = models.CharField(_("fingerprint"), max_length=64)
    headings = models.JSONField(_("headings"), default=list)
    columns = models.JSONField(_("what they mean"), default=list)
    for_all = models.JSONField(_("for all rows"), default=dict)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.ENGLISH)
    zone = LineField(_("time zone"), max_length=60, default="UTC")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.MAPPING)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    rows = models.JSONField(_("what each row does"), default=list)
    counts = models.JSONField(_("how many of each"), default=dict)
    notes = models.JSONField(_("notes"), default=list)  # sentences, in `language`
    shown = models.CharField(_("fingerprint of the preview"), max_length=64, blank=True)
    shown_anew = models.BooleanField(_("previewed anew"), default=False)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("uploaded at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["checking", "entering"]),
                name="commitments_importrun_at_work",
            )
        ]

    def __str__(self) -> str:
        return f"{self.file}: {self.get_state_display()}"

    def keep(self, data: bytes) -> None:
        self.content, self.sha256 = zlib.compress(data), hashlib.sha256(data).hexdigest()

    @property
    def data(self) -> bytes:
        return zlib.decompress(bytes(self.content))

    @property
    def is_at_work(self) -> bool:
        return self.state in {self.State.CHECKING, self.State.ENTERING}

    @property
    def may_be_entered(self) -> bool:
        wanted = self.counts.get("new", 0) + self.counts.get("changed", 0)
        return self.state == self.State.CHECKED and wanted > 0 and not self.counts.get("refused")

    # Each of these is one counted UPDATE: what another has decided meanwhile stands.

    def name_columns(self, columns: list[str], for_all: Mapping[str, str]) -> bool:
        """And have it checked. Not while it is being worked on, nor once it is entered."""
        free = [self.State.MAPPING, self.State.CHECKED, self.State.REFUSED, self.State.FAILED]
        return self._turn(free, self.State.CHECKING, columns=columns, for_all=dict(for_all), **NOT_BEGUN)

    def confirm(self) -> bool:
        """Have exactly that entered which was shown."""
        return self._turn([self.State.CHECKED], self.State.ENTERING, **NOT_BEGUN)

    def cancel(self, *, now: datetime) -> bool:
        """False once it is entered. A worker notices at its next step."""
        ended = [self.State.DONE, self.State.CANCELLED]
        free = [state for state in self.State if state not in ended]
        return self._turn(free, self.State.CANCELLED, lease_token="", lease_until=None, ended_at=now)

    def _turn(self, states: Iterable[str], state: str, **facts: Any) -> bool:
        mine = ImportRun.objects.filter(pk=self.pk, state__in=list(states))
        return self._set(mine, state=state, **facts)

    def beat(self, *, now: datetime, rows_done: int) -> bool:
        """The worker's: how far it is. False if it is cancelled, or somebody else's by now."""
        return self._set(self._held(), lease_until=now + LEASE, rows_done=rows_done)

    def end(self, state: str, *, now: datetime, **facts: Any) -> bool:
        """The worker's last word, under the same condition."""
        return self._set(self._held(), state=state, lease_token="", lease_until=None, ended_at=now, **facts)

    def counted(self, row_count: int) -> bool:
        return self._set(self._held(), row_count=row_count)

    def is_held(self) -> bool:
        return self._held().exists()

    def _held(self) -> ImportRunQuerySet:
        return ImportRun.objects.at_work().filter(pk=self.pk, lease_token=self.lease_token)

    def _set(self, mine: ImportRunQuerySet, **facts: Any) -> bool:
        if not mine.update(**facts):
            return False
        for name, value in facts.items():
            setattr(self, name, value)
        return True


NOT_BEGUN: dict[str, Any] = {
    "lease_token": "",
    "lease_until": None,
    "attempts": 0,
    "rows_done": 0,
    "ended_at": None,
    "shown_anew": False,
}


class ColumnMappingQuerySet(models.QuerySet["ColumnMapping"]):
    def for_headings(self, kind: str, headings: list[str], *, user: User) -> dict[str, str]:
        """Heading by heading, as this person took the same headings the last time, else a colleague."""
        alike = self.filter(kind=kind, fingerprint=fingerprint_of(headings)).order_by("-used_at")
        mine = alike.filter(user=user).first()
        found = mine or alike.filter(user__in=_colleagues(user)).first()
        return found.columns if found else {}

    def remember(
        self, kind: str, headings: list[str], columns: Mapping[str, str], *, user: User, now: datetime
    ) -> None:
        self.update_or_create(
            user=user,
            kind=kind,
            fingerprint=fingerprint_of(headings),
            defaults={"columns": dict(columns), "used_at": now},
        )


def _colleagues(user: User) -> models.QuerySet[PostHolding, Any]:
    """Whoever holds a post in an organisation in which `user` holds one."""
    mine = PostHolding.objects.filter(user=user, until_on=None).values("post__organisation")
    return PostHolding.objects.filter(post__organisation__in=mine, until_on=None).values("user")


def fingerprint_of(headings: list[str]) -> str:
    """Of the headings as a set: a sheet whose columns were put in another order is the same sheet."""
    return hashlib.sha256("\n".join(sorted(set(headings))).encode()).hexdigest()


class ColumnMapping(models.Model):
    """What the columns of a sheet were said to mean, for the next sheet with the same headings."""

    user = models.ForeignKey(User, models.CASCADE, related_name="column_mappings", verbose_name=_("by"))
    kind = models.CharField(_("what it holds"), max_length=11, choices=ImportRun.Kind)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    columns = models.JSONField(_("what they mean"))  # by heading
    used_at = models.DateTimeField(_("last used at"))

    objects = ColumnMappingQuerySet.as_manager()

    class Meta:
        verbose_name = _("meaning of columns")
        verbose_name_plural = _("meanings of columns")
        ordering = ["user", "kind", "-used_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "fingerprint"], name="commitments_columnmapping_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"
