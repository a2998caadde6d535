"""Every kind of mail, word for word. After a wanted change: `python -m tests.notifications.golden`."""

import re

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


# What may be Latin in a Korean or Japanese mail: quotations, addresses, codes of registers and items.
MAY_BE_LATIN = re.compile(r"“[^”]*”|「[^」]*」|https?://\S+|[\w.]+@[\w.]+|<[^>]*>|\b[A-Z][A-Z0-9-]+\b")


def own_words(case: str, language: str) -> str:
    """The text, and the headers that a person reads."""
    headers = (golden.HERE / f"{case}.{language}.headers").read_text(encoding="utf-8")
    read = [line.partition(": ")[2] for line in headers.splitlines() if line.startswith("Subject")]
    text = (golden.HERE / f"{case}.{language}.txt").read_text(encoding="utf-8")
    return MAY_BE_LATIN.sub("", "\n".join([*read, text]))


@pytest.mark.parametrize("language", ["ko", "ja"])
@pytest.mark.parametrize("case", CASES)
def test_a_mail_has_no_word_of_another_language(case: str, language: str) -> None:
    assert re.findall(r"[A-Za-z]{2,}", own_words(case, language)) == []


@pytest.mark.parametrize("case", CASES)
def test_a_japanese_mail_has_no_hangul_and_a_korean_one_no_kana(case: str) -> None:
    assert re.findall(r"[가-힣]+", own_words(case, "ja")) == []
    assert re.findall(r"[\u3040-\u30ff]+", own_words(case, "ko")) == []
