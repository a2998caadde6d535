"""The commands around the demonstration: loaded with a message that came back, removed with every message."""

import pytest
from django.core.management import call_command

from commitments import demonstration
from commitments.models import Commitment, User
from notifications.models import Delivery, Reminder
from tests.factories import make_forum

pytestmark = pytest.mark.django_db


def test_it_is_loaded_once_with_one_message_that_came_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DEMO_PASSWORD", "correct horse battery")

    call_command("load_demonstration", verbosity=0)
    call_command("load_demonstration", verbosity=0)

    assert Commitment.objects.count() == 9
    assert User.objects.get(username="desk").check_password("correct horse battery")
    came_back = Delivery.objects.get()
    assert came_back.state == Delivery.State.FAILED
    assert came_back.reminders.filter(follow_up__commitment__reference="TCIM-2024-03").count() == 1


def test_it_goes_with_everything_that_was_planned_and_told(capsys: pytest.CaptureFixture[str]):
    call_command("load_demonstration", verbosity=0)

    call_command("remove_demonstration")

    assert capsys.readouterr().out == "The demonstration is removed.\n"
    assert not demonstration.exists()
    assert not Reminder.objects.exists()
    assert not Delivery.objects.exists()


def test_an_own_register_is_left_alone_at_the_start():
    make_forum()

    call_command("load_demonstration", if_empty=True, verbosity=0)

    assert not demonstration.exists()


def test_a_removed_demonstration_does_not_come_back_at_the_next_start():
    call_command("load_demonstration", if_empty=True, verbosity=0)
    call_command("remove_demonstration", verbosity=0)

    call_command("load_demonstration", if_empty=True, verbosity=0)

    assert not demonstration.exists()
