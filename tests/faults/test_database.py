"""Faults 5, 14 and 20: the database crashes, its disk is full, a backup is put back."""

from __future__ import annotations

import pytest

from tests.faults.house import House
from tests.faults.servers import PostgreSQL, wait_until

pytestmark = pytest.mark.faults


def test_a_database_that_crashes_loses_nothing_and_ends_no_worker(house: House) -> None:
    if house.database is None:
        pytest.skip("SQLite has no server that could crash by itself")
    assert isinstance(house.database, PostgreSQL)
    house.start_crew()
    before = {worker.pid for worker in house.living()}
    for share in (0.2, 0.5):
        wait_until(
            lambda share=share: len(house.arrived(0)) >= share * len(house.due(0)), seconds=120, what="mail"
        )
        house.database.crash()

    house.wait_until_told(0, seconds=150)

    house.assert_oracle(0)
    assert {worker.pid for worker in house.living()} == before


def test_a_full_disk_marks_nothing_as_sent_that_was_not(house: House) -> None:
    if house.database is not None:
        pytest.skip("a limit on files reaches only SQLite, which the workers write themselves")
    house.limit_files(extra_bytes=200_000)
    house.start_crew()
    wait_until(house.has_met_the_limit, seconds=60, what="the full disk")
    house.end_crew()
    house.limit_files(extra_bytes=None)
    sent = {row["message_id"] for row in house.books()["deliveries"] if row["state"] == "sent"}
    assert sent <= set(house.relay.by_message_id())

    house.start_crew()
    house.wait_until_told(0, seconds=150)

    house.assert_oracle(0)


def test_after_a_backup_was_put_back_nobody_hears_twice(house: House) -> None:
    house.start_crew()
    wait_until(lambda: len(house.arrived(0)) >= 0.2 * len(house.due(0)), seconds=60, what="mail")
    house.back_up()
    house.wait_until_told(0)
    house.end_crew()

    house.put_back()
    house.after_restore()
    house.start_crew()
    house.wait_until_told(0)

    house.assert_oracle(0)
