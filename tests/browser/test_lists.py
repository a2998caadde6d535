"""What an officer does with many commitments at once, counted in presses."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from selenium.webdriver.common.keys import Keys

from commitments.models import Assignment, Forum, Post, User
from tests.browser.conftest import Screen
from tests.factories import (
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_officer,
    make_user,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def forum(transactional_db: None) -> Forum:
    return make_forum(code="SCCD", name_en="Supply Chain and Commercial Dialogue", desk=make_held_post())


@pytest.fixture
def officer(forum: Forum) -> User:
    return make_officer(forum, name_en="Officer One")


@pytest.fixture
def leaving() -> Post:
    return make_held_post(make_user(name_en="Kim Leaving"), name_en="Officer A")


class Counted:
    """Presses are counted; what is typed is not."""

    def __init__(self, screen: Screen) -> None:
        self.screen, self.presses = screen, 0

    def press(self, words: str) -> None:
        self.presses += 1
        self.screen.press(words)

    def press_on(self, selector: str) -> None:
        self.presses += 1
        self.screen.find(selector).click()


def test_the_items_of_an_officer_who_leaves_are_reassigned_in_five_presses(
    screen: Screen, officer: User, forum: Forum, leaving: Post
) -> None:
    coming = make_held_post(name_en="Officer B")
    for _number in range(50):
        make_commitment(forum=forum, lead=leaving)
    screen.sign_in(officer)
    screen.open("/")
    hand = Counted(screen)

    hand.press("Commitments")
    hand.press_on("#id_charge")
    screen.keys("Kim", Keys.ENTER)
    screen.wait_for("In charge: Kim")
    hand.press("Reassign")
    screen.wait_for("From the post")
    screen.keys("Officer B")
    screen.find("#id_reason").send_keys("She leaves for Geneva.")
    hand.press("Preview")
    screen.wait_for("50 to change")
    hand.press("Reassign them: 50")
    screen.wait_for("50 rows are changed.")

    assert Assignment.objects.active(timezone.localdate()).leads().filter(post=coming).count() == 50
    assert hand.presses == 5


def test_overdue_items_of_a_forum_are_taken_away_in_three_presses(
    screen: Screen, officer: User, forum: Forum, tmp_path: Path
) -> None:
    make_forum(code="SCCD-CM", kind="working_group", parent=forum)
    yesterday = timezone.localdate() - timedelta(days=1)
    for _number in range(3):
        make_follow_up(yesterday, commitment=make_commitment(forum=forum))
    screen.driver.execute_cdp_cmd(
        "Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    screen.sign_in(officer)
    screen.open("/")
    hand = Counted(screen)

    hand.press_on("a.tile[href='/desk/overdue/']")
    screen.wait_for("SCCD")
    hand.press("SCCD")
    screen.wait_for("Forum: SCCD")
    hand.press("XLSX")
    screen.wait_until(lambda: bool(list(tmp_path.glob("*.xlsx"))))

    assert hand.presses == 3


def test_the_drawer_columns_and_views_open_by_keyboard(screen: Screen, officer: User, forum: Forum) -> None:
    make_commitment(forum=forum)
    screen.sign_in(officer)
    screen.open("/commitments/")

    for summary in ("Filter", "Columns", "Keep as a view"):
        screen.driver.execute_script(
            "[...document.querySelectorAll('summary')].find(s => s.textContent.trim() === arguments[0]).focus()",
            summary,
        )
        screen.keys(Keys.ENTER)

    for words in ("Silent since the last meeting", "Columns to show", "Name of the view"):
        screen.wait_for(words)
