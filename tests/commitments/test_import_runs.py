"""Imports by a worker: that may die, be doubled or be told to stop. All of a file is entered, or nothing."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from commitments.importing import deeds, runs
from commitments.models import Commitment, Forum, ImportRun, User
from tests.factories import at, make_commitment, make_forum, make_held_post, make_officer
from tests.threads import together

pytestmark = pytest.mark.django_db

NOW = at(date(2026, 11, 23))
LATER = NOW + timedelta(minutes=10)
Clock = Callable[[], datetime]
SHEET = "reference,forum,title\n" + "".join(
    f"SCCD-2024-{n:02},SCCD,Exchange lists {n}\n" for n in range(1, 8)
)


class Killed(BaseException):
    """As nobody catches it: the process is gone."""


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds, "AT_ONCE", 2)


@pytest.fixture
def officer() -> User:
    return make_officer(make_forum(code="SCCD", desk=make_held_post()))


def begun(officer: User, sheet: str = SHEET) -> ImportRun:
    run = runs.begin(officer, kind="commitments", data=sheet.encode(), name="list.csv", now=NOW)
    runs.name_columns(run, run.columns, run.for_all, now=NOW)
    return run


def checked(officer: User, sheet: str = SHEET) -> ImportRun:
    run = begun(officer, sheet)
    work(run)
    return run


def work(run: ImportRun, clock: Clock = lambda: NOW) -> None:
    runs.carry_on(run.pk, clock=clock)
    run.refresh_from_db()


def interrupted(*, at_call: int, by: Callable[[], object]) -> Clock:
    """A clock at whose n-th reading something happens."""
    calls = []

    def clock() -> datetime:
        calls.append(NOW)
        if len(calls) == at_call:
            by()
        return NOW

    return clock


def die() -> None:
    raise Killed


def test_what_is_checked_in_parts_is_what_is_entered(officer: User) -> None:
    run = checked(officer)
    assert (run.state, run.counts, run.row_count) == ("checked", {"new": 7}, 7)
    assert not Commitment.objects.exists()

    run.confirm()
    work(run)

    assert (run.state, run.counts) == ("done", {"new": 7})
    assert Commitment.objects.count() == 7


def test_a_reference_twice_is_found_however_far_apart(officer: User) -> None:
    run = checked(officer, SHEET + "SCCD-2024-01,SCCD,Once more\n")

    assert run.counts == {"new": 7, "refused": 1}
    assert (
        run.rows[-1]["problems"][0]["sentence"] == "This stands in the file already, in row 2. Leave one out."
    )


def test_rows_without_reference_are_told_apart_by_forum_day_and_title(officer: User) -> None:
    row = "SCCD,Exchange lists,2024-06-27\n"
    run = checked(officer, "forum,title,declared\n" + row + "SCCD,Meet,2024-06-27\n" * 2 + row)

    assert [each["outcome"] for each in run.rows] == ["new", "new", "refused", "refused"]


def test_a_known_row_twice_is_found_however_far_apart(officer: User) -> None:
    make_commitment(forum=Forum.objects.get(), reference="SCCD-2024-01", title_en="Old")
    run = checked(officer, SHEET + "SCCD-2024-01,SCCD,Once more\n")

    assert run.counts == {"changed": 1, "new": 6, "refused": 1}


def test_a_reference_that_is_an_alias_means_the_commitment_that_had_it(officer: User) -> None:
    make_commitment(
        forum=Forum.objects.get(), reference="SCCD-2024-01", aliases="가-12\n나-3", title_en="Old"
    )
    run = checked(officer, "reference,forum,title\n나-3,SCCD,New\n")

    run.confirm()
    work(run)

    assert Commitment.objects.values_list("reference", "title_en").get() == ("SCCD-2024-01", "New")


def test_a_worker_killed_while_it_checks_leaves_it_to_the_next(officer: User) -> None:
    run = begun(officer)
    with pytest.raises(Killed):
        work(run, interrupted(at_call=4, by=die))
    work(run)
    assert ImportRun.objects.get().state == "checking"  # its lease still runs

    work(run, lambda: LATER)

    assert (run.state, run.attempts) == ("checked", 2)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_before_the_commit_leaves_nothing_and_the_next_enters_all(officer: User) -> None:
    run = checked(officer)
    run.confirm()
    calls: list[datetime] = []

    def clock() -> datetime:
        calls.append(NOW)
        if ImportRun.objects.filter(pk=run.pk).exists() and Commitment.objects.count() == 7:
            raise Killed
        return NOW

    with pytest.raises(Killed):
        work(run, clock)
    assert not Commitment.objects.exists()
    assert ImportRun.objects.get().state == "entering"

    work(run, lambda: LATER)

    assert Commitment.objects.count() == 7
    assert run.state == "done"


def test_what_nobody_can_bring_to_its_end_is_given_up(officer: User) -> None:
    run = begun(officer)
    for n in range(3):
        assert ImportRun.objects.claim(run.pk, now=NOW + n * timedelta(minutes=10))

    runs.keep_up(now=NOW + timedelta(hours=1))

    assert ImportRun.objects.get().state == "failed"


def test_two_rings_are_one_run(officer: User) -> None:
    run = begun(officer)
    token = ImportRun.objects.claim(run.pk, now=NOW)

    work(run)

    assert (run.state, run.attempts, run.lease_token) == ("checking", 1, token)


def test_a_cancelled_check_stops_at_the_next_step(officer: User) -> None:
    run = begun(officer)

    work(run, interrupted(at_call=4, by=lambda: ImportRun.objects.get().cancel(now=NOW)))

    assert (run.state, run.rows) == ("cancelled", [])


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_cancelling_works_until_the_commit(officer: User) -> None:
    """On SQLite the one writer keeps the others waiting, and then it is entered."""
    run = checked(officer)
    run.confirm()

    def cancel() -> None:
        together(lambda: ImportRun.objects.get().cancel(now=NOW))

    work(run, interrupted(at_call=4, by=cancel))

    assert run.state == "cancelled"
    assert not Commitment.objects.exists()


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_how_far_the_entering_is_shows_before_the_commit(officer: User) -> None:
    run = checked(officer)
    run.confirm()
    seen: list[int] = []

    def look() -> None:
        together(lambda: seen.append(ImportRun.objects.get().rows_done))

    work(run, interrupted(at_call=5, by=look))

    assert seen[0] > 0
    assert run.state == "done"


def test_rights_that_were_lost_meanwhile_count(officer: User) -> None:
    run = checked(officer)
    officer.memberships.all().delete()
    run.confirm()

    work(run)

    assert (run.state, run.shown_anew, run.counts) == ("checked", True, {"refused": 7})
    assert not Commitment.objects.exists()
