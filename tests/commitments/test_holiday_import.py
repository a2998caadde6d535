"""Calendars of holidays from iCalendar files: what becomes a day off, and what is refused by line and UID."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from commitments.holiday_import import MAX_BYTES, MAX_DAYS, MAX_EVENTS, import_holidays, read_holidays
from commitments.importing import Refused
from commitments.models import Calendar, Change, Holiday
from tests.commitments.admin_pages import page_of, signed_in
from tests.factories import make_calendar, make_forum, make_membership, make_officer, make_user
from tests.tracker.reading import words

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
TODAY = date(2026, 11, 20)
SEOUL = ZoneInfo("Asia/Seoul")


def event(uid: str = "a", *lines: str, name: str = "Founding day") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{name}", *lines, "END:VEVENT"])


def calendar_file(*events: str) -> bytes:
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ministry//EN", *events, "END:VCALENDAR", ""]
    return "\r\n".join(parts).encode()


def days(*lines: str, zone: ZoneInfo = SEOUL, **known: Any) -> list[date]:
    """Of one event with these lines."""
    read = read_holidays(calendar_file(event("a", *lines, **known)), "days.ics", zone=zone, today=TODAY)
    return [each.day for each in read]


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_holidays(data, "days.ics", zone=SEOUL, today=TODAY)
    return str(refused.value)


def refusal_of(*lines: str, **known: Any) -> str:
    return refusal(calendar_file(event("closure-7", *lines, **known)))


def test_a_day_without_an_end_is_one_day() -> None:
    assert days("DTSTART;VALUE=DATE:20261230") == [date(2026, 12, 30)]


def test_the_end_is_the_day_after_the_last() -> None:
    lines = "DTSTART;VALUE=DATE:20261229", "DTEND;VALUE=DATE:20261231"

    assert days(*lines) == [date(2026, 12, 29), date(2026, 12, 30)]


def test_a_program_that_writes_the_same_day_twice_means_one_day() -> None:
    lines = "DTSTART;VALUE=DATE:20261229", "DTEND;VALUE=DATE:20261229"

    assert days(*lines) == [date(2026, 12, 29)]


def test_a_duration_counts_days() -> None:
    assert len(days("DTSTART;VALUE=DATE:20261229", "DURATION:P3D")) == 3


def test_a_folded_line_and_a_byte_order_mark_are_read() -> None:
    data = b"\xef\xbb\xbf" + calendar_file(
        event("a", "DTSTART;VALUE=DATE:20261229", name="年末\r\n 休み\\, 二日")
    )

    assert read_holidays(data, "days.ics", zone=SEOUL, today=TODAY)[0].name == "年末休み, 二日"


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART;TZID=Asia/Seoul:20261229T000000", "DTEND;TZID=Asia/Seoul:20261230T000000"),
        ("DTSTART:20261228T150000Z", "DTEND:20261229T150000Z"),
        ("DTSTART:20261229T000000", "DTEND:20261230T000000"),  # on whatever clock hangs there
        ("DTSTART;TZID=Korea Standard Time:20261229T000000", "DURATION:PT24H"),
    ],
)
def test_a_whole_day_on_the_calendar_s_own_clock_is_that_day_however_it_is_written(
    lines: tuple[str, ...],
) -> None:
    assert days(*lines) == [date(2026, 12, 29)]


def test_what_is_a_whole_day_only_elsewhere_is_refused() -> None:
    said = refusal_of("DTSTART:20261229T000000Z", "DTEND:20261230T000000Z")

    assert said == (
        "days.ics, line 4, closure-7: It is not a whole day in Asia/Seoul. Only whole days are read."
    )


def test_a_series_is_entered_from_last_year_until_five_years_ahead() -> None:
    found = days("DTSTART;VALUE=DATE:19900105", "RRULE:FREQ=YEARLY")

    assert found == [date(year, 1, 5) for year in range(2025, 2032)]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("FREQ=YEARLY;UNTIL=20271231", [date(2026, 5, 25), date(2027, 5, 25)]),
        ("FREQ=YEARLY;UNTIL=20270524T150000Z", [date(2026, 5, 25), date(2027, 5, 25)]),  # midnight in Seoul
        ("FREQ=YEARLY;UNTIL=20270524T145959Z", [date(2026, 5, 25)]),
        ("FREQ=YEARLY;UNTIL=99991231T235959Z;INTERVAL=2", [date(y, 5, 25) for y in (2026, 2028, 2030)]),
        ("FREQ=YEARLY;COUNT=2", [date(2026, 5, 25), date(2027, 5, 25)]),
        ("FREQ=YEARLY;COUNT=2;BYMONTH=5;BYDAY=-1MO", [date(2026, 5, 25), date(2027, 5, 31)]),
    ],
)
def test_a_series_keeps_its_own_rule_and_end(rule: str, found: list[date]) -> None:
    assert days("DTSTART;VALUE=DATE:20260525", f"RRULE:{rule}") == found


def test_single_days_are_left_out_of_a_series_and_added_to_it() -> None:
    lines = (
        "RRULE:FREQ=YEARLY;COUNT=3",
        "EXDATE;VALUE=DATE:20270525",
        "RDATE;VALUE=DATE:20270601,20290601",
    )

    assert days("DTSTART;VALUE=DATE:20260525", *lines) == [
        date(2026, 5, 25),
        date(2027, 6, 1),
        date(2028, 5, 25),
        date(2029, 6, 1),
    ]


def test_one_day_of_a_series_may_be_moved_by_an_event_of_its_own() -> None:
    series = event("s", "DTSTART;VALUE=DATE:20260525", "RRULE:FREQ=YEARLY;COUNT=2")
    moved = event("s", "DTSTART;VALUE=DATE:20270527", "RECURRENCE-ID;VALUE=DATE:20270525", name="Moved")

    read = read_holidays(calendar_file(series, moved), "days.ics", zone=SEOUL, today=TODAY)

    assert [(each.day, each.name) for each in read] == [
        (date(2026, 5, 25), "Founding day"),
        (date(2027, 5, 27), "Moved"),
    ]


@pytest.mark.parametrize(
    "line", ["CATEGORIES:Holidays,Working Day", "CATEGORIES:근무일", "X-WORKING-DAY:TRUE"]
)
def test_a_day_may_be_worked_although_it_is_a_saturday(line: str) -> None:
    data = calendar_file(event("a", "DTSTART;VALUE=DATE:20261205", line))

    assert read_holidays(data, "days.ics", zone=SEOUL, today=TODAY)[0].working


def test_two_names_of_one_day_are_both_kept() -> None:
    lines = "DTSTART;VALUE=DATE:20261003"
    data = calendar_file(
        event("a", lines, name="Chuseok"), event("b", lines, name="Foundation"), event("c", lines)
    )

    read = read_holidays(data, "days.ics", zone=SEOUL, today=TODAY)

    assert [each.name for each in read] == ["Chuseok · Foundation · Founding day"]


def test_a_day_that_is_worked_and_off_at_once_is_refused() -> None:
    off = event("a", "DTSTART;VALUE=DATE:20261205")
    on = event("b", "DTSTART;VALUE=DATE:20261205", "X-WORKING-DAY:TRUE")

    assert refusal(calendar_file(off, on)) == (
        "days.ics, line 9, b: 2026-12-05 is worked by one event and a day off by another."
    )


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ((), "It has no first day (DTSTART)."),
        (("DTSTART;VALUE=DATE:20261340",), "DTSTART cannot be read: Wrong date format 20261340."),
        (("DTSTART;VALUE=DATE:18991231",), "1899-12-31 is outside the calendar."),
        (("DTSTART;VALUE=DATE:20261229", "DTSTART;VALUE=DATE:20261230"), "DTSTART is no single day."),
        (
            ("DTSTART;VALUE=DATE:20261229", "DTEND;VALUE=DATE:20261228"),
            "It lasts -1 days. From 1 to 92 are read.",
        ),
        (
            ("DTSTART;VALUE=DATE:20261229", "DTEND;VALUE=DATE:20271230"),
            "It lasts 366 days. From 1 to 92 are read.",
        ),
        (("DTSTART;VALUE=DATE:20261229", "DURATION:PT30H"), "It is not a whole day."),
        (("DTSTART:20261229T000000",), "It lasts 0 days."),
        (("DTSTART;TZID=Nowhere/Else:20261229T000000",), "The time zone “Nowhere/Else” is not known."),
        (("DTSTART;VALUE=DATE:20261229", "RRULE:FREQ=DAILY;COUNT=3"), "Only what repeats yearly is read"),
        (("DTSTART;VALUE=DATE:20261229", "RRULE:FREQ=YEARLY;BYSETPOS=1"), "Only what repeats yearly is read"),
        (
            ("DTSTART;VALUE=DATE:20261229", "RRULE:FREQ=YEARLY;INTERVAL=0"),
            "Its rule (RRULE) never goes on.",
        ),
        (("DTSTART;VALUE=DATE:20261229", "RRULE:FREQ=YEARLY", "RRULE:FREQ=YEARLY"), "It has two rules"),
        (("DTSTART;VALUE=DATE:20261229", "RRULE:FREQ=YEARLY;BYDAY=60MO"), "Its rule (RRULE) cannot be read"),
        (("DTSTART;VALUE=DATE:20261229", "SUMMARY:Another"), "It has two names (SUMMARY)."),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_uid(lines: tuple[str, ...], sentence: str) -> None:
    assert refusal_of(*lines).startswith(f"days.ics, line 4, closure-7: {sentence}")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "This field cannot be blank."),
        ("x" * 201, "at most 200 characters"),
        ("holi\u202eyad", "a character that cannot be shown"),
    ],
)
def test_a_name_that_no_page_could_show_is_refused(name: str, sentence: str) -> None:
    assert sentence in refusal_of("DTSTART;VALUE=DATE:20261229", name=name)


def test_every_mistake_is_told_at_once() -> None:
    data = calendar_file(event("a", "DTSTART:20261229T0900"), event("b", "DTSTART;VALUE=DATE:20269999"))

    assert [line.split(":")[0] for line in refusal(data).splitlines()] == [
        "days.ics, line 4, a",
        "days.ics, line 9, b",
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"/etc/passwd",
        b"PK\x03\x04rest",
        b"\xff\xfeB\x00",
        "BEGIN:VCALENDAR\r\nSUMMARY:\u00e9".encode("latin-1"),
        b"BEGIN:VCALENDAR\r\nno content line\r\nEND:VCALENDAR\r\n",
        calendar_file(event("a", "DTSTART;VALUE=DATE:20261229"))[:-20],
        calendar_file(),
        calendar_file(event("a", "DTSTART;TZID=Asia:20261229T000000")),
        b"BEGIN:VEVENT\r\n" * 20_000,
    ],
    ids=["empty", "path", "zip", "utf-16", "latin-1", "other text", "cut off", "no event", "zone", "nested"],
)
def test_a_file_of_another_kind_is_refused_as_a_whole(data: bytes) -> None:
    assert "days.ics, line " in refusal(data)


def test_a_text_that_names_a_file_of_the_server_does_not_open_it(tmp_path: Path) -> None:
    there = tmp_path / "secret.ics"
    there.write_bytes(calendar_file(event("a", "DTSTART;VALUE=DATE:20261229")))

    assert "no complete iCalendar file" in refusal(str(there).encode())


def test_a_file_without_measure_is_refused() -> None:
    one = event("a", "DTSTART;VALUE=DATE:20261229")
    yearly = event("a", "DTSTART;VALUE=DATE:20261229", "RRULE:FREQ=YEARLY")
    longest = [event("a", f"DTSTART;VALUE=DATE:20{n:02}0101", "DURATION:P90D") for n in range(10, 20)]

    assert "larger than 1 MB" in refusal(b" " * (MAX_BYTES + 1))
    assert "more than 2000 events" in refusal(calendar_file(*[one] * (MAX_EVENTS + 1)))
    assert "more than 100 that repeat" in refusal(calendar_file(*[yearly] * 101))
    assert f"more than {MAX_DAYS} days" in refusal(calendar_file(*longest))


LINES = st.sampled_from(
    [
        "DTSTART;VALUE=DATE:20261229",
        "DTSTART;TZID=Asia/Seoul:20261229T000000",
        "DTSTART:00010101T000000Z",
        "DTEND;VALUE=DATE:20261231",
        "DTEND:99991231T235959Z",
        "DURATION:-P1D",
        "DURATION:P99999999D",
        "RRULE:FREQ=YEARLY;UNTIL=00010101",
        "RRULE:FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=4",
        "RRULE:FREQ=YEARLY;BYDAY=9MO;BYMONTH=2",
        "RRULE:FREQ=YEARLY;COUNT=0",
        "RRULE:COUNT=2",
        "RDATE;VALUE=PERIOD:19960403T020000Z/19960403T040000Z",
        "RDATE;VALUE=DATE:20281229",
        "EXDATE:20281229",
        "EXDATE:20281229T1",
        "RECURRENCE-ID:20281229T010203Z",
        "CATEGORIES:Working day",
        "CATEGORIES:",
        "STATUS:CANCELLED",
        "STATUS:CONFIRMED",
        "X-WORKING-DAY;VALUE=BOOLEAN:TRUE",
        "BEGIN:VALARM",
        "END:VALARM",
        'TRANSP;X="a:OPAQUE',
        " folded",
    ]
)


@given(st.lists(LINES, max_size=8))
def test_whatever_the_lines_it_is_read_or_refused(lines: list[str]) -> None:
    data = calendar_file(event("a", *lines))

    try:
        read = read_holidays(data, "days.ics", zone=SEOUL, today=TODAY)
    except Refused:
        return

    assert [each.day for each in read] == sorted({each.day for each in read})


# -- into the calendar


@pytest.fixture
def korea(db: None) -> Calendar:
    return make_calendar("KR")


def take(calendar: Calendar, *events: str, **known: Any) -> list[tuple[str, str]]:
    done = import_holidays(calendar, calendar_file(*events), "days.ics", now=NOW, **known)
    return [(row.day.isoformat(), row.outcome) for row in done.rows]


CLOSURE = event("a", "DTSTART;VALUE=DATE:20261229", "DTEND;VALUE=DATE:20261231", name="Closure")


def test_the_days_are_off_from_then_on(korea: Calendar) -> None:
    take(korea, CLOSURE)

    assert korea.working_days().add(date(2026, 12, 28), 1) == date(2026, 12, 31)


def test_the_same_file_twice_changes_nothing(korea: Calendar) -> None:
    take(korea, CLOSURE)
    changes = Change.objects.count()

    assert take(korea, CLOSURE) == [("2026-12-29", "same"), ("2026-12-30", "same")]
    assert Change.objects.count() == changes


def test_a_day_that_stands_is_renamed(korea: Calendar) -> None:
    take(korea, CLOSURE)

    renamed = event("a", "DTSTART;VALUE=DATE:20261229", name="End of the year")

    assert take(korea, renamed) == [("2026-12-29", "changed")]
    assert [day.name for day in korea.exceptions.all()] == ["End of the year", "Closure"]


def test_a_cancelled_event_takes_its_days_out_again(korea: Calendar) -> None:
    take(korea, CLOSURE)

    cancelled = CLOSURE.replace("UID:a", "UID:a\r\nSTATUS:CANCELLED")

    assert take(korea, cancelled) == [("2026-12-29", "removed"), ("2026-12-30", "removed")]
    assert not korea.exceptions.exists()


def test_a_cancelled_event_leaves_a_day_that_somebody_entered_under_another_name(korea: Calendar) -> None:
    Holiday.objects.create(calendar=korea, day=date(2026, 12, 29), name="Election")

    cancelled = CLOSURE.replace("UID:a", "UID:a\r\nSTATUS:CANCELLED")

    assert take(korea, cancelled) == [("2026-12-29", "same"), ("2026-12-30", "same")]
    assert korea.exceptions.get().name == "Election"


def test_of_a_cancelled_event_and_one_that_stands_the_latter_counts(korea: Calendar) -> None:
    cancelled = CLOSURE.replace("UID:a", "UID:b\r\nSTATUS:CANCELLED")

    take(korea, cancelled, CLOSURE)

    assert korea.exceptions.count() == 2


def test_one_mistake_and_nothing_is_entered(korea: Calendar) -> None:
    with pytest.raises(Refused):
        take(korea, CLOSURE, event("b"))

    assert not korea.exceptions.exists()


def test_a_trial_says_the_same_and_enters_nothing(korea: Calendar) -> None:
    assert take(korea, CLOSURE, dry_run=True) == [("2026-12-29", "new"), ("2026-12-30", "new")]
    assert not korea.exceptions.exists()


def test_the_history_says_from_which_file_a_day_came(korea: Calendar) -> None:
    officer = make_user()

    take(korea, CLOSURE, by=officer)

    change = korea.exceptions.all()[0].changes.get()
    assert (change.via, change.why, change.by) == ("import", "days.ics", officer)


def test_the_closed_days_of_japanese_ministries_can_be_imported_as_the_manual_shows() -> None:
    data = calendar_file(
        event(
            "yearend@kasumigaseki",
            "DTSTART;VALUE=DATE:20251229",
            "DTEND;VALUE=DATE:20251231",
            "RRULE:FREQ=YEARLY",
            name="年末",
        )
    )

    read = read_holidays(data, "days.ics", zone=ZoneInfo("Asia/Tokyo"), today=TODAY)

    assert [each.day for each in read] == [
        date(year, 12, day) for year in range(2025, 2032) for day in (29, 30)
    ]


# -- by command


def test_the_command_enters_the_days_and_says_which(
    korea: Calendar, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "days.ics"
    file.write_bytes(calendar_file(CLOSURE))

    call_command("import_holidays", "KR", str(file))

    said = capsys.readouterr().out
    assert "new 2026-12-29 Closure" in said
    assert "2 new, 0 changed, 0 removed, 0 same." in said
    assert korea.exceptions.count() == 2


def test_the_command_on_trial_enters_nothing(
    korea: Calendar, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "days.ics"
    file.write_bytes(calendar_file(CLOSURE))

    call_command("import_holidays", "KR", str(file), dry_run=True)

    assert "2 new" in capsys.readouterr().out
    assert not korea.exceptions.exists()


def test_the_command_says_what_is_wrong(korea: Calendar, tmp_path: Path) -> None:
    file = tmp_path / "days.ics"
    file.write_bytes(calendar_file(event("b")))

    with pytest.raises(CommandError, match=r"days\.ics, line 4, b: It has no first day"):
        call_command("import_holidays", "KR", str(file))
    with pytest.raises(CommandError, match="no working calendar “XX”"):
        call_command("import_holidays", "XX", str(file))
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_holidays", "KR", str(tmp_path / "none.ics"))


# -- on the page of the calendar


def upload(data: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("days.ics", data, content_type="text/calendar")}


def deed(calendar: Calendar) -> str:
    return page_of(calendar, "deed", "import")


@pytest.fixture
def officer(korea: Calendar) -> Any:
    return signed_in(make_officer(make_forum()))


def test_the_page_of_a_calendar_offers_the_import(korea: Calendar, officer: Any) -> None:
    assert deed(korea) in officer.get(page_of(korea)).content.decode()
    assert 'enctype="multipart/form-data"' in officer.get(deed(korea)).content.decode()


def test_the_officer_first_sees_what_would_be_entered(korea: Calendar, officer: Any) -> None:
    page = officer.post(deed(korea), upload(calendar_file(CLOSURE)))

    assert "2 new" in words(page)
    assert "new Closure" in words(page)
    assert not korea.exceptions.exists()


def test_then_the_days_are_entered_in_the_officer_s_name(korea: Calendar, officer: Any) -> None:
    preview = officer.post(deed(korea), upload(calendar_file(CLOSURE)))

    page = officer.post(deed(korea), {"kept": preview.context["kept"]}, follow=True)

    assert "2 days entered, 0 changed, 0 taken out." in words(page)
    assert korea.exceptions.all()[0].changes.get().by is not None


def test_what_is_wrong_with_a_file_is_listed(korea: Calendar, officer: Any) -> None:
    page = officer.post(deed(korea), upload(calendar_file(event("b"))))

    assert page.status_code == 400
    assert "days.ics, line 4, b: It has no first day (DTSTART)." in words(page)


def test_without_a_file_or_with_a_preview_of_somebody_s_own_making_nothing_happens(
    korea: Calendar, officer: Any
) -> None:
    assert officer.post(deed(korea), {}).status_code == 400
    assert officer.post(deed(korea), upload(b"x" * (MAX_BYTES + 1))).status_code == 400
    assert "The preview is too old." in words(officer.post(deed(korea), {"kept": "made:up"}, follow=True))
    assert not korea.exceptions.exists()


def test_whoever_only_reads_imports_nothing(korea: Calendar) -> None:
    reader = make_user(is_staff=True)
    make_membership(reader, "auditor")

    page = signed_in(reader).post(deed(korea), upload(calendar_file(CLOSURE)))

    assert page.status_code == 403


def test_a_day_entered_by_mistake_can_be_taken_out_on_the_page(korea: Calendar, officer: Any) -> None:
    take(korea, CLOSURE)

    assert "exceptions-0-DELETE" in officer.get(page_of(korea)).content.decode()
