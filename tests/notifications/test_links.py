"""Addresses in messages: each opens what it is for, nothing else, and not for ever."""

from datetime import date, timedelta

import pytest
import time_machine
from django.conf import settings

from notifications import links
from notifications.links import AnswerLink, PreferenceLink
from tests.factories import at

MONDAY = at(date(2026, 12, 14))


def token(path: str) -> str:
    return path.strip("/").partition("/")[2]


ANSWER, PERSON = AnswerLink(delivery_id=1, reminder_id=2), PreferenceLink(user_id=7)
PATHS = {
    links.read_answer_link: ANSWER.path,
    links.read_preference_link: PERSON.path,
    links.read_unsubscribe_link: PERSON.unsubscribe_path,
}


def test_an_answer_link_is_bound_to_one_message_and_one_item():
    assert links.read_answer_link(token(ANSWER.path())) == ANSWER


def test_a_link_to_preferences_is_bound_to_one_person():
    assert links.read_preference_link(token(PERSON.path())) == 7
    assert links.read_unsubscribe_link(token(PERSON.unsubscribe_path())) == 7


@pytest.mark.parametrize("reader", PATHS)
def test_a_link_serves_no_other_purpose(reader):
    for path in set(PATHS.values()) - {PATHS[reader]}:
        with pytest.raises(links.Invalid):
            reader(token(path()))


@pytest.mark.parametrize("reader", PATHS)
def test_a_link_that_was_cut_or_changed_is_none_of_ours(reader):
    whole = token(PATHS[reader]())

    for broken in (whole[:-1], whole[1:], whole.replace(":", "", 1), "", "x" * 300):
        with pytest.raises(links.Invalid):
            reader(broken)


@pytest.mark.parametrize(
    ("reader", "days"),
    [(links.read_answer_link, 120), (links.read_preference_link, 60), (links.read_unsubscribe_link, 365)],
)
def test_a_link_expires(reader, days):
    with time_machine.travel(MONDAY, tick=False):
        made = token(PATHS[reader]())

    with time_machine.travel(MONDAY + timedelta(days=days), tick=False):
        reader(made)
    late = MONDAY + timedelta(days=days, seconds=1)
    with time_machine.travel(late, tick=False), pytest.raises(links.Expired):
        reader(made)


@pytest.mark.parametrize("address", [ANSWER.address, PERSON.address, PERSON.unsubscribe_address])
def test_an_address_in_a_message_is_whole(address):
    assert address().startswith(f"{settings.SITE_URL}/")
