import time as stopwatch
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.recurrence import Cadence, Counting
from commitments.timeframe_phrases import PHRASES, WORTH
from commitments.timeframes import (
    NEXT_MEETING,
    Kind,
    Offset,
    Reading,
    Timeframe,
    read_timeframe,
    read_timeframes,
)
from commitments.working_days import WorkingCalendar

DECLARED_ON = date(2024, 6, 27)


def read(phrase: str, declared_on: date = DECLARED_ON, starts_in: int | None = None) -> Timeframe:
    return read_timeframe(phrase, declared_on=declared_on, fiscal_year_start_month=starts_in)


def window(timeframe: Timeframe) -> tuple[str, str]:
    return str(timeframe.window_start_on or ""), str(timeframe.window_end_on or "")


@pytest.mark.parametrize(
    ("phrases", "kind", "start", "end", "precision"),
    [
        ("by the end of the year | 연내 | 年内", "by_period_end", "", "2024-12-31", "year"),
        ("by year-end | before the end of this year | later this year", "by_period_end", "", "2024-12-31", "year"),
        ("올해 말까지 | 연말까지 | 금년 내 | 年末までに | 今年中に | 本年末まで", "by_period_end", "", "2024-12-31", "year"),
        ("by the end of 2025 | by end-2025 | no later than the end of 2025", "by_period_end", "", "2025-12-31", "year"),
        ("by 2025 | by 2025 at the latest | within 2025 | before 2026", "by_period_end", "", "2025-12-31", "year"),
        ("by the end of next year | 내년까지 | 내년 말까지 | 来年末までに", "by_period_end", "", "2025-12-31", "year"),
        ("2025년 말까지 | 2025년까지 | ’25년 말까지 | 2025년 내에", "by_period_end", "", "2025-12-31", "year"),
        ("2025年末まで | 2025年までに | ２０２５年末までに | 令和7年末まで", "by_period_end", "", "2025-12-31", "year"),
        ("in 2025 | in the course of 2025 | next year | 2025년 중 | 2025年に", "period", "2025-01-01", "2025-12-31", "year"),
        ("in the first half of 2025 | H1 2025 | 2025년 상반기 | 2025年上半期", "period", "2025-01-01", "2025-06-30", "half_year"),
        ("in the first half of next year | 내년 상반기 중에 | 来年前半に", "period", "2025-01-01", "2025-06-30", "half_year"),
        ("in the second half of 2025 | 2025년 하반기에 | 2025年後半に", "period", "2025-07-01", "2025-12-31", "half_year"),
        ("in the second half | 하반기 | 下半期", "period", "2024-07-01", "2024-12-31", "half_year"),
        ("by the first half of 2025 | 2025년 상반기까지", "by_period_end", "", "2025-06-30", "half_year"),
        ("in the third quarter of 2025 | Q3 2025 | 2025년 3분기 | 2025年第3四半期", "period", "2025-07-01", "2025-09-30", "quarter"),
        ("by Q3 2025 | by the end of the third quarter of 2025", "by_period_end", "", "2025-09-30", "quarter"),
        ("by March 2026 | by the end of March 2026 | by end-March 2026", "by_period_end", "", "2026-03-31", "month"),
        ("2026년 3월까지 | 2026년 3월 말까지 | 2026年3月末までに", "by_period_end", "", "2026-03-31", "month"),
        ("in December | 12월 중 | 12月に", "period", "2024-12-01", "2024-12-31", "month"),
        ("in March | 3월에 | 3月に", "period", "2025-03-01", "2025-03-31", "month"),
        ("by the end of next month | 다음 달 말까지 | 来月末までに", "by_period_end", "", "2024-07-31", "month"),
        ("by 19 December 2024 | by December 19th, 2024 | by 2024-12-19 | by 19 December", "fixed_date", "", "2024-12-19", "day"),
        ("2024년 12월 19일(목)까지 | 2024. 12. 19.까지 | 12월 19일까지", "fixed_date", "", "2024-12-19", "day"),
        ("2024年12月19日までに | 令和6年12月19日(木)まで", "fixed_date", "", "2024-12-19", "day"),
        ("on 19 December 2024 | Thursday, 19 December 2024", "fixed_date", "2024-12-19", "2024-12-19", "day"),
        ("before 1 March 2025 | 2025년 3월 1일 전까지", "fixed_date", "", "2025-02-28", "day"),
        ("through 2027 | until 2027", "period", "2024-06-27", "2027-12-31", "year"),
        ("over the next year | 향후 1년간 | 今後1年間", "period", "2024-06-27", "2025-06-27", "approximate"),
        ("within the next six months | 향후 6개월 내", "period", "2024-06-27", "2024-12-27", "approximate"),
    ],
)  # fmt: skip
def test_a_phrase_with_a_window(phrases: str, kind: str, start: str, end: str, precision: str) -> None:
    for phrase in phrases.split(" | "):
        found = read(phrase)

        assert (phrase, found.kind, *window(found), found.precision) == (phrase, kind, start, end, precision)
        assert found.phrase == phrase


