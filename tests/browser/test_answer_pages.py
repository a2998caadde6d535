"""The pages without an account in a real browser: on a telephone, in the dark, without scripts."""

from pathlib import Path

import pytest
from django.utils import timezone

from commitments import answers
from commitments.models import User
from notifications.links import AnswerLink, PreferenceLink
from notifications.models import Delivery, Preference, Reminder
from tests.browser.conftest import Screen
from tests.factories import (
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_provision,
    make_user,
)

pytestmark = pytest.mark.browser
CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
LANGUAGES = ["en", "ko", "ja"]


@pytest.fixture
def person(transactional_db: None) -> User:
    return make_user(name_en="Kim Minsu", language="en")


@pytest.fixture
def reminder(person: User) -> Reminder:
    """Of an item that the desk has returned once."""
    now, today = timezone.now(), timezone.localdate()
    lead = make_held_post(person, name_en="Director, Critical Minerals")
    forum = make_forum(code="SCCD", desk=make_held_post(), desk_mailbox="desk@ministry.example")
    follow_up = make_follow_up(today, commitment=make_commitment(forum=forum, lead=lead))
    follow_up.commitment.provisions.add(make_provision())
    report = answers.propose_report(follow_up, post=lead, now=now, internal="We met.")
    answers.return_report(report, by=make_user(), now=now, decision="With whom?")
    delivery = Delivery.objects.create(recipient=person, local_day=today, send_after=now, created_at=now)
    return Reminder.objects.create(
        follow_up=follow_up,
        step="before-7",
        ordinal=1,
        post=lead,
        due_on=today,
        remind_on=today,
        audience="owner",
        breaks_out=False,
        planned_at=now,
        state="told",
        delivery=delivery,
    )


@pytest.fixture
def answer_page(reminder: Reminder) -> str:
    return AnswerLink(reminder.delivery_id, reminder.pk).path()


def command(screen: Screen, name: str, **said: object) -> None:
    screen.driver.execute_cdp_cmd(f"Emulation.{name}", said)


def on_a_telephone(screen: Screen, *, width: int = 320) -> None:
    command(screen, "setDeviceMetricsOverride", width=width, height=700, deviceScaleFactor=1, mobile=False)


@pytest.fixture(autouse=True)
def _as_it_was(screen: Screen) -> object:
    yield
    command(screen, "clearDeviceMetricsOverride")
    command(screen, "setEmulatedMedia", features=[])
    command(screen, "setScriptExecutionDisabled", value=False)


def pages(answer_page: str, person: User) -> list[str]:
    link = PreferenceLink(person.pk)
    every = [answer_page, link.path(), link.unsubscribe_path(), "/a/cut/"]
    return [f"{page}?language={language}" for page in every for language in LANGUAGES]


def open_all(screen: Screen) -> None:
    """Every part that opens, at once."""
    script = "for (const d of document.querySelectorAll('details')) { d.name = ''; d.open = true; }"
    screen.driver.execute_script(script)


def test_nothing_is_wider_than_a_small_telephone(screen: Screen, answer_page: str, person: User) -> None:
    on_a_telephone(screen)
    widths = set()

    for page in pages(answer_page, person):
        screen.open(page)
        open_all(screen)
        widths.add(screen.driver.execute_script("return document.documentElement.scrollWidth"))

    assert max(widths) <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(screen: Screen, answer_page: str, person: User, scheme: str) -> None:
    command(screen, "setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    Preference.objects.create(user=person, chat_address="https://chat.example/")
    weak = {}

    for page in pages(answer_page, person):
        screen.open(page)
        open_all(screen)
        weak[page] = screen.driver.execute_script(CONTRAST)

    assert {page: found for page, found in weak.items() if found} == {}


def test_every_field_has_a_name_and_every_button_room_for_a_thumb(
    screen: Screen, answer_page: str, person: User
) -> None:
    for page in pages(answer_page, person):
        screen.open(page)
        open_all(screen)
        nameless = screen.driver.execute_script(
            "return [...document.querySelectorAll('input:not([type=hidden]), textarea, select')]"
            ".filter(f => !f.labels.length).map(f => f.outerHTML)"
        )
        small = screen.driver.execute_script(
            "return [...document.querySelectorAll('button, summary')]"
            ".filter(b => b.offsetHeight < 40).map(b => b.outerHTML)"
        )
        assert (nameless, small) == ([], []), page


def test_an_answer_is_given_without_any_script(screen: Screen, reminder: Reminder, answer_page: str) -> None:
    command(screen, "setScriptExecutionDisabled", value=True)
    screen.open(f"{answer_page}?language=en")

    screen.find("#answer-no_change summary").click()
    screen.find("#no_change-name").send_keys("Kim")
    screen.find("#answer-no_change button").click()
    screen.wait_for("Thank you. “No change” has gone to the desk.")

    assert reminder.follow_up.reports.waiting().get().reported_by == "Kim"
    assert screen.complaints() == []


def test_what_is_missing_has_the_focus_and_leads_to_its_field(screen: Screen, answer_page: str) -> None:
    screen.open(f"{answer_page}?language=en")
    screen.find("#answer-more_time summary").click()
    screen.find("#answer-more_time button").click()
    screen.wait_for("There is a problem")

    assert screen.focused().get_attribute("class") == "errors"
    screen.find(".errors a[href='#more_time-reason']").click()
    assert screen.focused().get_attribute("id") == "more_time-reason"
