"""What became of a commitment, newest first: meetings, dates, reports, reminders, talks, owners and other changes.

Each source is asked for no more rows than the page can show, so the number of questions and of rows stays the same
however long the story is."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments.admin.history import Line, changes_of, journal
from commitments.models import (
    Assignment,
    Change,
    Closing,
    Commitment,
    CommitmentProvision,
    CommitmentRelation,
    Contact,
    Document,
    FollowUp,
    Interpretation,
    Meeting,
    Organisation,
    Post,
    ProgressReport,
    Request,
    User,
)
from notifications.models import Acknowledgment, Delivery, Letter, Reminder

ON_A_PAGE = 30
# Kinds of entries whose changes are told with those of the commitment, and those that the rows tell better.
TOLD_BY_CHANGES = [Assignment, CommitmentProvision, CommitmentRelation, FollowUp, Interpretation]
TOLD_BY_ROWS = [ProgressReport, Contact, Closing]


class Kind(models.TextChoices):
    REPORTS = "reports", gettext_lazy("Reports and decisions")
    DATES = "dates", gettext_lazy("Dates")
    REMINDERS = "reminders", gettext_lazy("Reminders")
    CONTACTS = "contacts", pgettext_lazy("log", "Contacts")
    OWNERS = "owners", gettext_lazy("Who")
    MEETINGS = "meetings", gettext_lazy("Meetings")
    CHANGES = "changes", gettext_lazy("Every change")


OF_MODEL = {FollowUp._meta.label_lower: Kind.DATES, Assignment._meta.label_lower: Kind.OWNERS}


@dataclass(frozen=True)
class Entry:
    """One line of the story. `row` is what the template of its `form` speaks of."""

    kind: Kind
    form: str
    day: date
    row: Any
    at: datetime | None = None  # by the reader's clock
    of: int = 0  # the commitment, where several are told together
    headline: str = ""
    was: date | None = None
    now: date | None = None
    lines: Sequence[Line] = ()

    @property
    def key(self) -> tuple[date, time, int]:
        """Whatever has no hour stands below what has one."""
        return self.day, self.at.time() if self.at else time.min, self.row.pk or 0

    @property
    def template(self) -> str:
        return f"desk/timeline/{self.form}.html"


@dataclass
class Story:
    """Of `commitments`, the first of which is the one whose page it is, as far as `user` may see it."""

    commitments: Sequence[Commitment]
    user: User
    today: date
    kind: str = ""
    page: int = 1
    has_more: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.keys = [commitment.pk for commitment in self.commitments]
        self.most = self.page * ON_A_PAGE + 1  # of each source

    def days(self) -> list[tuple[date, list[Entry]]]:
        """The page, by day."""
        found = list(heapq.nlargest(self.most, self._entries(), key=lambda entry: entry.key))
        self.has_more = len(found) == self.most
        shown = found[(self.page - 1) * ON_A_PAGE : self.page * ON_A_PAGE]
        return [(day, list(entries)) for day, entries in groupby(self._finished(shown), lambda e: e.day)]

    def _entries(self) -> Iterator[Entry]:
        for kinds, source in SOURCES:
            if not self.kind or self.kind in kinds:
                yield from source(self)

    def changes(self, wanted: Iterable[type[models.Model]]) -> Any:
        """Of the commitments, if they are wanted, and of what hangs on them."""
        models_wanted = list(wanted)
        labels = [model._meta.label_lower for model in models_wanted]
        parts = [(model, "commitment") for model in models_wanted if model is not Commitment]
        found = changes_of(self.commitments[0], parts, self.user)
        for commitment in self.commitments[1:]:
            found |= changes_of(commitment, parts, self.user)
        return found.filter(model__in=labels).order_by("-at", "-id")[: self.most]

    def _finished(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        """Changes in words: labels are looked up for what is shown, and for nothing else."""
        told = journal(
            [entry.row for entry in entries if entry.form == "change"], self.commitments[0], self.user
        )
        words = {each.change.pk: each for each in told}
        posts = self._posts(entries)
        for entry in entries:
            yield _in_words(entry, words[entry.row.pk], posts) if entry.form == "change" else entry

    def _posts(self, entries: Sequence[Entry]) -> dict[int, Post]:
        label = Assignment._meta.label_lower
        rows = [entry.row for entry in entries if entry.form == "change" and entry.row.model == label]
        keys = {(row.after or row.before)["post_id"] for row in rows}
        return Post.objects.visible_to(self.user).in_bulk(keys) if keys else {}


def _changes(story: Story) -> Iterator[Entry]:
    told: list[type[models.Model]] = [Commitment, *TOLD_BY_CHANGES]
    wanted: dict[str, list[type[models.Model]]] = {
        Kind.DATES: [FollowUp],
        Kind.OWNERS: [Assignment],
        Kind.CHANGES: [*told, *TOLD_BY_ROWS],
    }
    for change in story.changes(wanted.get(story.kind, told)):
        at = timezone.localtime(change.at)
        kind = Kind.CHANGES if story.kind == Kind.CHANGES else OF_MODEL.get(change.model, Kind.CHANGES)
        yield Entry(kind, "change", at.date(), change, at)


def _reports(story: Story) -> Iterator[Entry]:
    rows = ProgressReport.objects.visible_to(story.user).filter(commitment__in=story.keys).with_repetition()
    related = rows.exclude(state=ProgressReport.State.SUBMITTED).order_by("-reported_on", "-pk")
    related = related.select_related("post", "recorded_by", "decided_by", "follow_up")
    for row in related.prefetch_related("evidence")[: story.most]:
        yield Entry(Kind.REPORTS, "report", row.reported_on, row, of=row.commitment_id)


def _decisions(story: Story) -> Iterator[Entry]:
    """On what an owner said; what an officer entered was cleared with the same click."""
    rows = ProgressReport.objects.visible_to(story.user).filter(commitment__in=story.keys)
    rows = rows.exclude(decided_at=None).exclude(recorded_by=F("decided_by"), decision="")
    for row in rows.select_related("decided_by").order_by("-decided_at", "-pk")[: story.most]:
        yield _at(Kind.REPORTS, "decision", row, row.decided_at, of=row.commitment_id)


def _requests(story: Story) -> Iterator[Entry]:
    rows = Request.objects.visible_to(story.user).filter(follow_up__commitment__in=story.keys)
    related = rows.exclude(state=Request.State.PROPOSED).select_related("post", "decided_by", "follow_up")
    for row in related.order_by("-asked_at", "-pk")[: story.most]:
        yield _at(Kind.REPORTS, "request", row, row.asked_at, of=row.follow_up.commitment_id)


def _closings(story: Story) -> Iterator[Entry]:
    rows = Closing.objects.visible_to(story.user).filter(commitment__in=story.keys)
    for row in rows.select_related("proposed_by", "decided_by").order_by("-proposed_at", "-pk")[: story.most]:
        yield _at(Kind.REPORTS, "closing", row, row.proposed_at, of=row.commitment_id)


def _told(story: Story) -> Iterator[Entry]:
    rows = Reminder.objects.visible_to(story.user).filter(
        follow_up__commitment__in=story.keys, told_at__isnull=False
    )
    related = rows.select_related("post", "follow_up", "delivery__recipient").order_by("-told_at", "-pk")
    found: list[Any] = list(related[: story.most])
    may_open = Delivery.objects.visible_to(story.user).filter(pk__in=[row.delivery_id for row in found])
    readable = set(may_open.values_list("pk", flat=True)) if found else set()
    for row in found:
        row.is_readable = row.delivery_id in readable
        yield _at(Kind.REMINDERS, "reminder", row, row.told_at, of=row.follow_up.commitment_id)


def _seen(story: Story) -> Iterator[Entry]:
    rows = Acknowledgment.objects.visible_to(story.user).filter(follow_up__commitment__in=story.keys)
    related = rows.select_related("post", "follow_up").order_by("-acknowledged_at", "-pk")
    for row in related[: story.most]:
        yield _at(Kind.REMINDERS, "seen", row, row.acknowledged_at, of=row.follow_up.commitment_id)


def _letters(story: Story) -> Iterator[Entry]:
    rows = Letter.objects.visible_to(story.user).filter(follow_up__commitment__in=story.keys)
    related = rows.select_related("post", "written_by", "follow_up").order_by("-written_at", "-pk")
    for row in related[: story.most]:
        yield _at(Kind.REMINDERS, "letter", row, row.written_at, of=row.follow_up.commitment_id)


def _contacts(story: Story) -> Iterator[Entry]:
    rows = Contact.objects.visible_to(story.user).filter(commitment__in=story.keys)
    for row in with_people(rows, story.user)[: story.most]:
        yield Entry(Kind.CONTACTS, "contact", row.contacted_on, row, of=row.commitment_id)


def with_people(rows: Any, user: User) -> Any:
    """Contacts, newest first, with who took part and the minutes as far as they may be seen."""
    minutes = Document.objects.visible_to(user).filter(pk=models.OuterRef("document"))
    people = [
        models.Prefetch("posts", Post.objects.select_related("organisation")),
        models.Prefetch("organisations", Organisation.objects.all()),
    ]
    related = rows.select_related("document", "recorded_by").prefetch_related(*people)
    return related.annotate(may_read=models.Exists(minutes)).order_by("-contacted_on", "-pk")


def _meetings(story: Story) -> Iterator[Entry]:
    """Of its forum and group since it was declared; what is to come stands elsewhere."""
    first = story.commitments[0]
    of_forums = Q(forum__in=[first.forum_id, first.working_group_id])
    rows = Meeting.objects.visible_to(story.user).filter(of_forums, starts_on__lte=story.today)
    if first.declared_on:
        rows = rows.filter(Q(starts_on__gte=first.declared_on) | Q(ends_on__gte=first.declared_on))
    related = rows.select_related("forum").order_by("-starts_on", "-pk")
    for row in related[: story.most]:
        assert row.starts_on is not None  # asked for above
        yield Entry(Kind.MEETINGS, "meeting", row.starts_on, row)


def _declared(story: Story) -> Iterator[Entry]:
    for commitment in story.commitments:
        if commitment.declared_on:
            yield Entry(Kind.MEETINGS, "declared", commitment.declared_on, commitment, of=commitment.pk)


def _at(kind: Kind, form: str, row: Any, at: datetime | None, *, of: int | None) -> Entry:
    assert at is not None  # each source asks for it
    local = timezone.localtime(at)
    return Entry(kind, form, local.date(), row, local, of=of or 0)


SOURCES: list[tuple[set[Kind], Callable[[Story], Iterator[Entry]]]] = [
    ({Kind.DATES, Kind.OWNERS, Kind.CHANGES}, _changes),
    ({Kind.REPORTS}, _reports),
    ({Kind.REPORTS}, _decisions),
    ({Kind.REPORTS}, _requests),
    ({Kind.REPORTS}, _closings),
    ({Kind.REMINDERS}, _told),
    ({Kind.REMINDERS}, _seen),
    ({Kind.REMINDERS}, _letters),
    ({Kind.CONTACTS}, _contacts),
    ({Kind.MEETINGS}, _meetings),
    ({Kind.MEETINGS}, _declared),
]


# Changes in words


def _in_words(entry: Entry, told: Any, posts: dict[int, Post]) -> Entry:
    change: Change = entry.row
    if entry.kind == Kind.CHANGES:
        return _plain(entry, told)
    if change.model == FollowUp._meta.label_lower:
        return _date_in_words(entry, told)
    return _owner_in_words(entry, told, posts)


def _plain(entry: Entry, told: Any) -> Entry:
    change: Change = told.change
    itself = capfirst(CommitmentProvision._meta.get_field("commitment").verbose_name)
    lines = [line for line in told.lines if line.field != itself]  # the page says which one it is
    if change.model == CommitmentProvision._meta.label_lower:
        taken = change.action == Change.Action.DELETED
        return _with(
            entry, _("Declared words taken away") if taken else _("Declared words added"), lines=lines
        )
    kind = told.kind or _("Commitment")
    return _with(entry, f"{kind} {change.get_action_display()}", lines=lines)


def _date_in_words(entry: Entry, told: Any) -> Entry:
    change: Change = entry.row
    before, after = change.before or {}, change.after or {}
    kind = FollowUp.Kind((after or before)["kind"]).label
    stood, stands = _day(before), _day(after)
    if not before:
        return _with(entry, _("Date set: %(kind)s") % {"kind": kind}, now=stands)
    if before["due_on"] != after.get("due_on"):
        return _with(entry, _("Date moved: %(kind)s") % {"kind": kind}, was=stood, now=stands)
    if before["closed_at"] != after.get("closed_at"):
        outcome = FollowUp.Outcome(after["outcome"]).label
        said = _("Date closed: %(kind)s, %(outcome)s") % {"kind": kind, "outcome": outcome}
        return _with(entry, said, now=stands)
    return _with(entry, _("Date changed: %(kind)s") % {"kind": kind}, now=stands, lines=told.lines)


def _day(row: dict[str, Any]) -> date | None:
    return date.fromisoformat(row["due_on"]) if row else None


def _owner_in_words(entry: Entry, told: Any, posts: dict[int, Post]) -> Entry:
    change: Change = entry.row
    before, after = change.before or {}, change.after or {}
    row = after or before
    post = posts.get(row["post_id"])
    known = {"role": Assignment.Role(row["role"]).label, "post": post or "–"}
    if not before:
        return _with(entry, _("Given to: %(post)s (%(role)s)") % known)
    if not after:
        return _with(entry, _("Withdrawn from: %(post)s (%(role)s)") % known)
    if before["until_on"] != after["until_on"] and after["until_on"]:
        until_on = date.fromisoformat(after["until_on"])
        return _with(entry, _("Ends for: %(post)s (%(role)s)") % known, now=until_on)
    return _with(entry, _("Changed for: %(post)s (%(role)s)") % known, lines=told.lines)


def _with(
    entry: Entry,
    headline: str,
    *,
    was: date | None = None,
    now: date | None = None,
    lines: Sequence[Line] = (),
) -> Entry:
    return replace(entry, headline=headline, was=was, now=now, lines=lines)
