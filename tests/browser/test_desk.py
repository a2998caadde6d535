from pathlib import Path

import pytest
from django.contrib import admin
from django.utils import timezone
from selenium.webdriver.common.keys import Keys

from commitments import answers, demonstration, scheduling
from commitments.models import Commitment, Forum, Organisation, PostHolding, ProgressReport, User
from tests.browser.conftest import Screen
from tests.factories import make_commitment, make_forum, make_held_post, make_meeting, make_officer, make_user

pytestmark = pytest.mark.browser

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()


@pytest.fixture
def forum(transactional_db: None) -> Forum:
    return make_forum(code="SCCD", name_en="Supply Chain and Commercial Dialogue", desk=make_held_post())


@pytest.fixture
def officer(forum: Forum) -> User:
    return make_officer(forum, name_en="Officer One")


@pytest.fixture
def commitment(forum: Forum) -> Commitment:
    lead = make_held_post(make_user(), name_en="Director, Minerals")
    made = make_commitment(forum=forum, lead=lead, title_en="Continue discussions")
    scheduling.ensure_next_date(made, now=timezone.now())
    return made


@pytest.fixture
def administrator(transactional_db: None) -> User:
    demonstration.load(now=timezone.now())
    return make_user(is_staff=True, is_superuser=True, name_en="Administrator")


def pages() -> list[str]:
    commitment = Commitment.objects.order_by("reference").first()
    assert commitment is not None
    meeting = commitment.forum.meetings.order_by("-ordinal").first()
    assert meeting is not None
    ours = ["/", "/commitments/", f"/commitments/{commitment.reference}/", "/commitments/add/", "/meetings/"]
    ours += [
        f"/meetings/{meeting.pk}/",
        f"/meetings/{meeting.pk}/table/",
        "/weekly/",
        "/minister/",
        "/mail/",
        "/forecast/",
        "/operations/",
        "/feeds/",
        "/ladders/dated/",
        "/settings/",
        "/import/",
        "/demonstration/",
        "/search/?q=a",
    ]
    ours += ["/calendar/", f"/organisations/{Organisation.objects.order_by('pk')[0].pk}/dashboard/"]
    ours += [f"/forums/{commitment.forum_id}/{picture}/" for picture in ("timeline", "dashboard")]
    ours += [f"/commitments/{commitment.reference}/{deed}/" for deed in ("report", "assign", "close")]
    ours += [f"/commitments/commitment/{commitment.pk}/{page}/" for page in ("change", "history")]
    person = PostHolding.objects.order_by("pk").first()
    assert person is not None
    ours += [f"/people/{person.user_id}/", f"/people/{person.user_id}/preferences/"]
    entries = [model._meta for model in admin.site._registry]
    ours += [f"/{meta.app_label}/{meta.model_name}/" for meta in entries]
    ours += [
        f"/commitments/{name}/add/" for name in ("commitment", "document", "forum", "meeting", "post", "user")
    ]
    return ours


def test_an_officer_signs_in_finds_a_commitment_and_records_a_call(
    screen: Screen, officer: User, commitment: Commitment
) -> None:
    screen.open("/")
    screen.find("#id_username").send_keys(officer.username, Keys.TAB, "correct horse battery", Keys.ENTER)
    screen.wait_for("My desk")

    screen.keys("/")
    screen.keys(commitment.reference, Keys.ENTER)
    screen.wait_for("Declared")

    screen.press("Report")
    screen.find("#report_internal").send_keys("A call was held; the next round is in March.")
    screen.press("Save the report")
    screen.wait_for("The report stands on the commitment.")

    assert "A call was held; the next round is in March." in screen.text()
    assert commitment.reports.get().source == ProgressReport.Source.TELEPHONE
    assert screen.complaints() == []


def test_an_answer_is_accepted_where_it_stands(screen: Screen, officer: User, commitment: Commitment) -> None:
    follow_up = commitment.follow_ups.open().first()
    assert follow_up is not None
    answers.propose_report(follow_up, post=None, now=timezone.now(), internal="Two rounds were held.")
    screen.sign_in(officer)
    screen.open(f"/commitments/{commitment.reference}/")

    screen.press("Accept")
    screen.wait_for("Decided.")

    assert "A report waits for the desk" not in screen.text()