@pytest.mark.parametrize(
    ("phrases", "kind"),
    [
        ("regular | regularly | on a regular basis | 정례 | 정기적으로 | 定期的に", "cadence_unknown"),
        ("in due course | 적절한 시기에 | しかるべき時期に | at an appropriate time | 近い将来", "open"),
        ("as soon as possible | urgently | 조속히 | 早急に | 速やかに | at the earliest", "open_urgent"),
        ("continue to | 지속 | 계속 | 引き続き | on an ongoing basis", "continuous"),
        ("at our next meeting | at the next ministerial | by the next meeting", "next_meeting"),
        ("차기 회의 | 차기 회의에서 | 다음 장관회의까지 | 次回会合 | 次回会合までに", "next_meeting"),
        (
            " | . | 3 | some day | 25-26 | in 2025-26 | on 31 February 2025 | by 2150 | 지속가능한 | 昨年度の",
            "none",
        ),
    ],
)
def test_a_phrase_that_names_no_day_never_becomes_a_date(phrases: str, kind: str) -> None:
    for phrase in phrases.split(" | "):
        found = read(phrase)

        assert (phrase, found.kind, found.latest_on, found.precision) == (phrase, kind, None, "none")


@pytest.mark.parametrize(
    "sentence",
    [
        "The ministers will review progress at our next meeting in 2027.",
        "We will report at the next ministerial in Seoul, in the first half of 2026.",
        "양국은 내년에 열리는 차기 회의에서 이 문제를 논의하기로 했다.",
        "来年に開かれる次回会合において報告する。",
    ],
)
def test_what_is_due_at_the_next_meeting_hangs_on_the_meeting_and_not_on_its_year(sentence: str) -> None:
    found = read(sentence)

    assert (found.kind, found.anchor, found.latest_on) == (Kind.NEXT_MEETING, NEXT_MEETING, None)


def test_when_the_next_meeting_is_to_be_held_is_a_window_of_its_own() -> None:
    found = read("They agreed to hold the next meeting in Washington in the second half of this year.")

    assert (found.kind, *window(found)) == (Kind.PERIOD, "2024-07-01", "2024-12-31")


@pytest.mark.parametrize(
    ("phrases", "months"),
    [
        ("annually | at least annually | every year | once a year | 매년 | 연 1회 | 연례 | 毎年 | 年1回", 12),
        (
            "semi-annually | twice a year | every six months | 반기별 | 연 2회 | 6개월마다 | 半年ごと | 年2回",
            6,
        ),
        ("quarterly | four times a year | every three months | 분기별 | 매 분기 | 四半期ごと", 3),
        ("monthly | every month | 매월 | 毎月", 1),
        ("biennially | every two years | every other year | 격년 | 2년마다 | 隔年 | 2年に1回", 24),
    ],
)
def test_a_cadence_has_two_readings(phrases: str, months: int) -> None:
    for phrase in phrases.split(" | "):
        found = read(phrase)

        assert (phrase, found.kind, found.cadence_months, found.latest_on) == (
            phrase,
            "cadence",
            months,
            None,
        )
        assert found.cadence == Cadence(months, Counting.CALENDAR_PERIOD)
        assert found.alternatives[0].cadence == Cadence(months, Counting.SINCE_LAST)


