"""Faults 1, 3, 5, 11: processes, brokers and databases die while messages go out."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import KILLS
from tests.faults.expectations import WAVES
from tests.faults.house import House
from tests.faults.servers import wait_until

pytestmark = pytest.mark.faults


def strike(house: House, deed: Callable[[], None], *, times: int, wave: int) -> None:
    """`deed` as often as said, while the messages of the wave go out."""
    due = len(house.due(wave))
    for n in range(times):
        share = due * (n + 1) // (times + 2)
        wait_until(
            lambda share=share: len(house.arrived(wave)) >= share, seconds=120, what=f"message {share}"
        )
        deed()
        time.sleep(house.random.random() * 0.3)


def test_workers_are_killed_and_everybody_hears_once(house: House) -> None:
    house.start_crew()

    for wave, moment in enumerate(WAVES):
        house.relay.wave = wave
        house.show(moment)
        strike(house, house.kill_somebody, times=KILLS // 2, wave=wave)
        house.wait_until_told(wave)
        house.assert_oracle(wave)

    print(f"\n{sum(house.killed.values())} kills, {len(house.relay.messages)} messages, each once")
