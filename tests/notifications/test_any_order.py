"""Whatever happens in whatever order: nobody hears twice, nobody hears what no longer holds, nothing is lost.

A model in memory with its own calendar and ladder says what may arrive; a real mail server says what did."""

from __future__ import annotations

import contextlib
import os
import re
import smtplib
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from commitments import answers, assigning
from commitments.models import FollowUp, Request
from notifications import answering
from notifications.models import (
    Acknowledgment,
    LadderStep,
    OutgoingMail,
    Preference,
    Reminder,
    ReminderLadder,
)
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_officer,
    make_user,
)
from tests.faults.expectations import DAY, is_worked, moved
from tests.mail_server import MailServer

DEFAULT, OTHER = (-30, -7, -1, 1), (-3, 2)
ASKED = re.compile(r"^\d+\. (\S+)", re.MULTILINE)
LEADS = "anna@ministry.example", "bo@ministry.example"


class Crash(BaseException):
    """The worker is gone: nothing of ours may catch it."""


class Item:
    """What the model knows of one item."""

    def __init__(self, follow_up: FollowUp, day: date) -> None:
        self.row = follow_up
        self.reference = follow_up.commitment.reference
        self.due_on, self.lead = follow_up.due_on, 0
        self.known_on, self.quiet_until, self.waits = day, date.min, False
        self.is_open = True

    def newest(self, ladder: tuple[int, ...], day: date) -> int | None:
        """The newest step that has come by `day`."""
        come = [n for n in ladder if moved(self.due_on + n * DAY, -DAY if n < 0 else DAY) <= day]
        return come[-1] if come else None

    def is_asked(self, day: date) -> bool:
        return self.is_open and not self.waits and day > self.quiet_until


