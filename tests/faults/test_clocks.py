"""Faults 8, 9 and 12: frozen workers, clocks that jump, days without a worker."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tests.faults.expectations import WAVES, expected
from tests.faults.house import House
from tests.faults.servers import wait_until

pytestmark = pytest.mark.faults


def test_a_worker_frozen_past_lease_and_grace_sends_nothing_when_it_wakes_up(house: House) -> None:
    house.extra = {"FAULTS_LEASE": "2", "FAULTS_GRACE": "1"}
    house.start_crew(workers=3)
    for share in (0.1, 0.3, 0.5):
        wait_until(
            lambda share=share: len(house.arrived(0)) >= share * len(house.due(0)), seconds=120, what="mail"
        )
        frozen = house.freeze_somebody()
        time.sleep(5)
        house.thaw(frozen)

    house.wait_until_told(0, seconds=150)

    house.assert_oracle(0)


def test_clocks_that_jump_an_hour_forward_and_back_make_no_copy(house: House) -> None:
    house.start_crew()
    for n, jump in enumerate((timedelta(hours=1), timedelta(), timedelta(hours=1))):
        share = 0.1 + 0.2 * n
        wait_until(
            lambda share=share: len(house.arrived(0)) >= share * len(house.due(0)), seconds=120, what="mail"
        )
        house.show(WAVES[0] + jump)

    house.wait_until_told(0, seconds=150)

    house.assert_oracle(0)


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
