"""A small register in which anything that planning reads may change, and what planning makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction

from commitments.models import (
    Assignment,
    Calendar,
    Commitment,
    FollowUp,
    Forum,
    Holiday,
    Meeting,
    Organisation,
    Post,
)
from commitments.working_days import ONE_DAY
from notifications.inheritance import Place
from notifications.ladders import Audience, Step, Unit
from notifications.laying_down import go_back, lay_down
from notifications.models import Reminder
from notifications.planning import Plan, plan_reminders
from tests.factories import (
    make_assignment,
    make_calendar,
    make_commitment,
    make_follow_up,
    make_forum,
    make_meeting,
    make_organisation,
    make_party,
    make_post,
)

TODAY = date(2026, 11, 24)  # a Tuesday; the day after tomorrow is Thanksgiving in New York
ZONES = "Asia/Seoul", "America/New_York", "Pacific/Kiritimati", "Pacific/Honolulu"
LADDERS = (
    (Step(-7), Step(-5, Unit.WORKING_DAYS), Step(1), Step(4, audience=Audience.DESK)),
    (Step(-10), Step(-6), Step(-4, Unit.WORKING_DAYS), Step(2, audience=Audience.SUPERIOR)),
    (Step(-3), Step(1, repeat_every=3, repeat_times=2), Step(4), Step(-2, audience=Audience.SUPPORTING)),
    (Step(0, Unit.WORKING_DAYS), Step(-20), Step(-1, audience=Audience.COUNTERPART)),
)

Row = tuple[int, str, str, int, date, date]


def tick(now: datetime) -> Plan:
    return plan_reminders(now=now, since_mark=True)


def reminders() -> set[Row]:
    columns = "follow_up", "state", "step", "post", "due_on", "remind_on"
    return set(Reminder.objects.values_list(*columns))


def left_to_a_full_pass(now: datetime) -> tuple[set[Row], set[Row]]:
    """(what one would add, what it would take back), if it came now; it is undone again."""
    before = reminders()
    with transaction.atomic():
        plan_reminders(now=now)
        after = reminders()
        transaction.set_rollback(True)
    return after - before, before - after


class Register:
    """Three forums, one of them below another, four posts in two zones, six dates; and the deeds of a year."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        korea, states = (make_party(code) for code in ("KOR", "USA"))
        island = make_calendar("ISLE", country="", parent=korea.calendar, zone="Pacific/Kiritimati")
        self.calendars = [korea.calendar, states.calendar, island]
        parties = zip((korea, korea, states), (self.calendars[0], island, self.calendars[1]), strict=True)
        self.organisations = [make_organisation(party=party, calendar=of) for party, of in parties]
        self.posts = [make_post(organisation=self.organisations[n % 3]) for n in range(5)]
        self.posts[0].superior, self.posts[2].superior = self.posts[3], self.posts[4]
        self.posts[0].save(), self.posts[2].save()
        top, other = make_forum(desk=self.posts[1]), make_forum(desk=self.posts[4])
        self.forums = [top, make_forum(parent=top), other]
        self.meetings = [make_meeting(forum=forum) for forum in self.forums]
        self.commitments = [make_commitment(forum=self.forums[n % 3]) for n in range(4)]
        for n, commitment in enumerate(self.commitments[:3]):
            make_assignment(commitment, self.posts[n])
        for n, days in enumerate((-1, 1, -3, 8, 8, 40)):
            self.enter_a_date(n, days)
        self.ask_for_input(1, 2)

    @property
    def today(self) -> date:
        return self.now.date()

    def day(self, days: int) -> date:
        return self.today + days * ONE_DAY

    def date(self, n: int) -> FollowUp:
        found = FollowUp.objects.select_related("commitment").order_by("pk")
        return found[n % found.count()]

    # Dates

    def enter_a_date(self, n: int, days: int) -> None:
        commitment = self.commitments[n % 4]
        kind = ("deadline", "milestone")[n % 2]
        dated_at = self.now - (n % 3) * 30 * ONE_DAY
        make_follow_up(self.day(days), commitment=commitment, kind=kind, dated_at=dated_at)

    def ask_for_input(self, n: int, days: int) -> None:
        """For a meeting: nobody leads, so that the desk hears."""
        make_follow_up(self.day(days), meeting=self.meetings[n % 3], kind="input")

    def enter_many(self, n: int, days: int) -> None:
        rows = [
            FollowUp(commitment=each, due_on=self.day(days + i), kind="deadline", dated_at=self.now)
            for i, each in enumerate(self.commitments)
        ]
        FollowUp.objects.bulk_create(rows)

    def move(self, n: int, days: int) -> None:
        self.date(n).move_to(max(self.day(days), date(2024, 7, 1)), now=self.now, reason="agreed")

    def move_many(self, n: int, days: int) -> None:
        rows = list(FollowUp.objects.order_by("pk")[n % 5 : n % 5 + 2])
        for row in rows:
            row.due_on += days * ONE_DAY
        FollowUp.objects.bulk_update(rows, ["due_on"])

    def close(self, n: int, days: int) -> None:
        self.date(n).close(FollowUp.Outcome.DONE, now=self.now)

    def reopen(self, n: int, days: int) -> None:
        closed = FollowUp.objects.exclude(closed_at=None)
        closed.update(closed_at=None, outcome="", kind="deadline")

    def give_a_date_to(self, n: int, days: int) -> None:
        self.date(n).give_to(self.posts[days % 5] if days % 2 else None)

    def turn_into_another_kind(self, n: int, days: int) -> None:
        follow_up = self.date(n)
        reviews = FollowUp.objects.filter(
            commitment=follow_up.commitment_id, kind="cycle_review", closed_at=None
        )
        kind = "cycle_review" if days % 2 and not reviews.exists() else "input"
        FollowUp.objects.filter(pk=follow_up.pk).update(kind=kind)

    def say_whose_it_is(self, n: int, days: int) -> None:
        party = self.organisations[days % 3].party if days % 2 else None
        FollowUp.objects.filter(pk=self.date(n).pk).exclude(kind="cycle_review").update(party=party)

    # Commitments and who answers for them

    def change_the_state(self, n: int, days: int) -> None:
        workflow = ("active", "draft")[days % 2]
        Commitment.objects.filter(pk=self.commitments[n % 4].pk).update(workflow=workflow)

    def carry_to_another_forum(self, n: int, days: int) -> None:
        Commitment.objects.filter(pk=self.commitments[n % 4].pk).update(forum=self.forums[days % 3])

    def give_to_a_group(self, n: int, days: int) -> None:
        group = self.forums[1] if days % 2 else None
        Commitment.objects.filter(pk=self.commitments[n % 4].pk).update(working_group=group)

    def hand_over(self, n: int, days: int) -> None:
        """On a day to come or long ago: the leads until then end the day before."""
        commitment, day = self.commitments[n % 4], self.day(days % 6 - 2)
        Assignment.objects.filter(commitment=commitment, role="lead", from_on__gte=day).delete()
        leads = Assignment.objects.filter(commitment=commitment, role="lead")
        leads.on(day).update(until_on=day - ONE_DAY)
        make_assignment(commitment, self.posts[days % 5], from_on=day)

    def let_all_parts_end(self, n: int, days: int) -> None:
        last = self.day(days % 6 - 1)
        self.commitments[n % 4].assignments.filter(until_on=None, from_on__lte=last).update(until_on=last)

    def withdraw_a_part(self, n: int, days: int) -> None:
        self.commitments[n % 4].assignments.filter(role="lead").delete()

    def give_a_part(self, n: int, days: int) -> None:
        role = ("supporting", "counterpart")[days % 2]
        part = {"post": self.posts[days % 5], "role": role, "until_on": None}
        if not self.commitments[n % 4].assignments.filter(**part).exists():
            make_assignment(self.commitments[n % 4], from_on=self.day(days % 4), **part)

    # Meetings

    def cancel_or_call_a_meeting(self, n: int, days: int) -> None:
        state = ("cancelled", "expected")[days % 2]
        Meeting.objects.filter(pk=self.meetings[n % 3].pk).update(state=state)

    def carry_a_meeting_to_another_forum(self, n: int, days: int) -> None:
        meeting = Meeting.objects.filter(pk=self.meetings[n % 3].pk)
        meeting.update(
            forum=self.forums[days % 3], ordinal=500 + Meeting.objects.order_by("-ordinal")[0].ordinal
        )

    # Days and clocks

    def close_or_open_a_day(self, n: int, days: int) -> None:
        calendar, day = self.calendars[n % 3], self.day(days % 12 - 3)
        said = {"calendar": calendar, "day": day}
        if not Holiday.objects.filter(**said).delete()[0]:
            Holiday.objects.create(**said, name="Decided", working=day.weekday() > 4)

    def set_the_zone(self, n: int, days: int) -> None:
        Calendar.objects.filter(pk=self.calendars[n % 3].pk).update(zone=ZONES[days % 4])

    def follow_another_country(self, n: int, days: int) -> None:
        Calendar.objects.filter(pk=self.calendars[n % 2].pk).update(country=("KR", "US", "")[days % 3])

    def give_an_organisation_another_calendar(self, n: int, days: int) -> None:
        organisation = Organisation.objects.filter(pk=self.organisations[n % 3].pk)
        organisation.update(calendar=(*self.calendars, make_calendar("JP"))[days % 4])

    # Posts and forums

    def set_a_superior(self, n: int, days: int) -> None:
        superior = self.posts[3] if days % 2 else None
        Post.objects.filter(pk=self.posts[n % 3].pk).update(superior=superior)

    def carry_a_post_to_another_body(self, n: int, days: int) -> None:
        organisation = self.organisations[days % 2]
        Post.objects.filter(pk=self.posts[n % 2].pk).update(organisation=organisation)

    def set_a_desk(self, n: int, days: int) -> None:
        desk = self.posts[days % 5] if n % 2 else None
        Forum.objects.filter(pk=self.forums[n % 3].pk).update(desk=desk)

    def set_a_parent(self, n: int, days: int) -> None:
        parent = (self.forums[0], self.forums[2], None)[days % 3]
        Forum.objects.filter(pk=self.forums[1].pk).update(parent=parent)

    def put_to_sleep_or_wake(self, n: int, days: int) -> None:
        Forum.objects.filter(pk=self.forums[n % 3].pk).update(dormant=bool(days % 2))

    # Ladders

    def place(self, n: int) -> Place:
        if n % 4 < 3:
            return (Place(), Place(forum=self.forums[0]), Place(forum=self.forums[1]))[n % 4]
        return Place(commitment=self.commitments[n % 2])

    def lay_down_a_ladder(self, n: int, days: int) -> None:
        lay_down(("dated", "dated", "review")[days % 3], self.place(n), LADDERS[(n + days) % 4])

    def take_a_ladder_back(self, n: int, days: int) -> None:
        go_back("dated", self.place(n))

    # What the rest of the way of a reminder does

    def tell(self, n: int, days: int) -> None:
        Reminder.objects.planned().filter(post=self.posts[n % 5]).update(state="told", told_at=self.now)

    def nothing(self, n: int, days: int) -> None:
        pass


NO_DEEDS = {"__init__", "day", "date", "place"}
DEEDS: list[Callable[[Register, int, int], None]] = [
    deed for name, deed in vars(Register).items() if callable(deed) and name not in NO_DEEDS
]
