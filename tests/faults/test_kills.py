"""Faults 1 and 11: workers and their children die while messages go out; two beats ring for four planners."""

from __future__ import annotations

import time

import pytest

from tests.faults.conftest import FULL, KILLS
from tests.faults.expectations import WAVES
from tests.faults.house import House

pytestmark = pytest.mark.faults


def strike(house: House, *, times: int, wave: int) -> None:
    """While the messages of the wave go out, one kill after each so many."""
    for n in range(times):
        house.wait_for_share((n + 1) / (times + 2), wave=wave)
        house.kill_somebody()
        time.sleep(house.random.random() * 0.3)


def test_workers_are_killed_and_everybody_hears_once(house: House) -> None:
    house.relay.seconds = 0.02 if FULL else 0.06
    house.start_crew()

    for wave, moment in enumerate(WAVES):
        house.relay.wave = wave
        house.show(moment)
        strike(house, times=KILLS // 2, wave=wave)
        house.wait_until_told(wave)
        house.assert_oracle(wave)
