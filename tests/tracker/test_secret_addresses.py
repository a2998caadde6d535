"""What opens something to whoever knows it stands in no log."""

import logging

import pytest

from tracker.secret_addresses import Shortened


def written(*said: object) -> str:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, said[0], said[1:], None)
    Shortened().filter(record)
    return record.getMessage()


@pytest.mark.parametrize("door", ["a", "p", "u", "calendar"])
def test_of_a_secret_address_the_log_says_the_door_only(door):
    assert written("Bad Request: %s", f"/{door}/eyJ.abc-_:1/") == f"Bad Request: /{door}/…/"


def test_other_addresses_are_logged_as_they_are():
    assert written("Not Found: %s", "/commitments/7/") == "Not Found: /commitments/7/"


def test_every_handler_of_the_settings_shortens(settings):
    assert all("secret_addresses" in handler["filters"] for handler in settings.LOGGING["handlers"].values())
