"""What stands now for what a link asks about: asked still or not, answered by whom, returned with what words."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils.translation import get_language

from commitments.models import Commitment, FollowUp, Marking, ProgressReport, Provision, Request, User
from commitments.working_days import ONE_DAY
from notifications import answering
from notifications.models import Acknowledgment, Delivery, Reminder


def is_hidden(commitment: Commitment | None, user: Any) -> bool:
    """Restricted, and whoever looks is not signed in as somebody who may see it."""
    if commitment is None or commitment.marking != Marking.RESTRICTED:
        return False
    return not Commitment.objects.visible_to(user).filter(pk=commitment.pk).exists()


class Standing:
    """Asked where the page needs it; `is_hidden` leaves the reference and whether it is asked."""

    def __init__(self, reminder: Reminder, *, user: User | Any, now: datetime) -> None:
        self.reminder = reminder
        self.follow_up: FollowUp = reminder.follow_up
        self.commitment = self.follow_up.commitment
        self.today = answering.today_of(reminder, now)
        self.now = now
        self.is_hidden = is_hidden(self.commitment, user)

    @cached_property
    def news(self) -> str:
        """Why nothing is asked any more: moved, closed, elsewhere; empty while it is."""
        if not answering.is_asked(self.reminder):
            moved = self.follow_up.is_open and self.follow_up.due_on != self.reminder.due_on
            return "moved" if moved else "closed"
        return "" if answering.is_with(self.reminder, now=self.now) else "elsewhere"

    @cached_property
    def is_overdue(self) -> bool:
        return self.reminder.due_on < self.today

    @cached_property
    def next_date(self) -> FollowUp | None:
        """What is asked of the commitment next, once this date is closed."""
        if self.commitment is None:
            return None
        return FollowUp.objects.open().filter(commitment=self.commitment).order_by("due_on", "pk").first()

    @cached_property
    def why_moved(self) -> str:
        moved = self.follow_up.earlier_dates()
        return moved[-1][2] if moved else ""

    @cached_property
    def reports(self) -> list[ProgressReport]:
        """Of its post, waiting for the desk."""
        return list(self.follow_up.reports.waiting().filter(post=self.reminder.post_id))

    @cached_property
    def requests(self) -> list[Request]:
        return list(self.follow_up.requests.proposed().filter(post=self.reminder.post_id))

    @cached_property
    def returned(self) -> ProgressReport | Request | None:
        """What the desk gave back last, unless it has been answered anew."""
        if self.reports or self.requests:
            return None
        post = self.reminder.post_id
        reports = self.follow_up.reports.filter(post=post, state=ProgressReport.State.RETURNED)
        requests = self.follow_up.requests.filter(post=post, state=Request.State.RETURNED)
        given_back = [reports.order_by("-decided_at").first(), requests.order_by("-decided_at").first()]
        return max((row for row in given_back if row), key=_decided_at, default=None)

    @cached_property
    def seen(self) -> Acknowledgment:
        """As it was said, or as it could be."""
        of_item = {"follow_up": self.follow_up, "post": self.reminder.post, "due_on": self.reminder.due_on}
        return Acknowledgment.objects.filter(**of_item).first() or Acknowledgment(**of_item)

    @property
    def quiet_until(self) -> date | None:
        until_on = self.seen.until_on
        return until_on if until_on is not None and until_on >= self.today else None

    @property
    def latest_quiet_day(self) -> date:
        return self.seen.latest_day(self.today)

    @cached_property
    def resumes_on(self) -> date | None:
        """The working day from which reminders go on, if it is still open then."""
        if self.quiet_until is None:
            return None
        calendar = self.reminder.post.organisation.calendar.working_days()
        return calendar.on_or_after(self.quiet_until + ONE_DAY)

    @cached_property
    def last(self) -> ProgressReport | None:
        return None if self.commitment is None else self.commitment.reports.cleared().first()

    @cached_property
    def would_repeat(self) -> bool:
        """Another “no change” would be the third in a row."""
        if self.commitment is None or self.is_hidden:
            return False
        party = self.reminder.post.organisation.party_id
        return ProgressReport(commitment=self.commitment, party_id=party, no_change=True).is_third_unchanged()

    @cached_property
    def declared(self) -> list[Provision]:
        """The words in the reader's language; if none are here, those of the text that prevails."""
        language = get_language() or "en"
        theirs = [each for each in self._spoken if each.text.language == language]
        return theirs or [each for each in self._spoken if each.text_id == self._spoken[0].text_id]

    @cached_property
    def declared_elsewhere(self) -> list[Provision]:
        return [each for each in self._spoken if each not in self.declared]

    @cached_property
    def _spoken(self) -> list[Provision]:
        """In every language, the text that prevails first."""
        if self.commitment is None:
            return []
        provisions = self.commitment.provisions.select_related("text")
        return list(provisions.order_by("text__authority", "text__language", "start"))


def _decided_at(answer: ProgressReport | Request) -> datetime:
    assert answer.decided_at is not None  # it was returned
    return answer.decided_at


def still_waiting(delivery: Delivery, answered: Reminder, *, now: datetime) -> list[Reminder]:
    """The other items of the same message that nobody has answered yet."""
    rows = delivery.reminders.unanswered().exclude(follow_up=answered.follow_up_id)
    related = rows.select_related(
        "follow_up__commitment", "follow_up__meeting__forum", "post__organisation__calendar"
    )
    found = related.order_by("due_on", "pk")
    return [reminder for reminder in found if not reminder.is_held(answering.today_of(reminder, now))]
