"""One story, through the public doors: a commitment is entered, its owner reminded, answers from the mail without an
account, and the answer stands on the commitment for the desk, for other systems and in the history."""

import email
import json
from datetime import date, timedelta
from email.message import EmailMessage
from email.policy import default
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.core.management import call_command
from django.utils import timezone, translation
from pytest_django.live_server_helper import LiveServer
from selenium.webdriver.common.keys import Keys

from commitments.models import Change, Commitment
from notifications.models import Acknowledgment
from tests.browser.conftest import Screen, driver, screen
from tests.factories import at

__all__ = ["driver", "screen"]  # the fixtures of this story

pytestmark = pytest.mark.browser
LEAD = "minerals-lead@demo.example"
DUE = timezone.localdate() + timedelta(days=20)


@pytest.fixture
def outbox(live_server: LiveServer, settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "notifications.outbox.FileOutbox", str(tmp_path)
    settings.SITE_URL = live_server.url
    return tmp_path


def sign_in(screen: Screen) -> None:
    screen.open("/login/")
    screen.find("#id_username").send_keys("desk", Keys.TAB, "correct horse battery", Keys.ENTER)
    screen.wait_for("My desk")


def add_commitment(screen: Screen) -> Commitment:
    screen.open("/commitments/add/")
    screen.find("#id_title").send_keys("Compare the lists of critical minerals")
    screen.find("#id_forum").send_keys("SCCD")
    screen.find("#id_lead").send_keys(f"Resource Security Division, Demonstration lead, {LEAD}")
    screen.find("#id_when").send_keys(DUE.isoformat())
    screen.press("Save")
    screen.wait_for("Compare the lists of critical minerals")
    return Commitment.objects.get(title_en="Compare the lists of critical minerals")


def mails_to_the_lead(outbox: Path) -> list[EmailMessage]:
    read = [email.message_from_bytes(path.read_bytes(), policy=default) for path in outbox.glob("*.eml")]
    return [message for message in read if message["To"] == LEAD]


def ring_each_morning(first: date, days: int) -> None:
    for number in range(days):
        moment = at(first + timedelta(days=number))
        call_command("remind", now=moment.isoformat(), json=True, stdout=StringIO())


def words_of(message: EmailMessage) -> str:
    text = message.get_body(("plain",))
    assert text is not None
    return text.get_content()


def link_in(message: EmailMessage) -> str:
    return next(word for word in words_of(message).split() if "/a/" in word)


def translated(sentence: str, *, language: str) -> str:
    with translation.override(language):
        return translation.gettext(sentence)


def ask_the_api(live_server: LiveServer, reference: str) -> dict:
    call = Request(f"{live_server.url}/api/v1/progress-reports/?commitment={reference}")
    call.add_header("Authorization", f"Token {token()}")
    with urlopen(call) as answer:
        return json.load(answer)


def token() -> str:
    printed = StringIO()
    call_command("make_token", "desk", name="portal", stdout=printed)
    return printed.getvalue().strip()


def test_from_an_entered_commitment_to_an_answered_reminder(
    screen: Screen,  # noqa: F811
    live_server: LiveServer,
    outbox: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "correct horse battery")
    call_command("load_demonstration", verbosity=0)

    # The officer enters a commitment; saving sends nothing.
    sign_in(screen)
    commitment = add_commitment(screen)
    assert mails_to_the_lead(outbox) == []

    # Within a week its lead has heard of it, once.
    ring_each_morning(timezone.localdate(), days=8)
    ring_each_morning(timezone.localdate(), days=8)
    (message,) = mails_to_the_lead(outbox)
    assert commitment.reference in words_of(message)

    # Opening the link ten times changes nothing; the lead has no account.
    screen.driver.delete_all_cookies()
    before = Change.objects.count()
    for _time in range(10):
        screen.driver.get(link_in(message))
    assert (Change.objects.count(), Acknowledgment.objects.count()) == (before, 0)

    # The lead reports from the page.
    screen.find("#answer-report summary").click()
    screen.find("#report-name").send_keys("Demonstration lead")
    screen.find("#report-text").send_keys("The lists were exchanged on Monday.")
    screen.find("#answer-report button").click()
    screen.wait_for(translated("Thank you. Your report has gone to the desk.", language="ko"))
    assert screen.complaints() == []

    # It waits on the officer's desk, who accepts it in two clicks.
    sign_in(screen)
    screen.wait_for("The lists were exchanged on Monday.")
    screen.press(commitment.reference)
    screen.press("Accept")
    screen.wait_for("Decided.")

    # It stands on the commitment, in the interface for other systems and in the history, and there is a next date.
    assert "The lists were exchanged on Monday." in screen.text()
    (report,) = ask_the_api(live_server, commitment.reference)["results"]
    assert (report["internal"], report["state"]) == ("The lists were exchanged on Monday.", "cleared")
    assert [change.via for change in commitment.reports.get().changes] == ["answer page", "desk"]
    assert commitment.follow_ups.open().count() == 1
