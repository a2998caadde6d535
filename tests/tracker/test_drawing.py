"""The pictures without a database: what lies where."""

import re
import xml.etree.ElementTree as ET
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.desk.drawing import bars, marks, strips
from tracker.desk.drawing.bars import Part
from tracker.desk.drawing.scales import DateScale, Scale, around, whole_steps
from tracker.desk.drawing.strips import Line, Mark, Span

DAYS = st.dates(date(1902, 1, 1), date(2098, 12, 31))
PERIODS = st.tuples(DAYS, DAYS).map(sorted).map(lambda days: DateScale(*days))
PARTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=6).map(
    lambda counts: [Part(f"k{n}", count, "●", f"word {n}") for n, count in enumerate(counts)]
)


def read(drawing: str) -> ET.Element:
    """As a browser would: it is well-formed, or this raises."""
    return ET.fromstring(drawing)


def share(said: str) -> float:
    assert said.endswith("%")
    return float(said[:-1])


def parts_of(drawing: str) -> list[ET.Element]:
    return [e for e in read(drawing).iter("rect") if e.get("class", "").startswith("part ")]


# -- scales


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e7, 1e7))
def test_no_value_is_placed_outside_the_frame(one: float, other: float, value: float) -> None:
    scale = Scale(min(one, other), max(one, other), 5, 95)

    assert 5 <= scale.at(value) <= 95 + 1e-9


@given(PERIODS, DAYS, DAYS)
def test_days_keep_their_order_and_stay_inside(scale: DateScale, one: date, other: date) -> None:
    first, second = sorted([one, other])

    assert 0 <= scale.at(first) <= scale.at(second) <= 100


@given(PERIODS)
def test_marks_of_an_axis_are_few_in_order_and_inside(scale: DateScale) -> None:
    ticks = scale.ticks(10)

    assert len(ticks) <= 10
    assert [tick.day for tick in ticks] == sorted({tick.day for tick in ticks})
    assert all(scale.covers(tick.day) and tick.day.day == 1 for tick in ticks)


@given(st.integers(0, 10**9))
def test_steps_reach_the_highest_number_and_are_few(highest: int) -> None:
    steps = whole_steps(highest)

    assert steps[0] == 0
    assert steps[-1] >= highest
    assert len(steps) <= 6
    assert len({after - before for before, after in zip(steps, steps[1:], strict=False)}) == 1


@pytest.mark.parametrize(
    ("highest", "steps"), [(0, [0, 1]), (1, [0, 1]), (13, [0, 5, 10, 15]), (80, [0, 20, 40, 60, 80])]
)
def test_steps_are_round_numbers(highest: int, steps: list[int]) -> None:
    assert whole_steps(highest) == steps


@given(st.lists(DAYS, max_size=5), DAYS)
def test_a_scale_around_days_shows_each_of_them_and_today(days: list[date], today: date) -> None:
    scale = around(days, today=today)

    assert all(scale.covers(day) for day in [*days, today])
    assert scale.days >= 180


# -- bars and columns


@given(PARTS, st.integers(0, 10_000))
def test_parts_of_a_bar_lie_beside_each_other_within_it(parts: list[Part], more: int) -> None:
    drawn = bars.bar(parts, longest=sum(part.count for part in parts) + more)

    end = 0.0
    for rect in parts_of(drawn):
        assert share(rect.get("x")) == pytest.approx(end, abs=0.01)
        end = share(rect.get("x")) + share(rect.get("width"))
    assert end <= 100


@given(PARTS)
def test_parts_of_a_column_stand_on_each_other_above_the_ground(parts: list[Part]) -> None:
    steps = bars.column_steps(sum(part.count for part in parts))

    bottom = float(bars.COLUMN_HEIGHT + bars.ROOM_ABOVE)
    for rect in parts_of(bars.column(parts, steps=steps)):
        top, height = float(rect.get("y")), float(rect.get("height"))
        assert top + height == pytest.approx(bottom, abs=0.03)
        bottom = top
    assert bottom >= bars.ROOM_ABOVE - 0.01


def test_lengths_are_as_the_numbers() -> None:
    one, three = parts_of(bars.bar([Part("a", 1), Part("b", 3)], longest=8))

    assert share(three.get("width")) == pytest.approx(3 * share(one.get("width")), abs=0.01)


