"""Fault 2: workers end themselves at named places, from planning to after the write-down."""

from __future__ import annotations

import pytest

from notifications.supply import LARGEST_GROUP
from tests.faults.conftest import FULL
from tests.faults.crashes import EVERYWHERE, LEAVE_DOUBT, PLACES, happened, read
from tests.faults.house import House

pytestmark = pytest.mark.faults
EACH = 10 if FULL else 2  # deaths at each place
AT = [*PLACES] if FULL else [EVERYWHERE]


@pytest.mark.parametrize("place", AT)
def test_workers_that_end_at_named_places_lose_and_repeat_nothing(small_house: House, place: str) -> None:
    small_house.extra = {"FAULTS_CRASH_AT": place, "FAULTS_CRASH_SHARE": "0.7", "FAULTS_CRASHES": str(EACH)}
    small_house.extra |= {"FAULTS_LEASE": "3", "FAULTS_GRACE": "2"}
    small_house.start_crew()

    small_house.wait_until_told(0, seconds=300)

    small_house.assert_oracle(0)
    deaths, doubted = read(small_house.home / "crashes"), read(small_house.home / "doubted")
    begun = [set(death["begun"]) for death in deaths]
    assert {pk for settled in doubted for pk in settled} == set().union(*begun)
    assert max(map(len, begun)) <= 2 * LARGEST_GROUP
    assert all(death["begun"] for death in deaths if death["place"] in LEAVE_DOUBT)
    counted = happened(small_house.home / "crashes")
    assert set(counted) == (set(PLACES) if place == EVERYWHERE else {place})
    for name, times in counted.items():
        doubtful = sum(len(death["begun"]) for death in deaths if death["place"] == name)
        small_house.noted[name] = f"{times} crashes, {doubtful} in doubt"
