from datetime import date

import pytest
from selenium.webdriver.common.keys import Keys

from commitments.models import Forum, User
from tests.browser.conftest import Screen
from tests.factories import make_commitment, make_follow_up, make_forum, make_meeting, make_officer

pytestmark = pytest.mark.browser


@pytest.fixture
def forum(transactional_db: None) -> Forum:
    forum = make_forum(code="SCCD", name_en="Supply Chain and Commercial Dialogue")
    for day in (1, 9, 15):
        make_follow_up(date(2026, 12, day), commitment=make_commitment(forum=forum, title_en=f"Item {day}"))
    return forum


@pytest.fixture
def officer(forum: Forum) -> User:
    return make_officer(forum, name_en="Officer One")


def focused_day(screen: Screen) -> str:
    return screen.focused().get_attribute("data-day") or ""


def test_arrow_keys_go_from_day_to_day_and_page_keys_from_month_to_month(
    screen: Screen, officer: User
) -> None:
    screen.sign_in(officer)
    screen.open("/calendar/?month=2026-12")
    screen.find('[data-day="2026-12-01"]').send_keys(Keys.ARROW_RIGHT)
    assert focused_day(screen) == "2026-12-09"
    screen.keys(Keys.ARROW_RIGHT)
    assert focused_day(screen) == "2026-12-15"
    screen.keys(Keys.ARROW_UP)
    screen.keys(Keys.ARROW_UP)
    assert focused_day(screen) == "2026-12-01"

    screen.keys(Keys.PAGE_DOWN)
    screen.wait_for("January 2027")

    assert screen.complaints() == []


def test_the_strips_of_a_timeline_lie_under_each_other(screen: Screen, officer: User, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=1, state="confirmed", starts_on=date(2027, 4, 1))
    screen.sign_in(officer)
    screen.open(f"/forums/{forum.pk}/timeline/")

    places = "return [...document.querySelectorAll('.line-today')].map(e => e.getBoundingClientRect().x)"
    found = [round(x) for x in screen.driver.execute_script(places)]

    assert len(found) > 3
    assert len(set(found[:4])) == 1


def test_a_bar_is_as_wide_as_its_share(screen: Screen, officer: User, forum: Forum) -> None:
    for outlook in ("on_track", "on_track", "at_risk"):
        make_commitment(forum=forum, outlook=outlook)
    screen.sign_in(officer)
    screen.open(f"/forums/{forum.pk}/dashboard/")

    width = "return document.querySelector('#outlook .bars rect.part-{}').getBoundingClientRect().width"
    two, one = (screen.driver.execute_script(width.format(kind)) for kind in ("success", "warning"))

    assert two == pytest.approx(2 * one, rel=0.05)
    assert screen.complaints() == []