def test_biannually_may_also_mean_every_other_year() -> None:
    found = read("biannually")

    assert found.cadence_months == 6
    assert [reading.cadence.every_months for reading in found.alternatives if reading.cadence] == [6, 24]


def test_an_interval_that_does_not_divide_the_year_is_counted_from_the_last_time() -> None:
    found = read("every 18 months")

    assert found.cadence == Cadence(18, Counting.SINCE_LAST)
    assert found.alternatives == ()


@pytest.mark.parametrize(
    ("phrases", "start", "end", "reading"),
    [
        ("early next year | 내년 초 | 来年早期", "2025-01-01", "", ("2025-01-01", "2025-04-30")),
        ("by early 2025 | by the beginning of 2025 | 2025년 초까지", "", "", ("", "2025-04-30")),
        ("mid-2025 | 2025년 중반 | 2025年半ば", "", "", ("2025-05-01", "2025-08-31")),
        ("late 2025 | 2025년 말경", "", "2025-12-31", ("2025-09-01", "2025-12-31")),
        ("in mid-December", "", "", ("2024-12-11", "2024-12-20")),
        ("in spring 2025 | 2025년 봄 | 来春", "", "", ("2025-03-01", "2025-05-31")),
    ],
)
def test_part_of_a_period_has_only_its_outer_edge_and_a_reading(
    phrases: str, start: str, end: str, reading: tuple[str, str]
) -> None:
    for phrase in phrases.split(" | "):
        found = read(phrase)

        assert (phrase, found.kind, *window(found)) == (phrase, "part_of_period", start, end)
        assert found.precision == "approximate"
        (ours,) = found.alternatives
        assert (str(ours.window_start_on or ""), str(ours.window_end_on)) == reading


def test_a_third_of_a_month_has_both_edges_in_korean_and_japanese() -> None:
    for phrase in ("12월 중순", "12月中旬"):
        assert window(read(phrase)) == ("2024-12-11", "2024-12-20")


@pytest.mark.parametrize("phrase", ["by the end of the fiscal year", "年度内", "今年度中", "회계연도 말까지"])
@pytest.mark.parametrize(
    ("declared_on", "starts_in", "end"),
    [
        (date(2024, 6, 27), 4, "2025-03-31"),
        (date(2025, 2, 10), 4, "2025-03-31"),
        (date(2024, 6, 27), 10, "2024-09-30"),
        (date(2024, 10, 1), 10, "2025-09-30"),
        (date(2024, 6, 27), 1, "2024-12-31"),
    ],
)
def test_the_fiscal_year_is_the_party_s_own(phrase: str, declared_on: date, starts_in: int, end: str) -> None:
    found = read(phrase, declared_on, starts_in)

    assert (found.kind, *window(found), found.precision) == ("by_period_end", "", end, "fiscal_year")


def test_without_a_party_the_fiscal_year_is_that_of_the_language_and_in_english_unknown() -> None:
    assert window(read("年度内")) == ("", "2025-03-31")
    assert window(read("회계연도 말까지")) == ("", "2024-12-31")
    assert window(read("by the end of the fiscal year")) == ("", "")


def test_a_fiscal_year_is_named_for_its_beginning_in_japan_and_for_its_end_in_the_united_states() -> None:
    assert window(read("in fiscal year 2025", starts_in=4)) == ("2025-04-01", "2026-03-31")
    assert window(read("in FY2025", starts_in=10)) == ("2024-10-01", "2025-09-30")
    assert window(read("令和7年度上半期")) == ("2025-04-01", "2025-09-30")


