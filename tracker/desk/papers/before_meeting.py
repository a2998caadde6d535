"""What became of each commitment of a forum since it last sat: the rows of the minister's page and of the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.models import (
    Assignment,
    Commitment,
    FollowUp,
    Forum,
    Interpretation,
    Marking,
    Meeting,
    Party,
    ProgressReport,
    Provision,
    User,
)
from tracker.desk.papers import cells
from tracker.desk.papers.since import Since

EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Occasion:
    """A forum and the sitting for which it is told; none may be in sight."""

    forum: Forum
    meeting: Meeting | None
    last: Meeting | None  # the sitting since which it is told

    @classmethod
    def of_forum(cls, forum: Forum, today: date) -> Occasion:
        return cls._before(forum, forum.next_meeting(today), today)

    @classmethod
    def of_meeting(cls, meeting: Meeting, today: date) -> Occasion:
        return cls._before(meeting.forum, meeting, today)

    @classmethod
    def _before(cls, forum: Forum, meeting: Meeting | None, today: date) -> Occasion:
        begins_on = meeting.starts_on if meeting else None
        return cls(forum, meeting, forum.last_meeting(begins_on or today + timedelta(days=1)))

    @property
    def last_on(self) -> date | None:
        """The last day of the last sitting."""
        return (self.last.ends_on or self.last.starts_on) if self.last else None

    @property
    def code(self) -> str:
        """SCCD-3, for the name of a file."""
        return f"{self.forum.code}-{self.meeting.ordinal}" if self.meeting else self.forum.code

    @property
    def in_words(self) -> str:
        """For which sitting and since which one."""
        return " · ".join(filter(None, [self._meeting_in_words(), self._since_in_words()]))

    def _meeting_in_words(self) -> str:
        if self.meeting is None:
            return ""
        if self.meeting.starts_on is None:
            return _("%(meeting)s: expected, undated") % {"meeting": self.meeting}
        return f"{self.meeting}: {cells.day(self.meeting.starts_on)}"

    def _since_in_words(self) -> str:
        if self.last is None or self.last.starts_on is None:
            return _("the register knows no earlier sitting")
        said = {"meeting": self.last, "day": cells.day(self.last.starts_on)}
        return _("changes since %(meeting)s, %(day)s") % said

    def rows(self, user: User) -> Any:
        return Commitment.objects.visible_to(user).within(self.forum).to_tell(self.last_on)

    def since(self, user: User) -> Since:
        """From the day after the last sitting; the whole history if there was none."""
        if self.last_on is None:
            return Since(self.rows(user), user, begin=EVER)
        begin = datetime.combine(self.last_on + timedelta(days=1), time())
        return Since(self.rows(user), user, begin=timezone.make_aware(begin))

    def is_new(self, commitment: Commitment) -> bool:
        """Declared after the last sitting; without a day of its own, entered since."""
        day = commitment.declared_on or timezone.localdate(commitment.created_at)
        return self.last_on is not None and day > self.last_on


def with_everything(rows: QuerySet[Commitment], user: User, today: date) -> QuerySet[Commitment]:
    """What is told of each, in a constant number of queries and as far as `user` may see it."""
    standing = FollowUp.objects.visible_to(user).open().order_by("due_on", "pk")
    parts = Assignment.objects.visible_to(user).active(today).select_related("post__organisation", "party")
    newest = ProgressReport.objects.cleared().filter(commitment=OuterRef("commitment"))
    last = newest.order_by("-reported_on", "-pk").values("pk")[:1]
    words = Provision.objects.visible_to(user).order_by("text__authority", "text__language", "start", "pk")
    return rows.select_related("forum", "working_group").prefetch_related(
        # The whole text is large and is not told.
        Prefetch("provisions", words.select_related("text").defer("text__body")),
        Prefetch("interpretations", Interpretation.objects.visible_to(user), to_attr="readings"),
        Prefetch("assignments", parts.order_by("pk"), to_attr="parts"),
        Prefetch("parties", Party.objects.order_by("code"), to_attr="bound"),
        Prefetch("follow_ups", standing.select_related("anchor_meeting__forum", "party"), to_attr="standing"),
        Prefetch(
            "reports",
            ProgressReport.objects.visible_to(user).filter(pk=Subquery(last)),
            to_attr="last_words",
        ),
    )


def has_restricted(rows: list[Any], only_named: Iterable[Commitment] = ()) -> bool:
    """`rows`: with everything; a reading may be for fewer eyes than its commitment."""
    markings = {row.marking for row in [*rows, *only_named]}
    return Marking.RESTRICTED in markings | {reading.marking for row in rows for reading in row.readings}
