"""The weekly page, the page for the minister and the follow-up table: on the page and as DOCX alike."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments import answers
from commitments.models import (
    Assignment,
    Commitment,
    FollowUp,
    Forum,
    Grant,
    Interpretation,
    Meeting,
    ProgressReport,
    User,
    writing,
)
from notifications.inheritance import LadderBook
from notifications.models import Reminder
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_organisation,
    make_party,
    make_post,
    make_provision,
    make_text,
)
from tests.tracker.papers import file, page, parts_of, rows_of, words_of
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


def days(n: int) -> date:
    return TODAY + timedelta(days=n)


def on(day: date) -> Any:
    return time_machine.travel(at(day), tick=False)


@pytest.fixture
def item(forum: Forum) -> Commitment:
    """Entered long ago, led by a post, with a date to come."""
    with on(date(2024, 7, 1)):
        made = make_commitment(forum=forum, lead=make_held_post(), outlook="on_track", title_ko="논의 지속")
        make_follow_up(days(30), commitment=made)
    return made


@pytest.fixture
def meeting(forum: Forum) -> Meeting:
    """The one to come; the last one was in 2025."""
    make_meeting(forum=forum, ordinal=2, state="held", starts_on=date(2025, 6, 27))
    return make_meeting(forum=forum, ordinal=3, state="confirmed", starts_on=date(2027, 4, 1))


def worsen(item: Commitment) -> None:
    item.outlook = "at_risk"
    item.save()


def tell(item: Commitment, text: str, **said: Any) -> ProgressReport:
    known = {"state": "cleared", "reported_on": days(-2), "decided_at": at(days(-2))}
    return ProgressReport.objects.create(commitment=item, internal=text, **{**known, **said})


def declare(item: Commitment, quote: str = "continue discussions", **of_text: Any) -> None:
    text = make_text(f"They will {quote}.", document=make_document(forum=item.forum), **of_text)
    item.provisions.add(
        make_provision(quote, text=text, owner_as_stated="They", timeframe_as_stated="annually")
    )


def leave_silent(follow_up: FollowUp) -> None:
    """The lead was told long ago; it is a task for the desk by now."""
    LadderBook().write_rules()
    lead = follow_up.commitment.assignments.get(role="lead").post
    known = {"follow_up": follow_up, "ordinal": 4, "due_on": follow_up.due_on, "breaks_out": False}
    known |= {"remind_on": days(-1), "planned_at": timezone.now()}
    told = {"state": "told", "told_at": timezone.now() - timedelta(days=9)}
    Reminder.objects.create(**known, post=lead, step="before-1", audience="owner", **told)
    Reminder.objects.create(**known, post=follow_up.forum.desk_post(), step="desk-5", audience="desk")


def restrict(item: Commitment, *granted: User) -> None:
    Commitment.objects.filter(pk=item.pk).update(marking="restricted")
    for user in granted:
        Grant.objects.create(commitment=item, user=user, reason="Works on it")


def addresses(item: Commitment, meeting: Meeting) -> list[str]:
    return ["/weekly/", f"/minister/?forum={item.forum_id}", f"/meetings/{meeting.pk}/table/"]


def asked(desk: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(address).status_code == 200
    return len(captured)


# -- all papers


def test_the_file_says_what_the_page_says(desk: Client, item: Commitment, meeting: Meeting) -> None:
    declare(item)
    worsen(item)
    tell(item, "The working group met.")
    make_follow_up(days(-3), commitment=item)

    for address in addresses(item, meeting):
        shown = page(desk, address)
        rows = rows_of(file(desk, address))
        assert len(rows) > 1, address
        assert [cell for row in rows for cell in row if cell not in shown] == [], address


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Wed 23 Dec 2026"), ("ko", "2026년 12월 23일(수)"), ("ja", "2026年12月23日(水)")],
)
def test_a_paper_may_be_in_another_language_than_its_page(
    desk: Client, item: Commitment, meeting: Meeting, language: str, said: str
) -> None:
    for address in addresses(item, meeting)[1:]:
        sign = "&" if "?" in address else "?"
        html = desk.get(f"{address}{sign}language={language}").content.decode()
        assert '<html lang="en">' in html
        assert f'lang="{language}" aria-labelledby="paper-title"' in html
        assert said in page(desk, address, language)
        assert said in words_of(file(desk, address, language))


def test_a_language_that_is_not_ours_is_that_of_the_page(desk: Client, item: Commitment) -> None:
    assert 'lang="en" aria-labelledby' in desk.get("/weekly/", {"language": "../fr"}).content.decode()


def test_every_sheet_of_a_demonstration_says_so(desk: Client, item: Commitment, meeting: Meeting) -> None:
    make_forum(demonstration=True)

    for address in addresses(item, meeting):
        assert "시연용 · demonstration, not the actual state" in page(desk, address)
        header = parts_of(file(desk, address))["word/header1.xml"].toxml()
        assert "demonstration, not the actual state" in header


def test_what_one_may_not_see_is_in_no_paper(desk: Client, item: Commitment, meeting: Meeting) -> None:
    worsen(item)
    tell(item, "The secret round was held.")
    make_follow_up(days(-3), commitment=item)
    restrict(item)

    for address in addresses(item, meeting):
        for told in (page(desk, address), words_of(file(desk, address))):
            assert item.reference not in told, address
            assert "secret round" not in told
            assert "Restricted" not in told


def test_a_paper_with_something_restricted_is_marked(
    desk: Client, officer: User, item: Commitment, meeting: Meeting
) -> None:
    worsen(item)
    restrict(item, officer)

    for address in addresses(item, meeting):
        assert "Restricted: only for the people named for it." in page(desk, address), address
        assert "Restricted: only for" in parts_of(file(desk, address))["word/header1.xml"].toxml()


def test_an_officer_of_another_forum_finds_nothing_in_them(item: Commitment, meeting: Meeting) -> None:
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))
    worsen(item)

    for address in addresses(item, meeting):
        assert item.reference not in page(stranger, address)


def test_the_number_of_questions_does_not_grow(desk: Client, item: Commitment, meeting: Meeting) -> None:
    def counts() -> list[int]:
        return [asked(desk, address) for address in addresses(item, meeting)]

    def fill() -> None:
        more = make_commitment(forum=item.forum, lead=make_held_post())
        leave_silent(make_follow_up(days(-3), commitment=more))
        make_follow_up(days(3), commitment=more)
        declare(more)
        worsen(more)
        tell(more, "Met.")
        make_assignment(
            more, make_post(organisation=make_organisation(party=make_party("USA"))), role="counterpart"
        )
        Interpretation.objects.create(commitment=more, about="owner", text="Us", basis="a guess")

    fill()
    counts()
    few = counts()
    for _n in range(4):
        fill()

    assert counts() == few


def test_papers_are_linked_where_one_looks_for_them(desk: Client, item: Commitment, meeting: Meeting) -> None:
    assert 'href="/weekly/"' in desk.get("/").content.decode()
    html = desk.get(f"/meetings/{meeting.pk}/").content.decode()
    assert f'href="/meetings/{meeting.pk}/table/"' in html
    assert f'href="/minister/?meeting={meeting.pk}"' in html


def test_the_menu_shows_that_one_is_at_the_papers(desk: Client, item: Commitment) -> None:
    for address in ("/weekly/", "/minister/"):
        assert '<a href="/weekly/" aria-current="page">' in desk.get(address).content.decode()


# -- the weekly page


def test_the_week_tells_what_changed_and_how(desk: Client, item: Commitment) -> None:
    with on(days(-3)):
        worsen(item)
        with writing(why="Elections abroad"):
            item.follow_ups.get().move_to(days(60), now=timezone.now(), reason="Elections abroad")
    tell(item, "The working group met.")

    told = page(desk, "/weekly/")

    assert "Changed 1 · Overdue 0" in told
    assert "Outlook: on track → at risk" in told
    assert "Deadline: Wed 23 Dec 2026 → Fri 22 Jan 2027 (Elections abroad)" in told
    assert "Sat 21 Nov 2026: The working group met." in told


def test_what_changed_and_changed_back_did_not_change(desk: Client, item: Commitment) -> None:
    worsen(item)
    item.outlook = "on_track"
    item.save()

    assert "Nothing has changed in this time." in page(desk, "/weekly/")


def test_a_week_may_be_chosen(desk: Client, item: Commitment) -> None:
    with on(date(2026, 11, 11)):
        worsen(item)

    assert "Outlook: on track → at risk" in page(desk, "/weekly/", week="2026-W46")
    assert "Changes from Mon 9 Nov 2026 to Sun 15 Nov 2026" in page(desk, "/weekly/", week="2026-W46")
    assert "Nothing has changed in this time." in page(desk, "/weekly/", week="2026-W47")
    assert "Nothing has changed in this time." in page(desk, "/weekly/")


@pytest.mark.parametrize("week", ["2026-W99", "2025-W53", "soon", "٢٠٢٦-W01", "0001-W01", "2026-W4"])
def test_what_is_no_week_means_the_last_seven_days(desk: Client, item: Commitment, week: str) -> None:
    assert "Changes since Mon 16 Nov 2026" in page(desk, "/weekly/", week=week)


def test_a_report_that_came_cleared_with_an_import_counts_by_its_own_day(
    desk: Client, item: Commitment
) -> None:
    tell(item, "Held last year.", decided_at=None, reported_on=days(-400))
    assert "Held last year." not in page(desk, "/weekly/")

    tell(item, "Held yesterday.", decided_at=None, reported_on=days(-1))
    assert "Held yesterday." in page(desk, "/weekly/")


def test_what_was_entered_is_named_by_its_reference(desk: Client, item: Commitment) -> None:
    new = make_commitment(forum=item.forum)

    told = page(desk, "/weekly/")

    assert f"Newly entered: {new.reference}" in told
    assert item.reference not in told


def test_the_week_counts_as_my_desk_does(desk: Client, forum: Forum) -> None:
    for n in (-9, -3, 2, 3, 4):
        commitment = make_commitment(forum=forum, lead=make_held_post())
        follow_up = make_follow_up(days(n), commitment=commitment)
        if n < -5:
            leave_silent(follow_up)

    at_desk = words(desk.get("/"))
    assert "1 Tasks for the desk 2 Overdue 3 Due in 14 days" in at_desk
    assert "Overdue 2 · Asked and silent 1 · Due in 14 days 3" in page(desk, "/weekly/")


def test_a_long_list_says_how_much_it_leaves_out(desk: Client, forum: Forum) -> None:
    for _n in range(17):
        make_follow_up(days(-3), commitment=make_commitment(forum=forum))

    assert "Overdue (17)" in page(desk, "/weekly/")
    assert "and 2 more" in page(desk, "/weekly/")


def test_an_empty_week_says_so_in_every_part(desk: Client, forum: Forum) -> None:
    told = page(desk, "/weekly/")

    for nothing in (
        "Nothing has changed in this time.",
        "No date has passed unanswered.",
        "Whoever was asked has answered, or still has time.",
        "Nothing is due in the next two weeks.",
        "No meeting is expected.",
    ):
        assert nothing in told


def test_coming_meetings_have_no_invented_day(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=3)

    assert "SCCD 3 Supply Chain and Commercial Dialogue expected, undated" in page(desk, "/weekly/")


def test_a_page_for_one_director_has_the_items_of_that_desk(forum: Forum, item: Commitment) -> None:
    office = make_organisation(name_en="Europe Division")
    elsewhere = make_commitment(forum=make_forum(desk=make_post(organisation=office)))
    for commitment in (item, elsewhere):
        make_follow_up(days(-3), commitment=commitment)
    desk = Client()
    desk.force_login(make_officer(forum, is_superuser=True))

    told = page(desk, "/weekly/", office=office.pk)

    assert "To the director, Europe Division" in told
    assert elsewhere.reference in told
    assert item.reference not in told
    assert "Overdue 2" in page(desk, "/weekly/")


def test_the_director_of_the_only_desk_is_addressed(desk: Client, item: Commitment) -> None:
    office = item.forum.desk.organisation

    assert f"To the director, {office}" in page(desk, "/weekly/")


def test_the_page_of_an_office_that_is_none_is_not_found(desk: Client, item: Commitment) -> None:
    assert desk.get("/weekly/?office=999").status_code == 404


# -- the page for the minister


def test_the_minister_reads_one_line_for_each_commitment(
    desk: Client, item: Commitment, meeting: Meeting
) -> None:
    declare(item)
    tell(item, "The working group met.")
    item.parties.add(make_party("KOR"), make_party("USA", name_en="United States"))

    rows = rows_of(file(desk, f"/minister/?meeting={meeting.pk}"))

    assert rows[1] == [
        "● on track not assessed",
        f"{item.reference} “continue discussions”",
        "Sat 21 Nov 2026: The working group met.",
        "Wed 23 Dec 2026 deadline",
        "United States: as declared, no date of its own",
    ]


def test_what_is_worst_stands_first(desk: Client, forum: Forum, meeting: Meeting) -> None:
    for outlook in ("on_track", "", "off_track", "at_risk"):
        make_commitment(forum=forum, outlook=outlook)
    make_commitment(forum=forum, outlook="on_track", high_priority=True)

    rows = rows_of(file(desk, f"/minister/?forum={forum.pk}"))

    lights = [row[0].split(" not ")[0] for row in rows[1:]]
    assert lights == ["● on track", "■ off track", "▲ at risk", "○ no record", "● on track"]
    assert "■ off track 1 · ▲ at risk 1 · ○ no record 1 · ● on track 2" in page(
        desk, f"/minister/?forum={forum.pk}"
    )


def test_a_date_of_the_other_side_is_theirs_and_not_our_next(
    desk: Client, item: Commitment, meeting: Meeting
) -> None:
    theirs = make_party("USA", name_en="United States")
    item.parties.add(theirs)
    make_follow_up(days(5), commitment=item, party=theirs, kind="milestone")

    row = rows_of(file(desk, f"/minister/?forum={item.forum_id}"))[1]

    assert row[3] == "Wed 23 Dec 2026 deadline"
    assert row[4] == "United States: milestone, Sat 28 Nov 2026"


def test_without_declared_words_in_the_language_it_is_our_summary(
    desk: Client, item: Commitment, meeting: Meeting
) -> None:
    declare(item)

    assert "“continue discussions”" in page(desk, f"/minister/?meeting={meeting.pk}", "en")
    korean = page(desk, f"/minister/?meeting={meeting.pk}", "ko")
    assert "(요지) 논의 지속" in korean
    assert "continue discussions" not in korean


def test_one_sheet_names_what_found_no_room(desk: Client, forum: Forum) -> None:
    made = [make_commitment(forum=forum, title_en="A long title " * 9) for _n in range(16)]

    told = page(desk, f"/minister/?forum={forum.pk}")
    shown = len(rows_of(file(desk, f"/minister/?forum={forum.pk}"))) - 1

    assert 6 < shown < 15
    left = ", ".join(each.reference for each in made[shown:])
    assert f"Not on this sheet: {left}" in told


def test_what_is_closed_since_the_last_meeting_is_told_and_what_was_before_is_not(
    desk: Client, forum: Forum, item: Commitment, meeting: Meeting
) -> None:
    with on(date(2025, 1, 10)):
        old = make_commitment(forum=forum)
        old.close("implemented", now=timezone.now(), reason="Done")
    with on(date(2026, 1, 12)):
        item.close("implemented", now=timezone.now(), reason="Done")

    told = page(desk, f"/minister/?forum={forum.pk}")

    assert "closed Mon 12 Jan 2026" in told
    assert old.reference not in told


def test_without_a_choice_it_is_the_forum_that_sits_next(
    desk: Client, item: Commitment, meeting: Meeting
) -> None:
    assert "Supply Chain and Commercial Dialogue · SCCD 3: Thu 1 Apr 2027" in page(desk, "/minister/")


def test_a_forum_of_which_nothing_is_live_says_so(desk: Client, forum: Forum) -> None:
    assert "No commitment of this forum is live" in page(desk, f"/minister/?forum={forum.pk}")


def test_an_empty_register_says_what_to_do(desk: Client, forum: Forum) -> None:
    assert "No commitment is live, or none is for you to see." in page(desk, "/minister/")


@pytest.mark.parametrize("query", ["forum=999", "forum=x", "meeting=999", "meeting=", f"forum={'9' * 40}"])
def test_a_forum_or_meeting_that_is_none_is_not_found(desk: Client, item: Commitment, query: str) -> None:
    assert desk.get(f"/minister/?{query}").status_code == 404


# -- the follow-up table


def test_the_table_tells_what_became_of_each(desk: Client, item: Commitment, meeting: Meeting) -> None:
    declare(item, authority=1, source="Ministry")
    Interpretation.objects.create(commitment=item, about="owner", text="The division leads.", basis="a guess")
    Interpretation.objects.create(commitment=item, about="date", text="Every June.", basis="a guess")
    FollowUp.objects.filter(commitment=item).update(phrase="by the end of 2026", basis="interpreted")
    tell(item, "The working group met.", source="letter", letter_number="Trade-12")
    lead = item.assignments.get(role=Assignment.Role.LEAD).post

    row = rows_of(file(desk, f"/meetings/{meeting.pk}/table/"))[1]

    assert row == [
        f"{item.reference} {item.title}",
        "“continue discussions” signed original · English · Ministry",
        f"{lead} {lead.organisation} as stated: “They” our reading: The division leads.",
        "Wed 23 Dec 2026 deadline · our reading as stated: “by the end of 2026” as stated: “annually” "
        "our reading: Every June.",
        "● on track not assessed",
        "Sat 21 Nov 2026 The working group met. letter Trade-12",
    ]


def test_declared_words_stand_whole_and_in_every_language(
    desk: Client, item: Commitment, meeting: Meeting
) -> None:
    long = "continue discussions " * 40 + "without end"
    declare(item, long)
    declare(item, "協議を継続する", language="ja")

    told = page(desk, f"/meetings/{meeting.pk}/table/")

    assert f"“{long}”" in told
    assert "「協議を継続する」" in told
    assert '<span class="" lang="ja">「協議' in desk.get(f"/meetings/{meeting.pk}/table/").content.decode()


def test_what_rests_on_no_declared_text_says_so(desk: Client, item: Commitment, meeting: Meeting) -> None:
    Commitment.objects.filter(pk=item.pk).update(basis="telephone")

    assert "Telephone, not declared text" in page(desk, f"/meetings/{meeting.pk}/table/")


def test_a_bar_in_the_margin_marks_what_changed_since_the_last_meeting(
    desk: Client, item: Commitment, meeting: Meeting
) -> None:
    with on(date(2025, 1, 10)):
        item.follow_ups.get().move_to(days(31), now=timezone.now(), reason="Before the last meeting")
    worsen(item)

    address = f"/meetings/{meeting.pk}/table/"

    assert desk.get(address).content.decode().count('<td class="changed">') == 1
    assert "▲ at risk not assessed Outlook: on track → at risk" in rows_of(file(desk, address))[1]
    assert "Before the last meeting" not in page(desk, address)


def test_a_moved_date_keeps_the_one_that_stood_at_the_last_meeting(
    desk: Client, item: Commitment, meeting: Meeting
) -> None:
    follow_up = item.follow_ups.get()
    for n in (40, 60):
        follow_up.move_to(days(n), now=timezone.now(), reason=f"Reason {n}")

    told = page(desk, f"/meetings/{meeting.pk}/table/")

    assert "Deadline: Wed 23 Dec 2026 → Fri 22 Jan 2027 (Reason 60)" in told


def test_what_was_declared_after_the_last_meeting_is_new(
    desk: Client, item: Commitment, meeting: Meeting
) -> None:
    new = make_commitment(forum=item.forum, declared_on=date(2026, 5, 1))

    rows = rows_of(file(desk, f"/meetings/{meeting.pk}/table/"))

    assert [row[0] for row in rows[1:]] == [
        f"{item.reference} {item.title}",
        f"{new.reference} {new.title} new",
    ]


def test_without_an_earlier_meeting_nothing_is_marked(desk: Client, item: Commitment) -> None:
    first = make_meeting(forum=item.forum, ordinal=1, state="confirmed", starts_on=date(2027, 4, 1))
    worsen(item)

    html = desk.get(f"/meetings/{first.pk}/table/").content.decode()

    assert 'class="changed"' not in html
    assert "the register knows no earlier sitting" in html


def test_a_date_that_waits_for_the_meeting_says_so(desk: Client, item: Commitment) -> None:
    undated = make_meeting(forum=item.forum, ordinal=3)
    FollowUp.objects.filter(commitment=item).update(anchor_meeting=undated)

    assert "SCCD 3 has no date yet" in page(desk, f"/meetings/{undated.pk}/table/")


def test_the_table_has_what_was_given_to_the_groups_below(
    desk: Client, item: Commitment, meeting: Meeting
) -> None:
    group = make_forum(parent=item.forum)
    below = make_commitment(forum=group)

    assert below.reference in page(desk, f"/meetings/{meeting.pk}/table/")


def test_a_reading_for_fewer_eyes_stays_with_them(desk: Client, item: Commitment, meeting: Meeting) -> None:
    Interpretation.objects.create(
        commitment=item, about="date", text="Canary", basis="x", marking="restricted"
    )

    assert "Canary" not in page(desk, f"/meetings/{meeting.pk}/table/")


def test_an_answer_that_waits_is_not_yet_the_status(desk: Client, item: Commitment, meeting: Meeting) -> None:
    answers.propose_report(item.follow_ups.get(), post=None, now=timezone.now(), internal="Canary")

    assert "Canary" not in page(desk, f"/meetings/{meeting.pk}/table/")
    assert "nothing reported yet" in page(desk, f"/meetings/{meeting.pk}/table/")


def test_a_forum_without_commitments_says_so(desk: Client, meeting: Meeting) -> None:
    assert "No commitment of this forum is live" in page(desk, f"/meetings/{meeting.pk}/table/")


def test_the_table_of_a_meeting_that_is_none_is_not_found(desk: Client, forum: Forum) -> None:
    assert desk.get("/meetings/999/table/").status_code == 404