@pytest.mark.parametrize(
    ("phrase", "anchor", "offset", "per_party"),
    [
        ("within 120 days of entry into force", "entry into force", Offset(120), False),
        ("within 120 days after the agreement takes effect for each country", "the agreement takes effect", Offset(120), True),
        ("within ninety (90) days after ratification for each Party", "ratification", Offset(90), True),
        ("no later than six months from the date of the decision", "the date of the decision", Offset(6, "months"), False),
        ("at least 15 days before the meeting", "the meeting", Offset(-15), False),
        ("10 working days before the meeting", "the meeting", Offset(-10, "working_days"), False),
        ("upon entry into force", "entry into force", Offset(0), False),
        ("by the 2025 Spring Meetings", "the 2025 Spring Meetings", Offset(0), False),
        ("within 60 days", "", Offset(60), False),
        ("협정 발효 후 6개월 이내에", "협정 발효", Offset(6, "months"), False),
        ("각국별로 발효일로부터 120일 이내에", "발효", Offset(120), True),
        ("장관회의 15일 전까지", "장관회의", Offset(-15), False),
        ("協定の発効後60日以内に", "協定の発効", Offset(60), False),
        ("各国について発効から六か月以内に", "発効", Offset(6, "months"), True),
    ],
)  # fmt: skip
def test_an_offset_from_an_event_waits_for_the_event(
    phrase: str, anchor: str, offset: Offset, per_party: bool
) -> None:
    found = read(phrase)

    assert (found.kind, found.latest_on) == (Kind.EVENT_RELATIVE, None)
    assert (found.anchor, found.offset, found.per_party) == (anchor, offset, per_party)


@pytest.mark.parametrize(
    "phrase", ["15 days before our next meeting", "차기 회의 15일 전까지", "次回会合の15日前までに"]
)
def test_an_offset_from_the_next_meeting_hangs_on_the_meeting(phrase: str) -> None:
    found = read(phrase)

    assert (found.kind, found.anchor, found.offset_days) == (Kind.NEXT_MEETING, NEXT_MEETING, -15)


@pytest.mark.parametrize(
    ("days", "due_on"),
    [(30, date(2024, 3, 25)), (60, date(2024, 4, 24)), (120, date(2024, 6, 23)), (180, date(2024, 8, 22))],
)
def test_days_are_counted_from_entry_into_force(days: int, due_on: date) -> None:
    found = read(f"within {days} days of entry into force")

    assert found.offset is not None
    assert found.offset.after(date(2024, 2, 24)) == due_on


def test_an_offset_counts_months_and_working_days_too() -> None:
    assert Offset(6, "months").after(date(2024, 8, 31)) == date(2025, 2, 28)
    assert Offset(-5, "working_days").after(date(2026, 12, 28), WorkingCalendar("KR")) == date(2026, 12, 18)


@pytest.mark.parametrize(
    "phrase",
    [
        "within 60 days of the date of this Joint Statement",
        "본 성명 발표일로부터 60일 이내",
        "本共同声明の発出から60日以内",
    ],
)
def test_an_interval_that_starts_with_the_text_starts_when_it_was_declared(phrase: str) -> None:
    assert window(read(phrase)) == ("", "2024-08-26")


def test_a_deadline_may_have_a_time_of_day() -> None:
    found = read("Comments are due by 13:00 on Thursday, 19 December 2024.")

    assert (found.kind, found.window_end_on, found.at) == (Kind.FIXED_DATE, date(2024, 12, 19), time(13, 0))


@pytest.mark.parametrize(
    ("sentence", "kind", "phrase"),
    [
        ("The three countries plan to hold the meeting annually and continue working-level cooperation.", "cadence", "annually"),
        ("They vowed to “continue discussions through a Sub-Working Group”.", "continuous", "continue"),
        ("Close cooperation is urgently needed to identify vulnerabilities.", "open_urgent", "urgently"),
        ("The dialogue is a regular forum, proposed during a visit in May 2022.", "cadence_unknown", "regular"),
        ("They will exchange lists as soon as possible and no later than 31 December 2025.", "fixed_date", "no later than 31 December 2025"),
        ("The Parties shall meet twice a year through 2027.", "cadence", "twice a year"),
        ("Reports shall be submitted by 31 March each year.", "cadence", "each year"),
        ("세 나라는 회의를 매년 개최하고 실무급 협력도 지속하기로 합의했다.", "cadence", "매년"),
        ("양측은 연내 실무협의를 개최하고 차기 회의에서 보고한다.", "by_period_end", "연내"),
        ("3か国は毎年この閣僚会合を開き、実務レベルの協力を継続する。", "cadence", "毎年"),
        ("양측은 2025년 중국에서 만난다.", "none", ""),
        ("The next generation of chips was the subject of the dialogue.", "none", ""),
        ("Annual growth was 3 per cent.", "none", ""),
    ],
)  # fmt: skip
def test_the_most_definite_phrase_governs_a_sentence(sentence: str, kind: str, phrase: str) -> None:
    found = read(sentence)

    assert (found.kind, found.phrase) == (kind, phrase)
    assert sentence[found.starts_at :].startswith(phrase)


