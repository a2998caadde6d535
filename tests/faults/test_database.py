"""Faults 5, 14 and 20: the database crashes, its disk is full, a backup is put back."""

from __future__ import annotations

import json

import pytest

from tests.faults.expectations import WAVES
from tests.faults.house import House
from tests.faults.servers import PostgreSQL, wait_until

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_that_crashes_loses_nothing_and_ends_no_worker(house: House) -> None:
    assert isinstance(house.database, PostgreSQL)
    house.relay.seconds = 0.05
    house.start_crew()
    before = {worker.pid for worker in house.living()}
    for share in (0.2, 0.5):
        house.wait_for_share(share)
        house.database.crash()

    house.wait_until_told(0)

    house.assert_oracle(0)
    assert {worker.pid for worker in house.living()} == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_full_disk_marks_nothing_as_sent_that_was_not_and_ends_no_worker(house: House) -> None:
    """A limit on the size of files, which reaches SQLite because the workers write them themselves."""
    house.limit_files(extra_bytes=200_000)
    web = house.start_web()
    house.start_crew()
    before = {worker.pid for worker in house.living()}
    house.wait_until(house.has_met_the_limit, "the full disk")
    _status, answer, _cookies = web.get("/readyz")
    assert json.loads(answer)["database"]  # what is there can be read
    assert house.sent() <= set(house.relay.by_message_id())

    house.make_room()
    house.wait_until_told(0)

    house.assert_oracle(0)
    assert {worker.pid for worker in house.living()} == before


@pytest.mark.enough_on("sqlite")
def test_after_a_backup_was_put_back_nobody_hears_twice(small_house: House) -> None:
    """It was made while messages went out; those of another day are unknown to it altogether."""
    small_house.start_crew()
    wait_until(lambda: len(small_house.arrived(0)) >= 0.2 * len(small_house.due(0)), seconds=60, what="mail")
    small_house.back_up()
    small_house.wait_until_told(0)
    small_house.relay.wave = 1
    small_house.show(WAVES[1])
    wait_until(lambda: len(small_house.arrived(1)) >= 0.5 * len(small_house.due(1)), seconds=60, what="mail")
    small_house.end_crew()
    unknown = len(small_house.relay.messages)

    small_house.put_back()
    unknown -= sum(row["state"] == "sent" for row in small_house.books()["deliveries"])
    assert unknown > 0
    small_house.after_restore()
    small_house.start_crew()
    small_house.wait_until_told(1)

    small_house.assert_oracle(0)
    small_house.assert_oracle(1)
    small_house.noted["unknown to the backup"] = unknown
