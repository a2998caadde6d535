"""Faults 8, 9 and 12: frozen workers, clocks that jump, days without a worker."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.faults.conftest import FULL
from tests.faults.expectations import WAVES, expected
from tests.faults.house import House

pytestmark = pytest.mark.faults


def wake_up(house: House, frozen: list[int], held: dict[str, str]) -> None:
    """Until they have tried to go on with what they held; each of the two was within one message, perhaps."""
    before = house.relay.named.copy()
    house.thaw(frozen)
    house.wait_until(
        lambda: sum(house.relay.named[to] > before[to] for to in held.values()) >= len(held) - 2,
        "whoever wakes up going on",
    )


def test_a_worker_frozen_past_lease_and_grace_sends_nothing_when_it_wakes_up(house: House) -> None:
    house.relay.seconds = 0.05
    house.start_crew()
    house.noted["held by the frozen"] = 0
    for share in (0.05, 0.3, 0.6) if FULL else (0.05,):
        house.wait_for_share(share)
        frozen, held = house.freeze_in_the_middle()
        house.noted["held by the frozen"] += len(held)
        house.wait_until(lambda held=held: held.keys() <= house.sent(), "others sending what they held")
        wake_up(house, frozen, held)

    house.wait_until_told(0)

    house.assert_oracle(0)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_worker_frozen_while_it_writes_holds_nobody_up_for_long(house: House) -> None:
    """On SQLite it does: there a process that stands still on the same machine is to be killed."""
    house.database_options = "?options=-c%20idle_in_transaction_session_timeout%3D3s"  # not five minutes
    house.relay.seconds = 0.001
    house.start_crew()
    house.wait_for_share(0.05)
    frozen = house.freeze_while_writing()
    house.noted["arrived when frozen"] = len(house.arrived(0))

    house.wait_until_told(0)
    house.thaw(frozen)
    house.relay.wave = 1
    house.show(WAVES[1])
    house.wait_until_told(1)

    house.assert_oracle(0)
    house.assert_oracle(1)


@pytest.mark.enough_on("postgresql")
def test_clocks_that_jump_an_hour_forward_and_back_make_no_copy(house: House) -> None:
    house.relay.seconds = 0.05
    house.start_crew()
    for share, jump in ((0.1, timedelta(hours=1)), (0.3, timedelta(0)), (0.5, timedelta(hours=1))):
        house.wait_for_share(share)
        house.show(WAVES[0] + jump)

    house.wait_until_told(0)

    house.assert_oracle(0)


@pytest.mark.enough_on("sqlite")
def test_after_three_days_without_a_worker_only_the_newest_step_comes_marked_late(house: House) -> None:
    house.show(WAVES[1])
    house.relay.wave = 1
    house.start_crew()
    due = expected(house.known, 1, after_outage=True)

    house.wait_until_told(1, due=due)

    house.assert_oracle(1, due=due)
    told = [row for row in house.books()["reminders"] if row["state"] == "told"]
    late = {row["follow_up__commitment__reference"] for row in told if row["late"]}
    assert late == {item.reference for item in house.known if item.is_late_on(WAVES[1].date())}