class Register(RuleBasedStateMachine):
    server: MailServer
    log: Path

    @initialize()
    def open_the_register(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()
        OutgoingMail.switch(True)
        self.now = at(date(2026, 11, 9))
        self.desk = make_held_post(make_user(email="desk@ministry.example"))
        self.forum = make_forum(desk=self.desk)
        self.officer = make_officer(self.forum)
        self.posts = [make_held_post(self._person(address)) for address in LEADS]
        self.items: list[Item] = []
        self.ladder: tuple[int, ...] = DEFAULT
        self.own_ladder: ReminderLadder | None = None
        self.heard: set[tuple[str, int, date, int]] = set()
        self.read = len(self.server.accepted)
        for n in (3, 12, 39):
            self.enter(self.day + n * DAY)

    def _person(self, address: str) -> Any:
        person = make_user(email=address, language="en")
        Preference.objects.create(user=person, rhythm=Preference.Rhythm.DAILY)
        return person

    def teardown(self) -> None:
        if hasattr(self, "block"):
            self.server.plan, Wire.plan = [], []
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    @property
    def day(self) -> date:
        return (self.now + timedelta(hours=9)).date()  # in Seoul

    # What people do

    def enter(self, due_on: date) -> None:
        commitment = make_commitment(lead=self.posts[0], forum=self.forum)
        row = make_follow_up(due_on, commitment=commitment, dated_at=self.now)
        self.items.append(Item(row, self.day))

    def pick(self, data: st.DataObject) -> Item:
        item = data.draw(st.sampled_from(self.items))
        item.row = FollowUp.objects.select_related("commitment").get(pk=item.row.pk)
        return item

    @rule(data=st.data(), days=st.integers(-5, 45))
    def move(self, data: st.DataObject, days: int) -> None:
        item = self.pick(data)
        if item.is_open and self.day + days * DAY != item.due_on:
            item.row.move_to(self.day + days * DAY, now=self.now, reason="agreed")
            item.due_on, item.known_on = self.day + days * DAY, self.day
            item.quiet_until, item.waits = date.min, False
            self._read_what_is_said_of(item)

    @rule(data=st.data())
    def move_away_and_back(self, data: st.DataObject) -> None:
        item = self.pick(data)
        if item.is_open:
            due_on = item.due_on
            item.row.move_to(due_on + 90 * DAY, now=self.now, reason="a slip")
            item.row.move_to(due_on, now=self.now, reason="as it was")

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        item = self.pick(data)
        item.row.close(FollowUp.Outcome.DONE, now=self.now)
        item.is_open = False

    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        item = self.pick(data)
        if not item.is_open:
            FollowUp.objects.filter(pk=item.row.pk).update(closed_at=None, outcome="")
            item.is_open = True

    @rule(data=st.data())
    def hand_over(self, data: st.DataObject) -> None:
        item = self.pick(data)
        item.lead = 1 - item.lead
        item.row.commitment.assignments.all().delete()
        assigning.assign(item.row.commitment, self.posts[item.lead], role="lead", now=self.now)
        item.row.commitment.assignments.update(from_on=date(2026, 1, 1))
        self._read_what_is_said_of(item)

    @rule(data=st.data(), days=st.integers(1, 9))
    def acknowledge_or_snooze(self, data: st.DataObject, days: int) -> None:
        item = self.pick(data)
        reminder = Reminder.objects.filter(
            follow_up=item.row, due_on=item.due_on, post=self.posts[item.lead], audience="owner"
        ).first()
        if reminder is not None and item.is_open:
            answering.acknowledge(reminder, name="A", now=self.now)
            self._read_what_is_said_of(item)

    @rule(data=st.data())
    def ask_for_time(self, data: st.DataObject) -> None:
        item = self.pick(data)
        if item.is_open and not item.waits:
            answers.ask(
                item.row,
                Request.Kind.EXTENSION,
                post=self.posts[item.lead],
                now=self.now,
                proposed_on=item.due_on + 60 * DAY,
                reason="talks go on",
            )
            self._read_what_is_said_of(item)

    @rule(data=st.data())
    def return_the_request(self, data: st.DataObject) -> None:
        item = self.pick(data)
        for request in item.row.requests.proposed():
            answers.return_request(request, by=self.officer, now=self.now, decision="Please answer.")
        self._read_what_is_said_of(item)

    def _read_what_is_said_of(self, item: Item) -> None:
        """Answers belong to a post and a date."""
        post = self.posts[item.lead]
        item.waits = item.row.requests.proposed().filter(post=post).exists()
        seen = Acknowledgment.objects.filter(follow_up=item.row, post=post, due_on=item.due_on).first()
        item.quiet_until = seen.until_on if seen else date.min

    @rule()
    def lay_down_a_ladder(self) -> None:
        if self.own_ladder is None:
            self.own_ladder = ReminderLadder.objects.create(family="dated", forum=self.forum)
            for n in OTHER:
                LadderStep.objects.create(ladder=self.own_ladder, offset=n)
            self.ladder = OTHER

    @rule()
    def go_back_to_the_inherited_ladder(self) -> None:
        if self.own_ladder is not None:
            self.own_ladder.remove()
            self.own_ladder, self.ladder = None, DEFAULT

    # What time and machines do

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(
        plan=st.lists(st.sampled_from(["accept", "refuse for now", "drop before", "drop after"]), max_size=3)
    )
    def tick(self, plan: list[str]) -> None:
        self.server.plan = list(plan)
        self.run()

    @rule(where=st.sampled_from(["before", "after"]))
    def tick_and_crash(self, where: str) -> None:
        Wire.plan = [where]
        self.run()

    def run(self) -> None:
        self.server.clock = lambda: self.now
        self.server.other_traffic()
        with contextlib.suppress(Crash):
            remind(clock=lambda: self.now, since_mark=True)
        self.server.plan, Wire.plan = [], []
        self.read_the_mail()

    def read_the_mail(self) -> None:
        for message in self.server.accepted[self.read :]:
            part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
            words = part.get_payload(decode=True).decode()
            words, _heading, asked_again = words.partition("The desk asks again")
            for reference in ASKED.findall(words):
                self.check(reference, str(message["To"]))
            for reference in ASKED.findall(asked_again):
                self.check(reference, str(message["To"]), again=True)
        self.read = len(self.server.accepted)

    def check(self, reference: str, address: str, *, again: bool = False) -> None:
        """`again`: what the desk has returned stands in each message until it is answered."""
        item = next(item for item in self.items if item.reference == reference)
        step = item.newest(self.ladder, self.day)
        assert item.is_open, f"{reference} is closed"
        assert LEADS[item.lead] == address, f"{reference} has another lead"
        assert item.is_asked(self.day), f"{reference} is quiet"
        assert is_worked(self.day), f"{self.day} is a day off"
        assert step is not None, f"nothing of {reference} has come"
        key = (reference, item.lead, item.due_on, step)
        assert again or key not in self.heard, f"{key} for the second time"
        self.heard.add(key)

    @rule()
    @precondition(lambda self: hasattr(self, "items"))
    def quiet_days(self) -> None:
        """Two working days on which everything works: then everybody has heard what was to be heard."""
        for _n in range(3):
            self.now = self._next_morning()
            expected_on = self.day
            for minutes in (0, 70, 140):
                self.now += timedelta(minutes=minutes)
                self.run()
            if _n == 0:
                first = [(item, item.newest(self.ladder, expected_on)) for item in self.items]
        for item, step in first:
            if step is not None and item.is_asked(self.day):
                told = {n for ref, lead, due, n in self.heard if (ref, lead, due) == self._key(item)}
                assert any(n >= step for n in told), f"{item.reference}: nobody heard of {step}"

    def _key(self, item: Item) -> tuple[str, int, date]:
        return item.reference, item.lead, item.due_on

    def _next_morning(self) -> datetime:
        day = moved(self.day + DAY, DAY)
        return at(day, 9)


class Wire:
    """The last step of handing a message over, at which the worker may die."""

    plan: list[str] = []
    whole = smtplib.SMTP.getreply

    @classmethod
    def getreply(cls, connection: smtplib.SMTP) -> tuple[int, bytes]:
        at_the_dot = getattr(connection, "in_doubt", False)
        answer = cls.whole(connection)
        if cls.plan == ["before"] and answer[0] == 354 or cls.plan == ["after"] and at_the_dot:
            cls.plan = []
            connection.close()
            raise Crash
        return answer


@pytest.mark.django_db
def test_in_any_order_nobody_hears_twice_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtplib.SMTP, "getreply", lambda self: Wire.getreply(self))
    with tempfile.TemporaryDirectory() as home, MailServer() as Register.server:
        Register.server.log = Register.log = Path(home) / "relay.log"
        mail: dict[str, Any] = {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
        }
        mail |= {"EMAIL_PORT": Register.server.port, "EMAIL_TIMEOUT": 60}
        with override_settings(**mail, MAIL_UNCERTAIN="verify", RELAY_LOG=str(Register.log)):
            run_state_machine_as_test(
                Register,
                settings=settings(
                    max_examples=200 if os.environ.get("FULL") else 8,
                    stateful_step_count=30,
                    deadline=None,
                    derandomize=not os.environ.get("FULL"),
                    suppress_health_check=list(HealthCheck),
                ),
            )
