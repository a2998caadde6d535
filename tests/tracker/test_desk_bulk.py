"""One deed on many rows: asked, shown row by row with what is refused and why, then done in one piece."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments.models import Assignment, Change, Commitment, FollowUp, Forum, Post, Request
from tests.factories import (
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_membership,
    make_officer,
    make_post,
    make_user,
)
from tests.tracker.reading import words

TODAY = timezone.localdate()
DAY = timedelta(days=1)
YESTERDAY, SOON = TODAY - DAY, TODAY + 5 * DAY
WHY = "She leaves for Geneva."
REASSIGN, MOVE, EXTEND, CLOSE = (
    f"/commitments/bulk/{deed}/" for deed in ("reassign", "move", "extend", "close")
)


@pytest.fixture
def leaving() -> Post:
    return make_held_post(make_user(name_en="Kim Leaving"), name_en="Officer A")


@pytest.fixture
def coming() -> Post:
    return make_held_post(name_en="Officer B")


def previewed(desk: Client, address: str, **said: Any) -> Any:
    return desk.post(address, {"step": "preview", "reason": WHY, **said})


def done(desk: Client, address: str, **said: Any) -> Any:
    """As an officer does it: looks, and presses the button below what was shown."""
    shown = previewed(desk, address, **said).context["shown"]
    return desk.post(address, {"step": "write", "shown": shown, "reason": WHY, **said})


def leads(commitment: Commitment) -> list[str]:
    active = Assignment.objects.active(TODAY).leads().filter(commitment=commitment)
    return [str(assignment.post) for assignment in active]


def due(follow_up: FollowUp) -> date:
    follow_up.refresh_from_db()
    return follow_up.due_on


def told(answer: Any) -> list[tuple[Any, str]]:
    return [(outcome.done, outcome.refusal) for outcome in answer.context["outcomes"]]


# ---- reassign ---------------------------------------------------------------------------------------


def test_all_rows_of_the_list_are_reassigned_if_none_is_ticked(
    desk: Client, forum: Forum, leaving: Post, coming: Post
) -> None:
    hers = [make_commitment(forum=forum, lead=leaving) for _number in range(3)]
    other = make_commitment(forum=forum, lead=make_held_post(name_en="Officer C"))

    answer = done(desk, REASSIGN, query="charge=kim", to_post="Officer B", role="lead", from_post=leaving.pk)

    assert answer["Location"] == "/commitments/?charge=kim"
    assert [leads(made) for made in [*hers, other]] == [["Officer B"]] * 3 + [["Officer C"]]


def test_only_ticked_rows_are_reassigned(desk: Client, forum: Forum, leaving: Post, coming: Post) -> None:
    ticked, left = (make_commitment(forum=forum, lead=leaving) for _number in range(2))

    done(desk, REASSIGN, row=[ticked.pk], to_post="Officer B", role="lead")

    assert (leads(ticked), leads(left)) == (["Officer B"], ["Officer A"])


def test_the_post_that_the_list_is_about_is_offered_as_the_one_that_gives(
    desk: Client, forum: Forum, leaving: Post
) -> None:
    make_commitment(forum=forum, lead=leaving)

    html = desk.post(REASSIGN, {"query": "charge=kim"}).content.decode()

    assert f'<option value="{leaving.pk}" selected>' in html


def test_the_preview_says_who_had_it_and_who_gets_it_and_writes_nothing(
    desk: Client, forum: Forum, leaving: Post, coming: Post
) -> None:
    made = make_commitment(forum=forum, lead=leaving)
    before = Change.objects.count()

    page = words(previewed(desk, REASSIGN, row=[made.pk], to_post="Officer B", role="lead"))

    assert f"{made.reference} {made.title} Officer A Officer B" in page
    assert f"“{WHY}”" in page
    assert (leads(made), Change.objects.count()) == (["Officer A"], before)


def test_what_a_row_refuses_is_said_beside_it_and_leaves_the_others_alone(
    desk: Client, forum: Forum, leaving: Post, coming: Post
) -> None:
    hers = make_commitment(forum=forum, lead=leaving)
    his = make_commitment(forum=forum, lead=coming)
    validated = make_commitment(forum=forum, lead=leaving)
    make_assignment(validated, coming, role="validator")

    answer = previewed(desk, REASSIGN, to_post="Officer B", role="lead")

    assert [refusal for _done, refusal in told(answer)] == [
        "",
        "This post is the owner already. Choose another.",
        "The validator must be another post than the lead.",
    ]
    assert "1 to change 2 not possible" in words(answer)
    done(desk, REASSIGN, to_post="Officer B", role="lead")
    assert [leads(made) for made in (hers, his, validated)] == [["Officer B"], ["Officer B"], ["Officer A"]]


def test_another_part_goes_from_a_post_to_a_post(
    desk: Client, forum: Forum, leaving: Post, coming: Post
) -> None:
    made = make_commitment(forum=forum)
    make_assignment(made, leaving, role="supporting")

    done(desk, REASSIGN, to_post="Officer B", role="supporting", from_post=leaving.pk)

    parts = Assignment.objects.active(TODAY).filter(commitment=made)
    assert [(str(part.post), part.role) for part in parts] == [("Officer B", "supporting")]


def test_a_date_that_the_leaving_post_answers_for_goes_with_the_lead(
    desk: Client, forum: Forum, leaving: Post, coming: Post
) -> None:
    made = make_commitment(forum=forum, lead=leaving)
    own = make_follow_up(SOON, commitment=made, post=leaving)

    done(desk, REASSIGN, to_post="Officer B", role="lead", from_post=leaving.pk)

    own.refresh_from_db()
    assert own.post == coming


def test_whoever_comes_is_entered_with_the_line_and_not_by_looking(
    desk: Client, forum: Forum, leaving: Post
) -> None:
    made = make_commitment(forum=forum, lead=leaving)
    line = "New Division, Lee Coming, lee@ministry.example"

    previewed(desk, REASSIGN, to_post=line, role="lead")
    assert not Post.objects.filter(name_en__contains="New Division").exists()

    done(desk, REASSIGN, to_post=line, role="lead")
    assert leads(made) == ["Officer in charge, New Division"]


def test_a_post_that_nobody_holds_is_said_so(desk: Client, forum: Forum, leaving: Post) -> None:
    make_commitment(forum=forum, lead=leaving)
    make_post(name_en="Officer B")

    page = words(previewed(desk, REASSIGN, to_post="Officer B", role="lead"))

    assert "Officer B Nobody holds that post today." in page


@pytest.mark.parametrize("row", ["x", "٣", "9" * 5_000, "-1", ""])
def test_a_row_that_cannot_be_is_left_out(desk: Client, forum: Forum, row: str) -> None:
    made = make_commitment(forum=forum)

    answer = previewed(desk, CLOSE, row=[row, made.pk], implementation="dropped")

    assert [outcome.row for outcome in answer.context["outcomes"]] == [made]


def test_a_post_that_nobody_knows_is_said_at_its_field(desk: Client, forum: Forum, leaving: Post) -> None:
    make_commitment(forum=forum, lead=leaving)

    answer = previewed(desk, REASSIGN, to_post="Nobody at all", role="lead")

    assert answer.status_code == 400
    assert "To the post: “Nobody at all” is neither a post nor a division here." in words(answer)


def test_every_row_has_the_one_reason_and_the_officer_in_its_history(
    desk: Client, forum: Forum, officer: Any, leaving: Post, coming: Post
) -> None:
    made = [make_commitment(forum=forum, lead=leaving) for _number in range(2)]
    last = Change.objects.last().pk

    done(desk, REASSIGN, to_post="Officer B", role="lead")

    changes = Change.objects.filter(pk__gt=last, model="commitments.assignment")
    assert {(change.why, change.by_id, change.via) for change in changes} == {(WHY, officer.pk, "desk")}
    assert changes.count() == 2 * len(made)


def test_no_reason_no_deed(desk: Client, forum: Forum, leaving: Post, coming: Post) -> None:
    made = make_commitment(forum=forum, lead=leaving)

    answer = previewed(desk, REASSIGN, to_post="Officer B", role="lead", reason=" ")

    assert answer.status_code == 400
    assert leads(made) == ["Officer A"]


# ---- move and extend --------------------------------------------------------------------------------


def test_dates_move_by_days_and_say_so(desk: Client, forum: Forum) -> None:
    first, second = (make_follow_up(SOON + n * DAY, commitment=make_commitment(forum=forum)) for n in (0, 9))

    done(desk, MOVE, days=14)

    assert (due(first), due(second)) == (SOON + 14 * DAY, SOON + 23 * DAY)
    assert first.earlier_dates()[0][2] == WHY
    assert first.basis == "interpreted"


def test_dates_move_to_one_day(desk: Client, forum: Forum) -> None:
    made = [make_follow_up(SOON, commitment=make_commitment(forum=forum)) for _number in range(2)]

    done(desk, MOVE, due_on=str(TODAY + 30 * DAY))

    assert {due(row) for row in made} == {TODAY + 30 * DAY}


def test_the_next_open_date_of_a_commitment_is_the_one_that_moves(desk: Client, forum: Forum) -> None:
    made = make_commitment(forum=forum)
    later, sooner = make_follow_up(SOON + 9 * DAY, commitment=made), make_follow_up(SOON, commitment=made)

    done(desk, MOVE, days=1)

    assert (due(later), due(sooner)) == (SOON + 9 * DAY, SOON + DAY)


def test_a_day_that_is_not_worked_is_said_with_the_next_that_is(desk: Client, forum: Forum) -> None:
    make_follow_up(SOON, commitment=make_commitment(forum=forum, lead=make_held_post()))

    page = words(previewed(desk, MOVE, due_on="2030-01-01"))  # New Year's Day in Korea, a Tuesday

    assert "Not a working day (New Year's Day); the next one is Wed 2 Jan 2030." in page


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"days": -30}, "Give a date after today."),
        ({"due_on": str(SOON)}, "It stands on that day already."),
        ({"due_on": "2150-01-01"}, "Give a date between 1902 and 2098."),
        ({"due_on": "2024-01-01"}, "Give a date after today."),
    ],
)
def test_a_day_that_cannot_be_is_refused_beside_its_row(
    desk: Client, forum: Forum, said: dict[str, Any], refusal: str
) -> None:
    make_follow_up(SOON, commitment=make_commitment(forum=forum))

    assert told(previewed(desk, MOVE, **said)) == [(None, refusal)]


@pytest.mark.parametrize("said", [{}, {"days": 3, "due_on": str(SOON)}, {"days": "many"}, {"days": 10**9}])
def test_a_move_is_by_days_or_to_a_day(desk: Client, forum: Forum, said: dict[str, Any]) -> None:
    make_follow_up(SOON, commitment=make_commitment(forum=forum))

    assert previewed(desk, MOVE, **said).status_code == 400


def test_what_has_no_date_is_refused(desk: Client, forum: Forum) -> None:
    make_commitment(forum=forum)

    assert told(previewed(desk, MOVE, days=3)) == [(None, "No open date stands for it.")]


def test_more_time_counts_from_today_where_the_date_has_passed(desk: Client, forum: Forum) -> None:
    late, to_come = (
        make_follow_up(day, commitment=make_commitment(forum=forum)) for day in (YESTERDAY, SOON)
    )

    done(desk, EXTEND, weeks=2)

    assert (due(late), due(to_come)) == (TODAY + 14 * DAY, SOON + 14 * DAY)
    assert late.basis == "declared"


def asked_for(follow_up: FollowUp, day: date) -> Request:
    return Request.objects.create(
        follow_up=follow_up,
        kind="extension",
        due_on=follow_up.due_on,
        proposed_on=day,
        asked_at=timezone.now(),
    )


def test_more_time_as_each_owner_asked_for_decides_what_waits(
    desk: Client, officer: Any, forum: Forum
) -> None:
    asking, silent = (make_follow_up(SOON, commitment=make_commitment(forum=forum)) for _number in range(2))
    request = asked_for(asking, SOON + 20 * DAY)

    assert told(previewed(desk, EXTEND))[1] == (None, "Nobody has asked for more time.")
    done(desk, EXTEND)

    request.refresh_from_db()
    assert (request.state, request.decided_by, request.decision) == ("accepted", officer, WHY)
    assert (due(asking), due(silent)) == (SOON + 20 * DAY, SOON)


def test_weeks_do_not_pass_over_a_day_that_was_asked_for(desk: Client, forum: Forum) -> None:
    asking = make_follow_up(SOON, commitment=make_commitment(forum=forum))
    asked_for(asking, SOON + 20 * DAY)

    refusal = "Its owner has asked for a day. Decide on that first, or extend as asked."
    assert told(previewed(desk, EXTEND, weeks=1)) == [(None, refusal)]


def test_the_overdue_dates_themselves_are_moved(desk: Client, forum: Forum) -> None:
    made = make_commitment(forum=forum)
    late, to_come = make_follow_up(YESTERDAY, commitment=made), make_follow_up(SOON, commitment=made)

    answer = done(desk, "/desk/overdue/bulk/move/", due_on=str(SOON + DAY), query=f"forum={forum.pk}")

    assert answer["Location"] == f"/desk/overdue/?forum={forum.pk}"
    assert (due(late), due(to_come)) == (SOON + DAY, SOON)


def test_the_date_of_a_meeting_is_moved_with_the_meeting(desk: Client, forum: Forum) -> None:
    make_follow_up(YESTERDAY, meeting=make_meeting(forum=forum))

    answer = previewed(desk, "/desk/overdue/bulk/move/", days=9)

    assert told(answer) == [(None, "This date belongs to a meeting; move the meeting instead.")]


# ---- close ------------------------------------------------------------------------------------------


def test_what_is_done_is_closed_together_with_its_dates(desk: Client, forum: Forum) -> None:
    made = make_commitment(forum=forum)
    date_of_it = make_follow_up(SOON, commitment=made)

    page = words(previewed(desk, CLOSE, implementation="implemented"))
    done(desk, CLOSE, implementation="implemented")

    assert "closed: implemented 1 open date ends with it." in page
    made.refresh_from_db()
    date_of_it.refresh_from_db()
    assert (made.workflow, made.implementation, date_of_it.outcome) == ("closed", "implemented", "withdrawn")


def test_what_is_closed_is_not_closed_again(desk: Client, forum: Forum) -> None:
    make_commitment(forum=forum, workflow="closed", closed_on=YESTERDAY, implementation="dropped")

    assert told(previewed(desk, CLOSE, implementation="implemented", query="state=all")) == [
        (None, "It is not active.")
    ]


# ---- together or not at all -------------------------------------------------------------------------


def test_what_changed_since_it_was_shown_is_shown_once_more(
    desk: Client, forum: Forum, leaving: Post, coming: Post
) -> None:
    said = {"to_post": "Officer B", "role": "lead", "reason": WHY}
    first, second = (make_commitment(forum=forum, lead=leaving) for _number in range(2))
    shown = desk.post(REASSIGN, {"step": "preview", "row": [first.pk, second.pk], **said}).context["shown"]
    second.close("dropped", now=timezone.now(), reason="meanwhile")

    answer = desk.post(REASSIGN, {"step": "write", "shown": shown, "row": [first.pk, second.pk], **said})

    assert "Something has changed since this was shown. Nothing was written; look once more." in words(answer)
    assert told(answer)[1] == (None, "It is not active.")
    assert leads(first) == ["Officer A"]


@pytest.mark.parametrize("shown", ["", "nonsense"])
def test_nothing_is_done_unseen(desk: Client, forum: Forum, shown: str) -> None:
    made = make_commitment(forum=forum)

    desk.post(CLOSE, {"step": "write", "shown": shown, "implementation": "dropped", "reason": WHY})

    made.refresh_from_db()
    assert made.workflow == "active"


@pytest.mark.parametrize("address", [REASSIGN, MOVE, EXTEND, CLOSE, "/desk/overdue/bulk/move/"])
def test_looking_does_nothing(desk: Client, forum: Forum, address: str) -> None:
    assert desk.get(address).status_code == 405


@pytest.mark.parametrize(
    "address",
    [
        "/commitments/bulk/delete/",
        "/desk/overdue/bulk/close/",
        "/desk/waiting/bulk/move/",
        "/desk/x/bulk/move/",
    ],
)
def test_a_deed_that_does_not_exist_is_not_found(desk: Client, forum: Forum, address: str) -> None:
    make_follow_up(YESTERDAY, commitment=make_commitment(forum=forum))

    assert desk.post(address, {}).status_code == 404


def test_no_row_is_said_in_a_sentence(desk: Client, forum: Forum) -> None:
    assert "There is no row to change." in words(desk.post(MOVE, {"query": ""}, follow=True))


def test_more_rows_than_one_piece_holds_are_refused_in_a_sentence(
    desk: Client, forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.desk.views.bulk.MOST_AT_ONCE", 1)
    for _number in range(2):
        make_commitment(forum=forum)

    answer = desk.post(MOVE, {"query": ""}, follow=True)

    assert "At most 1 at once. Narrow the list, or tick some." in words(answer)


# ---- rights -----------------------------------------------------------------------------------------


def stranger() -> Client:
    client = Client()
    client.force_login(make_officer(make_forum()))
    return client


def test_another_ministrys_officer_changes_nothing_of_ours(forum: Forum) -> None:
    ours = make_follow_up(YESTERDAY, commitment=make_commitment(forum=forum))
    theirs = stranger()

    for address in (MOVE, EXTEND, "/desk/overdue/bulk/move/"):
        row = ours.pk if "desk" in address else ours.commitment_id
        answer = theirs.post(
            address, {"step": "preview", "row": [row], "days": 9, "reason": WHY}, follow=True
        )
        assert "There is no row to change." in words(answer)
        assert ours.commitment.reference not in words(answer)
    assert due(ours) == YESTERDAY


def test_what_one_may_see_but_not_change_is_refused_beside_its_row(
    desk: Client, officer: Any, forum: Forum
) -> None:
    mine = make_follow_up(SOON, commitment=make_commitment(forum=forum))
    elsewhere = make_forum()
    make_membership(officer, "reader", forum=elsewhere)
    seen = make_follow_up(SOON, commitment=make_commitment(forum=elsewhere))

    outcomes = told(previewed(desk, MOVE, days=7))
    done(desk, MOVE, days=7)

    assert outcomes[1] == (None, "You may see it, but not change it.")
    assert (due(mine), due(seen)) == (SOON + 7 * DAY, SOON)


def test_who_only_reads_is_offered_no_deed_and_does_none(forum: Forum) -> None:
    make_commitment(forum=forum)
    reader = make_user(is_staff=True)
    make_membership(reader, "reader", forum=forum)
    client = Client()
    client.force_login(reader)

    assert "Reassign" not in words(client.get("/commitments/"))
    assert client.post(CLOSE, {}).status_code == 404


def test_one_that_is_restricted_is_left_out_without_a_word(desk: Client, forum: Forum) -> None:
    hidden = make_commitment(forum=forum, marking="restricted", title_en="Canary")

    answer = previewed(desk, CLOSE, row=[hidden.pk], implementation="dropped")

    assert answer.status_code == 302
    hidden.refresh_from_db()
    assert hidden.workflow == "active"


# ---- the way to it ----------------------------------------------------------------------------------


def test_the_items_of_an_officer_who_leaves_are_five_presses_from_the_start(
    desk: Client, forum: Forum, leaving: Post, coming: Post
) -> None:
    """Commitments; the field; Reassign; Preview; Reassign them. In between somebody types."""
    for _number in range(50):
        make_commitment(forum=forum, lead=leaving)
    assert 'href="/commitments/"' in desk.get("/").content.decode()
    listed = desk.get("/commitments/?q=&charge=kim")
    assert f'formaction="{REASSIGN}"' in listed.content.decode()
    asked = desk.post(REASSIGN, {"query": listed.context["listing"].query})
    form = {"role": "lead", "from_post": leaving.pk, "to_post": "Officer B", "reason": WHY}
    rows = [row.pk for row in asked.context["chosen"].rows]
    shown = desk.post(REASSIGN, {"step": "preview", "row": rows, **form})
    assert "Reassign them: 50" in words(shown)

    answer = desk.post(
        REASSIGN, {"step": "write", "row": rows, "shown": shown.context["shown"], **form}, follow=True
    )

    assert "50 rows are changed." in words(answer)
    assert Assignment.objects.active(TODAY).leads().filter(post=coming).count() == 50


def test_showing_many_rows_asks_no_more_than_doing_them(desk: Client, forum: Forum, leaving: Post) -> None:
    """Before anything is tried, the page that asks has a constant number of queries."""

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.post(REASSIGN, {"query": "charge=kim"})
        return len(asked)

    make_commitment(forum=forum, lead=leaving)
    questions()
    few = questions()
    for _number in range(6):
        make_commitment(forum=forum, lead=leaving)

    assert questions() == few
