"""The doorbells: each leaves a sign of life where it came to its end, else a line in the log."""

from datetime import date
from typing import Any

import pytest
import time_machine
from kombu.exceptions import OperationalError

from commitments import scheduling
from commitments.models import FollowUp
from notifications import reminding, tasks
from notifications.models import Delivery, Heartbeat, PlanningMark
from notifications.reminding import Result
from tests.factories import at

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 11, 23))


def fail(**_options: Any) -> None:
    raise RuntimeError("broken")


def test_a_tick_that_ended_well_leaves_a_sign_of_life() -> None:
    with time_machine.travel(MONDAY, tick=False):
        tasks.tick()

    assert Heartbeat.last("tick") == MONDAY


def test_each_leaves_one_row_with_the_last_time() -> None:
    for hour in (9, 10):
        with time_machine.travel(at(date(2026, 11, 23), hour), tick=False):
            tasks.tick()
            tasks.keep_in_step()

    rows = Heartbeat.objects.filter(part__in=["tick", "keep_in_step"]).values_list("part", "at")
    assert dict(rows) == dict.fromkeys(["tick", "keep_in_step"], at(date(2026, 11, 23), 10))


def test_a_tick_that_failed_leaves_a_line_and_no_sign_of_life(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reminding, "remind", fail)

    with pytest.raises(RuntimeError):
        tasks.tick()

    assert Heartbeat.last("tick") is None
    assert "“tick” did not come to its end" in caplog.text


def test_dates_that_could_not_be_put_in_step_leave_no_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "keep_in_step", fail)

    with pytest.raises(RuntimeError):
        tasks.keep_in_step()

    assert Heartbeat.last("keep_in_step") is None


def test_a_tick_tells_and_notes_how_far_planning_has_come(item: FollowUp) -> None:
    with time_machine.travel(MONDAY, tick=False):
        tasks.tick()

    assert Delivery.objects.get().state == Delivery.State.SENT
    assert PlanningMark.objects.exists()


def test_reminding_by_hand_leaves_planning_where_it_was(item: FollowUp) -> None:
    reminding.remind(clock=lambda: MONDAY)
    reminding.rehearse(now=MONDAY)

    assert not PlanningMark.objects.exists()


def test_where_more_is_due_the_tick_rings_itself_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rung = []
    monkeypatch.setattr(tasks.tick, "apply_async", lambda **options: rung.append(options))

    monkeypatch.setattr(reminding, "remind", lambda **_options: Result(more=False))
    tasks.tick()
    assert rung == []

    monkeypatch.setattr(reminding, "remind", lambda **_options: Result(more=True))
    tasks.tick()
    assert len(rung) == 1


def test_a_ring_that_nobody_hears_fails_no_tick(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reminding, "remind", lambda **_options: Result(more=True))

    def refuse(**_options: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(tasks.tick, "apply_async", refuse)
    tasks.tick()

    assert Heartbeat.last("tick") is not None
    assert "the next tick sends them" in caplog.text
