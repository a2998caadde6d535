"""Faults 3 and 4: the broker dies, is emptied, freezes, or stops answering on an open connection."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from tests.faults.expectations import WAVES
from tests.faults.house import House
from tests.faults.servers import Proxy
from tests.faults.web import LINK, Bell, Web

pytestmark = pytest.mark.faults
PATIENCE_OF_PEOPLE = 3.0  # seconds more than while all is well, and no less on a slow machine


class Public:
    """Somebody answers on the web and somebody rings, whatever the broker does."""

    def __init__(self, house: House, web: Web, bell: Bell) -> None:
        self.house, self.web, self.bell = house, web, bell
        self.link = some_answer_page(house)
        self.answer_and_ring()
        self.posted, self.rang = self.answer_and_ring()

    def answer_and_ring(self) -> tuple[float, float]:
        return self.web.seconds_to_post(self.link, answer="seen", name="Kim"), self.bell.seconds_to_ring()

    def assert_nobody_waits(self, while_: str) -> None:
        posted, rang = self.answer_and_ring()
        self.house.noted[f"while {while_}:"] = f"answered in {posted:.1f} s, rang in {rang:.1f} s"
        assert posted < self.posted + PATIENCE_OF_PEOPLE
        assert rang < self.rang + PATIENCE_OF_PEOPLE


def some_answer_page(house: House) -> str:
    """Of somebody whom the next wave does not ask, so that the answer silences nothing that is expected."""
    asked_again = house.due(1)
    asked_once = (mail for mail in house.relay.accepted if str(mail["To"]) not in asked_again)
    found = LINK.search(next(asked_once).get_payload(0).get_payload(decode=True).decode())
    assert found
    return found[1]


@pytest.fixture
def public(house: House) -> Iterator[Public]:
    """The house with its crew at work, and people outside."""
    web = house.start_web()
    house.relay.seconds = 0.05
    house.start_crew()
    house.wait_for_share(0.2)
    with house.bell() as bell:
        yield Public(house, web, bell)


@pytest.mark.enough_on("postgresql")
def test_a_broker_that_dies_is_emptied_and_freezes_loses_nothing(house: House, public: Public) -> None:
    for share in (0.2, 0.4):
        house.wait_for_share(share)
        house.redis.kill()
        public.assert_nobody_waits("dead")
        house.redis.start()
    house.redis.empty()
    house.redis.signal(signal.SIGSTOP)
    public.assert_nobody_waits("frozen")
    house.redis.signal(signal.SIGCONT)

    house.wait_until_told(0)

    house.assert_oracle(0)


@pytest.fixture
def proxy(house: House) -> Iterator[Proxy]:
    proxy = Proxy(house.redis.port)
    house.broker_url = f"redis://127.0.0.1:{proxy.port}/0"
    yield proxy
    proxy.stop()


@pytest.mark.enough_on("sqlite")
def test_a_connection_that_is_open_and_dead_ends_by_itself(
    house: House, proxy: Proxy, public: Public
) -> None:
    proxy.half_open = True
    public.assert_nobody_waits("half-open")
    time.sleep(4)  # longer than the socket's time-out
    proxy.half_open = False
    house.wait_until_told(0)
    house.assert_oracle(0)

    proxy.half_open = True
    house.relay.wave = 1
    house.show(WAVES[1])
    house.remind()  # by hand, without any broker
    house.wait_until_told(1)
    proxy.half_open = False

    house.assert_oracle(1)
