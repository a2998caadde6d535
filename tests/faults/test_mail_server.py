"""Fault 6: the mail server refuses for now or for good, is slow, hangs up before and after it has accepted.

That a wrong password pauses the channel and fails nothing: tests/notifications/test_pausing.py."""

from __future__ import annotations

import json

import pytest

from tests.faults.house import House

pytestmark = pytest.mark.faults


@pytest.mark.enough_on("postgresql")
def test_whatever_the_mail_server_does_everybody_hears_once(house: House) -> None:
    house.extra = {"FAULTS_GRACE": "5"}  # above the slowest answer, as the check of settings asks
    house.relay.chances = {"refuse for now": 0.1, "drop before": 0.1, "drop after": 0.1, "slow": 0.02}
    house.start_crew()

    house.wait_until_told(0)

    house.assert_oracle(0)


@pytest.mark.enough_on("postgresql")
def test_whom_the_mail_server_refuses_for_good_is_work_for_a_person_and_holds_nobody_up(house: House) -> None:
    refused = set(sorted(house.due(0))[:3])
    house.relay.no_mailbox = refused
    reached = {address: items for address, items in house.due(0).items() if address not in refused}
    web = house.start_web()
    house.start_crew()

    house.wait_until(lambda: house.given_up() == refused, "the refusals being noted")
    house.wait_until_told(0, due=reached)

    house.assert_oracle(0, due=reached)
    _status, answer, _cookies = web.get("/readyz")
    assert json.loads(answer)["dead"] == len(refused)


@pytest.mark.enough_on("postgresql")
def test_copies_under_resend_have_the_same_identity_date_and_content(house: House) -> None:
    house.policy = "resend"
    house.relay.chances = {"drop after": 0.2}
    house.start_crew()

    house.wait_until_told(0)

    house.assert_oracle(0, copies=10)
    assert any(len(same) > 1 for same in house.relay.by_message_id().values())


@pytest.mark.enough_on("sqlite")
def test_under_hold_what_is_uncertain_waits_for_a_person_and_nothing_comes_twice(house: House) -> None:
    house.policy = "hold"
    house.relay.chances = {"drop after": 0.1}
    house.start_crew()

    house.wait_until_quiet()

    found = house.relay.by_message_id()
    states = {row["message_id"]: row["state"] for row in house.books()["deliveries"]}
    assert {message.to for same in found.values() for message in same} == set(house.due(0))
    assert all(len(same) == 1 for same in found.values())
    assert set(states.values()) == {"sent", "uncertain"}
    house.noted["uncertain"] = sum(state == "uncertain" for state in states.values())
