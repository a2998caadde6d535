"""Faults 3 and 4: the broker dies, is emptied, freezes, or stops answering on an open connection."""

from __future__ import annotations

import signal
import time

import pytest

from tests.faults.house import House
from tests.faults.servers import Proxy, wait_until

pytestmark = pytest.mark.faults


def some_have_heard(house: House, share: float) -> None:
    wait_until(
        lambda: len(house.arrived(0)) >= share * len(house.due(0)),
        seconds=120,
        what=f"{share:.0%} of the mail",
    )


def test_a_broker_that_is_killed_and_started_again_loses_nothing(house: House) -> None:
    house.start_crew()
    for share in (0.1, 0.4):
        some_have_heard(house, share)
        house.redis.kill()
        house.redis.start()

    house.wait_until_told(0)

    house.assert_oracle(0)


def test_a_broker_that_is_emptied_and_frozen_loses_nothing(house: House) -> None:
    house.start_crew()
    some_have_heard(house, 0.1)
    house.redis.empty()
    house.redis.signal(signal.SIGSTOP)
    time.sleep(3)
    house.redis.signal(signal.SIGCONT)

    house.wait_until_told(0)

    house.assert_oracle(0)


def test_a_connection_that_is_open_and_dead_ends_by_itself(house: House) -> None:
    proxy = Proxy(house.redis.port)
    house.broker_url = f"redis://127.0.0.1:{proxy.port}/0"
    house.start_crew()
    some_have_heard(house, 0.1)
    proxy.half_open = True
    time.sleep(8)  # longer than the socket's time-out
    proxy.half_open = False

    house.wait_until_told(0, seconds=150)

    house.assert_oracle(0)
    proxy.stop()