def test_all_phrases_of_a_sentence_can_be_read_in_order() -> None:
    found = read_timeframes("Launch it in 2025 and report at the next ministerial.", declared_on=DECLARED_ON)

    assert [each.phrase for each in found] == ["in 2025", "at the next ministerial"]


def test_inside_a_sentence_a_window_that_is_over_tells_of_the_past() -> None:
    assert read("The first meeting was held in April last year.").kind == Kind.NONE
    assert read("in April 2023").window_end_on == date(2023, 4, 30)


def test_a_year_that_the_text_does_not_name_is_marked_as_inferred() -> None:
    assert read("하반기").year_inferred
    assert not read("2024년 하반기").year_inferred
    assert window(read("상반기", date(2024, 7, 1))) == ("2025-01-01", "2025-06-30")


def test_only_the_language_of_the_text_is_tried_if_it_is_known() -> None:
    assert read_timeframe("연내", declared_on=DECLARED_ON, language="ko-KR").kind == Kind.BY_PERIOD_END
    assert read_timeframe("연내", declared_on=DECLARED_ON, language="en").kind == Kind.NONE


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 12"):
        read("年度内", starts_in=13)
    with pytest.raises(ValueError, match="between 1900 and 2100"):
        read("年内", date(1815, 6, 9))


vocabulary = st.sampled_from(
    sorted({word for words in WORTH.values() for word in words})
    + [
        "by the end of ",
        "within ",
        "days of ",
        "meeting ",
        "the next ",
        "before ",
        "at ",
        "2025 ",
        "2099",
        "-",
    ]
    + [
        "2100년",
        "年",
        "월",
        "日",
        "까지",
        "まで",
        "末",
        "後",
        "12",
        "31",
        "6개월 ",
        "の",
        " of ",
        ", ",
        "\n",
        ".",
    ]
)
texts = st.one_of(st.text(max_size=200), st.lists(vocabulary, max_size=40).map("".join))
declared = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(texts, declared, st.sampled_from([None, 1, 4, 10]))
def test_no_text_raises_and_no_window_ends_before_it_starts(
    text: str, declared_on: date, month: int | None
) -> None:
    for found in read_timeframes(text, declared_on=declared_on, fiscal_year_start_month=month):
        readings: list[Timeframe | Reading] = [found, *found.alternatives]

        windows = [(each.window_start_on or date.min, each.window_end_on or date.max) for each in readings]
        assert all(start <= end for start, end in windows)
        assert text[found.starts_at :].startswith(found.phrase)


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)))
def test_a_period_without_a_year_is_not_over_and_begins_within_a_year(declared_on: date) -> None:
    for phrase in ("in the first half", "12월 중", "第3四半期"):
        found = read(phrase, declared_on)

        assert found.window_start_on is not None
        assert found.window_end_on is not None
        assert declared_on <= found.window_end_on
        assert found.window_start_on <= declared_on + timedelta(days=366)


@pytest.mark.parametrize(
    "seed",
    ["by the end of ", "within 1 day of ", "the next a ", " ", "\n", "차기 가", "협정 발효 ", "次回国", "の国", "2025년 ", "in a", "12"],
)  # fmt: skip
def test_ten_thousand_hostile_characters_are_read_at_once(seed: str) -> None:
    text = (seed * 10_000)[:10_000]
    began = stopwatch.perf_counter()

    read(text)

    assert stopwatch.perf_counter() - began < 2


def test_every_pattern_is_of_a_known_kind_and_none_matches_nothing() -> None:
    rows = [row for rows in PHRASES.values() for row in rows]

    assert {row.kind for row in rows} <= set(Kind) | {"window", "part", "ahead"}
    assert not [row.pattern.pattern for row in rows if row.pattern.fullmatch("")]
