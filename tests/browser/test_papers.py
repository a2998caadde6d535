"""What comes out of the printer: only the sheets, as many as promised, each with its head and foot."""

import base64
import re

import pytest
from django.utils import timezone

from commitments.models import Commitment, Forum, Meeting, User
from tests.browser.conftest import Screen
from tests.factories import (
    make_commitment,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_party,
)

pytestmark = pytest.mark.browser

LANGUAGES = ["en", "ko", "ja"]


@pytest.fixture
def forum(transactional_db: None) -> Forum:
    made = make_forum(
        desk=make_held_post(), name_en="A dialogue with a long name on chains of supply", demonstration=True
    )
    make_meeting(forum=made, ordinal=1, state="held", starts_on="2024-06-27")
    return made


@pytest.fixture
def meeting(forum: Forum) -> Meeting:
    for _n in range(25):
        fill(make_commitment(forum=forum, title_en="협력 " * 60, outlook="off_track", high_priority=True))
    return make_meeting(forum=forum, ordinal=2)


def fill(commitment: Commitment) -> None:
    commitment.parties.add(make_party("KOR"), make_party("USA"), make_party("JPN"))
    for _day in (1, 2):
        commitment.reports.create(
            internal="회의 " * 60,
            state="cleared",
            reported_on=timezone.localdate(),
            decided_at=timezone.now(),
        )


@pytest.fixture
def officer(forum: Forum) -> User:
    return make_officer(forum, is_superuser=True)


def printed(screen: Screen) -> bytes:
    told = screen.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    return base64.b64decode(told["data"])


def sheets(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each, in millimetres."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(round(float(wide) / 72 * 25.4), round(float(high) / 72 * 25.4)) for wide, high in boxes]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_for_the_minister_is_one_sheet_of_a4(
    screen: Screen, officer: User, meeting: Meeting, language: str
) -> None:
    screen.sign_in(officer)

    screen.open(f"/minister/?meeting={meeting.pk}&language={language}")

    assert sheets(printed(screen)) == [(210, 297)]
    assert screen.complaints() == []


def test_the_table_lies_on_its_side_and_every_sheet_has_its_head_and_foot(
    screen: Screen, officer: User, meeting: Meeting
) -> None:
    screen.sign_in(officer)

    screen.open(f"/meetings/{meeting.pk}/table/")
    found = sheets(printed(screen))

    assert len(found) > 1
    assert set(found) == {(297, 210)}
    assert screen.complaints() == []


def test_only_the_sheet_is_printed(screen: Screen, officer: User, meeting: Meeting) -> None:
    screen.sign_in(officer)
    screen.open("/weekly/")
    screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})

    printed_words = screen.find("body").text

    screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert printed_words.startswith("시연용 · demonstration, not the actual state\nWeekly page")
    assert "Save as DOCX" not in printed_words
    assert "SHA-256" in printed_words.splitlines()[-1]