def test_while_one_writes_the_page_says_who_will_hear_of_it(
    screen: Screen, officer: User, commitment: Commitment
) -> None:
    screen.sign_in(officer)
    screen.open("/commitments/add/")

    screen.find("#id_title").send_keys("Exchange lists")
    screen.find("#id_forum").send_keys("SCCD")
    screen.find("#id_lead").send_keys("Director, Minerals")
    screen.wait_for("Saving sends nothing; first mail:")

    assert "1 person." in screen.text()
    assert Commitment.objects.count() == 1


def test_the_first_stop_of_the_keyboard_leads_past_the_menu(
    screen: Screen, officer: User, commitment: Commitment
) -> None:
    screen.sign_in(officer)
    screen.open("/commitments/")

    screen.keys(Keys.TAB)
    assert screen.focused().text == "Skip to the content"

    screen.keys(Keys.ENTER, Keys.TAB)
    assert screen.focused().text == "Import a spreadsheet"


def test_escape_closes_the_menu_of_the_user_and_gives_the_focus_back(screen: Screen, officer: User) -> None:
    screen.sign_in(officer)
    screen.open("/")
    screen.press("Officer One")

    screen.keys(Keys.ESCAPE)

    assert screen.find("#user-menu").get_attribute("open") is None
    assert screen.focused().text.startswith("Officer One")


def test_what_was_wrong_is_in_focus_and_leads_to_its_field(
    screen: Screen, officer: User, commitment: Commitment
) -> None:
    screen.sign_in(officer)
    screen.open(f"/commitments/{commitment.reference}/close/")
    screen.press("Close it")
    screen.wait_for("Please put this right")

    assert screen.focused().get_attribute("class") == "error-summary"

    screen.press("Why it is closed: This field is required.")

    assert screen.focused().get_attribute("id") == "id_reason"


def test_the_theme_is_switched_and_remembered(screen: Screen, officer: User) -> None:
    screen.sign_in(officer)
    screen.open("/")
    before = screen.find("html").get_attribute("data-theme")

    screen.find("#theme").click()
    screen.open("/meetings/")

    assert {before, screen.find("html").get_attribute("data-theme")} == {"light", "dark"}


def test_a_post_is_asked_for_only_where_a_certain_post_is_to_hear(
    screen: Screen, administrator: User
) -> None:
    screen.sign_in(administrator)
    screen.open("/ladders/dated/")
    post = screen.find("#id_step-0-post")
    hidden = post.is_displayed()

    screen.find("#id_step-0-audience option[value=post]").click()

    assert (hidden, post.is_displayed()) == (False, True)


def test_how_one_is_told_stays_in_the_language_and_the_light_of_the_desk(
    screen: Screen, officer: User
) -> None:
    screen.sign_in(officer)
    screen.open("/")
    screen.find(".languages button[value=ja]").click()
    screen.wait_until(lambda: screen.find("html").get_attribute("lang") == "ja")
    screen.driver.execute_script("localStorage.setItem('theme', 'dark')")

    screen.open("/p/me/")

    html = screen.find("html")
    assert (html.get_attribute("lang"), html.get_attribute("data-theme")) == ("ja", "dark")
    assert screen.find(".side-main a").is_displayed()


def test_no_page_breaks_the_policy_or_complains(screen: Screen, administrator: User) -> None:
    screen.sign_in(administrator)
    complaints = {}

    for address in pages():
        screen.open(address)
        if said := screen.complaints():
            complaints[address] = said

    assert complaints == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_against_what_lies_behind_it(
    screen: Screen, administrator: User, theme: str
) -> None:
    screen.sign_in(administrator)
    screen.driver.execute_script("localStorage.setItem('theme', arguments[0])", theme)
    weak = {}

    for address in pages():
        screen.open(address)
        if found := screen.driver.execute_script(CONTRAST):
            weak[address] = found

    assert weak == {}


@pytest.mark.parametrize("width", [1280, 820])
def test_no_page_is_wider_than_its_window(screen: Screen, administrator: User, width: int) -> None:
    make_meeting()
    screen.sign_in(administrator)
    screen.size(width)
    wide = {}

    for address in pages():
        screen.open(address)
        over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if (pixels := screen.driver.execute_script(over)) > 0:
            wide[address] = pixels

    assert wide == {}


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_desk_opens_in_each_language(screen: Screen, administrator: User, language: str) -> None:
    screen.sign_in(administrator)
    screen.open("/")

    screen.find(f".languages button[value={language}]").click()
    screen.wait_until(lambda: screen.find("html").get_attribute("lang") == language)

    assert screen.complaints() == []
