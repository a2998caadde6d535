"""Every kind of mail, word for word. After a wanted change: `python -m tests.notifications.golden`."""

import pytest
from pytest_django import Settings

from tests.notifications import golden
from tests.notifications.golden.cases import CASES, Ministry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
@pytest.mark.parametrize("case", CASES)
def test_a_mail_reads_as_it_was_agreed(case: str, language: str, settings: Settings) -> None:
    settings.SITE_URL = "https://follow.ministry.example"
    settings.DEFAULT_FROM_EMAIL = "Commitment tracker <desk@ministry.example>"

    email = CASES[case](Ministry(language))

    parts = golden.parts_of(email)

    different = [end for end, found in parts.items() if golden.differs(f"{case}.{language}.{end}", found)]
    assert different == []
