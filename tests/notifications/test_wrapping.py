"""Where a line of a mail ends: as each language allows, and never inside an address."""

import pytest

from notifications.wrapping import WIDTH, width, wrapped

ENGLISH = "1. SCCD-2024-01 (our summary) Continue discussions through the Critical Minerals Sub-Working Group"
KOREAN = "   “핵심광물 소분과를 통하여 논의를 지속하고 공급망 교란에 대비한 협력 방안을 모색하기로 하였으며, 연내에 회의를 개최한다”"
JAPANESE = "   「重要鉱物サブ作業部会を通じて議論を継続し、第三国における協力の機会を模索することで一致した。また、年内に会合を開く。」"
ADDRESS = "https://follow.example.go.kr/a/" + "x" * 90 + "/"


@pytest.mark.parametrize("line", [ENGLISH, KOREAN, JAPANESE])
def test_no_line_is_too_long_and_no_word_is_lost(line: str) -> None:
    lines = wrapped(line).split("\n")

    assert len(lines) > 1
    assert all(width(each) <= WIDTH for each in lines)
    assert "".join(wrapped(line).split()) == "".join(line.split())


def test_the_next_line_begins_below_the_first_word() -> None:
    assert wrapped(ENGLISH).split("\n")[1].startswith("   Minerals")


def test_korean_words_stay_whole() -> None:
    assert set(wrapped(KOREAN).split()) == set(KOREAN.split())


def test_no_japanese_line_begins_with_what_closes_a_sentence() -> None:
    for length in range(30, 60):
        lines = wrapped("あ" * length + "。」" + "い" * 20).split("\n")
        assert not any(line.startswith(("。", "」")) for line in lines)


DATES = [
    "期限: 2026年12月24日(木)(超過)",
    "2026年12月24日(木)",
    "12月4日(金)",
    "기한: 2026.12.24.(목), 경과",
    "2026년 12월 24일(목)까지",
    "Deadline: Thu 24 Dec 2026 (overdue)",
    "14日",
    "“2 not mine”",
    "「2 所管外」",
]


@pytest.mark.parametrize("whole", DATES)
@pytest.mark.parametrize("around", [("ああ", "いい"), ("가나 다라 ", " 마바"), ("one and two ", " three")])
def test_a_date_with_its_brackets_is_never_broken(whole: str, around: tuple[str, str]) -> None:
    before, after = around
    for n in range(10, 60):
        assert whole in wrapped("- " + before * n + " " + whole + after * 20)


def test_no_line_ends_with_the_dot_that_joins_two_things() -> None:
    for n in range(20, 60):
        lines = wrapped("- " + "가" * n + " · 주관부서: 예시광물과 · " + "나 " * 20).split("\n")
        assert not any(line.endswith("·") for line in lines)


def test_an_address_is_never_broken() -> None:
    lines = wrapped(f"   Answer here, without signing in: {ADDRESS}").split("\n")

    assert lines == ["   Answer here, without signing in:", f"   {ADDRESS}"]


def test_a_short_line_stays_as_it_is() -> None:
    assert wrapped("-- \nA division, 02-000-0000\n") == "-- \nA division, 02-000-0000\n"
