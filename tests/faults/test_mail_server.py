"""Fault 6: the mail server refuses, is slow, hangs up before and after it has accepted."""

from __future__ import annotations

import pytest

from tests.faults.house import House

pytestmark = pytest.mark.faults


def test_whatever_the_mail_server_does_everybody_hears_once(house: House) -> None:
    house.extra = {"FAULTS_GRACE": "6"}  # above the slowest answer, as the check of settings asks
    house.relay.chances = {"refuse for now": 0.1, "drop before": 0.1, "drop after": 0.1, "slow": 0.02}
    house.start_crew()

    house.wait_until_told(0, seconds=180)

    house.assert_oracle(0)


def test_copies_under_resend_have_the_same_identity_date_and_content(house: House) -> None:
    house.policy = "resend"
    house.relay.chances = {"drop after": 0.2}
    house.start_crew()

    house.wait_until_told(0, seconds=180)

    house.assert_oracle(0, copies=10)
    copies = [same for same in house.relay.by_message_id().values() if len(same) > 1]
    print(
        f"\n{len(copies)} of {len(house.relay.by_message_id())} messages came more than once, all copies equal"
    )
    assert copies


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