def test_a_bar_says_its_numbers_in_words() -> None:
    drawn = read(
        bars.bar([Part("a", 3, "●", "on track"), Part("b", 0, "▲", "at risk")], longest=3, label="SCCD")
    )

    assert drawn.get("role") == "img"
    assert drawn.get("aria-label") == "SCCD: on track 3, at risk 0"


def test_each_part_has_its_pattern_over_its_colour() -> None:
    drawn = bars.bar([Part("danger", 3)], longest=3)

    assert 'class="part part-danger"' in drawn
    assert 'fill="url(#pattern-danger)"' in drawn


def test_the_shape_stands_with_the_number_where_there_is_room() -> None:
    drawn = bars.bar([Part("a", 90, "●"), Part("b", 1, "■")], longest=91)

    assert "● 90" in drawn
    assert "■ 1" not in drawn


def test_nothing_to_count_is_an_empty_bar() -> None:
    assert parts_of(bars.bar([Part("a", 0)], longest=0)) == []


# -- strips

SCALE = DateScale(date(2026, 1, 1), date(2026, 12, 31))


@given(st.lists(DAYS, max_size=8))
def test_a_strip_draws_what_lies_within_it_in_order_and_nothing_else(days: list[date]) -> None:
    drawn = read(strips.strip(SCALE, marks=[Mark(day, "circle", "open") for day in sorted(days)]))

    places = [share(e.get("x")) for e in drawn.iter("svg") if e.get("class") == "place"]
    assert len(places) == sum(SCALE.covers(day) for day in days)
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)


@given(DAYS, DAYS)
def test_a_span_ends_at_the_edges(one: date, other: date) -> None:
    first, last = sorted([one, other])

    for rect in read(strips.strip(SCALE, spans=[Span(first, last, "expected")])).iter("rect"):
        assert share(rect.get("x")) >= 0
        assert share(rect.get("x")) + share(rect.get("width")) <= 100.01


def test_a_date_is_tied_to_the_day_of_its_meeting() -> None:
    drawn = strips.strip(SCALE, marks=[Mark(date(2026, 3, 1), "circle", "open", hangs_on=date(2026, 6, 1))])

    tie = next(e for e in read(drawn).iter("line"))
    assert tie.get("class") == "line line-tie-fixed"
    assert share(tie.get("x1")) < share(tie.get("x2")) < 100


def test_a_date_of_a_meeting_without_a_day_is_tied_to_the_edge() -> None:
    drawn = strips.strip(SCALE, marks=[Mark(date(2026, 3, 1), "circle", "open", floats=True)])

    tie = next(e for e in read(drawn).iter("line"))
    assert (tie.get("class"), tie.get("x2")) == ("line line-tie-floating", "100%")


def test_lines_of_one_day_meet_in_all_strips() -> None:
    today = Line(date(2026, 11, 23), "today")

    marked = strips.strip(SCALE, marks=[Mark(today.day, "circle", "open")], lines=[today])
    axis = strips.axis(SCALE, [(10, "2026")], lines=[today])

    upper, lower = (next(read(drawn).iter("line")) for drawn in (axis, marked))
    assert upper.get("x1") == upper.get("x2") == lower.get("x1")
    assert f'x="{lower.get("x1")}"' in marked


def test_our_reading_is_ringed() -> None:
    ours = Mark(date(2026, 3, 1), "square", "overdue", ringed=True)

    assert "mark-ring" in strips.strip(SCALE, marks=[ours])


# -- safe


HOSTILE = '<script>alert("&")</script>'


@pytest.mark.parametrize(
    "drawing",
    [
        bars.bar([Part("a", 1, HOSTILE, HOSTILE), Part("b", 1)], longest=2, label=HOSTILE),
        bars.column([Part("a", 1, HOSTILE, HOSTILE)], steps=[0, 1], label=HOSTILE),
        strips.strip(SCALE, marks=[Mark(date(2026, 3, 1), "circle", "a", title=HOSTILE, sign=HOSTILE)]),
        strips.axis(SCALE, [(50, HOSTILE)]),
    ],
)
def test_no_word_becomes_an_element_and_nothing_is_a_style(drawing: str) -> None:
    assert "<script" not in drawing
    assert "style=" not in drawing
    assert not re.search(r"\son\w+=", drawing)
    read(drawing)


@pytest.mark.parametrize("name", list(marks.SHAPES))
def test_every_shape_can_be_drawn(name: Any) -> None:
    assert read(marks.shape(name, "open", x=50)).find("path").get("d")
