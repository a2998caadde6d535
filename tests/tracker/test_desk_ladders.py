"""Ladders on the desk: what counts where, another one laid down, and what it would mean beforehand."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.models import Change, Commitment, Forum, Marking, User
from notifications.forecast import dry_run
from notifications.inheritance import LadderBook, Place
from notifications.ladders import Audience, Family, Ladder, Step, Unit
from notifications.laying_down import lay_down
from notifications.models import LadderStep, OutgoingMail, ReminderLadder
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_post,
    make_user,
)
from tests.tracker.reading import words
from tracker.desk import foresight

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday() -> Any:
    with time_machine.travel(at(TODAY), tick=False):
        yield


@pytest.fixture
def commitment(forum: Forum) -> Commitment:
    made = make_commitment(
        forum=forum, lead=make_held_post(name_en="Director, Minerals"), title_en="Minerals"
    )
    make_follow_up(date(2026, 12, 8), commitment=made, dated_at=at(date(2026, 11, 2)))
    return made


@pytest.fixture
def administrator(forum: Forum) -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def row(days: int, side: str = "before", **said: Any) -> dict[str, Any]:
    return {"days": days, "side": side, "unit": "calendar_days", "audience": "owner", "grace_days": 3} | said


def form(*rows: dict[str, Any], **said: Any) -> dict[str, Any]:
    numbered = {f"step-{n}-{name}": value for n, each in enumerate(rows) for name, value in each.items()}
    return {"do": "preview", "count": len(rows), "note": "Agreed in March", **numbered, **said}


def value(response: Any, name: str) -> str:
    """Of a field of the form that was shown."""
    return response.context["form"][name].value() or ""


def save(client: Client, address: str, *rows: dict[str, Any], **said: Any) -> Any:
    """As a browser does it: look at the form, preview it, save it."""
    stood = value(client.get(address), "stood")
    seen = value(client.post(address, form(*rows, stood=stood, **said)), "seen")
    return client.post(address, form(*rows, stood=stood, seen=seen, do="save", **said))


def address(forum: Forum, family: str = "dated") -> str:
    return f"/forums/{forum.pk}/ladders/{family}/"


# -- what counts


def test_the_register_shows_our_defaults_in_words(desk: Client) -> None:
    seen = words(desk.get("/ladders/"))

    assert "Dates that were laid down our default" in seen
    assert "7 days before · the lead · in the weekly message" in seen
    assert "1 day after · the lead · on its own day" in seen
    assert "5 working days after · the desk, as a task · on My desk, no mail" in seen


def test_a_step_reads_with_its_repeats_and_the_time_for_whoever_is_below(desk: Client, forum: Forum) -> None:
    repeating = Step(5, Unit.WORKING_DAYS, Audience.SUPERIOR, repeat_every=5, repeat_times=3, grace_days=2)
    lay_down(Family.DATED, Place(forum=forum), [repeating])

    seen = words(desk.get(f"/forums/{forum.pk}/ladders/"))

    assert "5 working days after · the lead's superior · in the weekly message" in seen
    assert "Again every 5 working days, at most 3 times more" in seen
    assert "Not before 2 working days after whoever is below was told" in seen


def test_a_forum_says_from_where_its_steps_are_inherited_and_leads_there(desk: Client, forum: Forum) -> None:
    below = make_forum(parent=forum)
    lay_down(Family.DATED, Place(forum=forum), [Step(-3)], note="Agreed in March")

    answer = desk.get(f"/forums/{below.pk}/ladders/")

    assert f"inherited from the forum {forum}" in words(answer)
    assert f'href="/forums/{forum.pk}/ladders/"' in answer.content.decode()


def test_a_commitment_says_that_its_steps_are_its_own(desk: Client, commitment: Commitment) -> None:
    lay_down(Family.DATED, Place(commitment=commitment), [Step(-3)], note="The minister asked")

    seen = words(desk.get(f"/commitments/{commitment.reference}/ladders/"))

    assert "laid down here The minister asked" in seen
    assert "3 days before" in seen
    assert "Reviews inherited from our default" in seen


def test_the_register_lists_where_it_differs(desk: Client, forum: Forum, commitment: Commitment) -> None:
    lay_down(Family.DATED, Place(forum=forum), [Step(-3)])
    lay_down(Family.REVIEW, Place(commitment=commitment), [Step(-3)])

    seen = words(desk.get("/ladders/"))

    assert f"{forum} laid down here inherited from our default" in seen
    assert f"{commitment.reference} Minerals reviews" in seen


def test_a_dormant_forum_says_so_and_offers_no_change(desk: Client, forum: Forum) -> None:
    Forum.objects.filter(pk=forum.pk).update(dormant=True)

    answer = desk.get(f"/forums/{forum.pk}/ladders/")

    assert "is dormant: nobody is reminded" in words(answer)
    assert "Lay down others here" not in words(answer)
    assert desk.get(address(forum)).status_code == 404


def test_a_forum_is_put_to_sleep_on_its_entry(desk: Client, forum: Forum) -> None:
    assert "Dormant" in words(desk.get(f"/commitments/forum/{forum.pk}/change/"))


def test_the_page_of_a_commitment_leads_to_its_ladder(desk: Client, commitment: Commitment) -> None:
    answer = desk.get(f"/commitments/{commitment.reference}/")

    assert "Steps: inherited from our default" in words(answer)
    assert f'href="/commitments/{commitment.reference}/ladders/"' in answer.content.decode()


# -- another one


def test_laying_down_another_begins_with_the_inherited_steps(desk: Client, forum: Forum) -> None:
    asked = desk.get(address(forum)).context["form"]

    assert [step.initial["days"] for step in asked.steps] == [30, 7, 1, 1, 5]


def test_previewed_and_saved_it_counts(desk: Client, forum: Forum, commitment: Commitment) -> None:
    answer = save(desk, address(forum), row(3), row(2, "after", unit="working_days", breaks_out="on"))

    assert answer.status_code == 302
    ladder = LadderBook().of_follow_up(commitment.follow_ups.get()).ladder
    assert [step.code for step in ladder.steps] == ["before-3", "after-2"]
    assert ReminderLadder.objects.get().note == "Agreed in March"


def test_the_preview_says_how_many_messages_to_how_many_people_now_and_then(
    desk: Client, forum: Forum, commitment: Commitment
) -> None:
    remind(clock=lambda: at(TODAY))
    rows = form(row(10, breaks_out="on"), row(5, breaks_out="on"), row(2, "after", audience="desk"))

    seen = words(desk.post(address(forum), rows))

    assert "What would change in the next 14 days" in seen
    assert "Now Then Messages 1 2 People told 1 1 Tasks for the desk 0 0" in seen


def test_nothing_is_saved_that_was_not_previewed(desk: Client, forum: Forum) -> None:
    answer = desk.post(address(forum), form(row(3), do="save"))

    assert "What would change" in words(answer)
    assert not ReminderLadder.objects.exists()


def test_what_was_changed_after_the_preview_is_previewed_again(desk: Client, forum: Forum) -> None:
    stood = value(desk.get(address(forum)), "stood")
    seen = value(desk.post(address(forum), form(row(3), stood=stood)), "seen")

    answer = desk.post(address(forum), form(row(4), stood=stood, seen=seen, do="save"))

    assert "4 days before" in words(answer)
    assert not ReminderLadder.objects.exists()


def test_two_who_change_the_same_steps_do_not_undo_each_other(desk: Client, forum: Forum) -> None:
    stood = value(desk.get(address(forum)), "stood")
    seen = value(desk.post(address(forum), form(row(3), stood=stood)), "seen")
    lay_down(Family.DATED, Place(forum=forum), [Step(-9)])

    answer = desk.post(address(forum), form(row(3), stood=stood, seen=seen, do="save"))

    assert answer.status_code == 400
    assert "Somebody else has changed these steps meanwhile" in words(answer)
    assert LadderStep.objects.get().offset == -9


def test_a_row_is_added_and_removed_without_a_script_and_without_complaint(
    desk: Client, forum: Forum
) -> None:
    more = desk.post(address(forum), form(row(3), row("", audience="desk"), do="add"))
    fewer = desk.post(address(forum), form(row(3), row(4), row(5), do="remove-1"))

    assert [step.initial["days"] for step in more.context["form"].steps] == ["3", "", 7]
    assert [step.initial["days"] for step in fewer.context["form"].steps] == ["3", "5"]
    assert "Please put this right" not in words(more)


def test_pressing_enter_previews_and_removes_nothing(desk: Client, forum: Forum) -> None:
    html = desk.get(address(forum)).content.decode().partition("<main")[2]

    assert html.index('name="do" value="preview"') < html.index('name="do" value="remove-0"')


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(3, repeat_every=2, repeat_times=2)], "Step 1, At most … times more: Only what comes after the date repeats."),
        ([row(3, "after", repeat_every=2)], "Step 1, At most … times more: A step that repeats needs both"),
        ([row(3, audience="post")], "Step 1, Which post: Name the post if a certain post is to hear"),
        ([row(3, audience="post", post="Nobody's post")], "Step 1, Which post: “Nobody's post” is no post of the register."),
        ([row(3), row(3)], "Step 2, Days: This step is there already."),
        ([row(401)], "Step 1, Days: Give 400 or less."),
        ([row(3, "after", repeat_every=1, repeat_times=13)], "Step 1, At most … times more: Give 12 or less."),
        ([], "Leave at least one step."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(desk: Client, forum: Forum, rows: list[Any], said: str) -> None:
    answer = desk.post(address(forum), form(*rows))

    assert answer.status_code == 400
    assert said in words(answer)


def test_looking_at_what_it_would_mean_needs_no_reason(desk: Client, forum: Forum) -> None:
    answer = desk.post(address(forum), form(row(3), note=""))

    assert answer.status_code == 200
    assert "What would change in the next 14 days" in words(answer)


def test_saving_asks_why_it_differs_and_keeps_what_was_seen(desk: Client, forum: Forum) -> None:
    answer = save(desk, address(forum), row(3), note="")

    assert answer.status_code == 400
    assert "Why it differs: Say in a few words why it differs." in words(answer)
    assert "Save these steps" in words(answer)
    assert not ReminderLadder.objects.exists()


def test_said_why_on_the_second_press_it_is_saved(desk: Client, forum: Forum) -> None:
    refused = save(desk, address(forum), row(3), note="")
    stood, seen = value(refused, "stood"), value(refused, "seen")

    desk.post(address(forum), form(row(3), stood=stood, seen=seen, do="save", note="Agreed in March"))

    assert ReminderLadder.objects.get().note == "Agreed in March"


def test_a_post_left_over_from_another_choice_is_not_held_against_one(desk: Client, forum: Forum) -> None:
    save(desk, address(forum), row(3, post="Nobody's post"))

    assert LadderStep.objects.get().post is None


def test_a_certain_post_is_named_by_its_name(desk: Client, forum: Forum) -> None:
    post = make_post(name_en="Director-General, Trade")

    save(desk, address(forum), row(3, "after", audience="post", post="Director-General, Trade"))

    assert LadderStep.objects.get().post == post


def test_two_certain_posts_may_hear_on_the_same_day(desk: Client, forum: Forum) -> None:
    for name in ("Director-General, Trade", "Director-General, Energy"):
        make_post(name_en=name)
    rows = [
        row(3, "after", audience="post", post="Director-General, Trade"),
        row(3, "after", audience="post", post="Director-General, Energy"),
    ]

    assert save(desk, address(forum), *rows).status_code == 302
    assert LadderStep.objects.count() == 2


def test_who_changed_it_stands_in_the_history(desk: Client, forum: Forum, officer: User) -> None:
    save(desk, address(forum), row(3))

    assert Change.objects.filter(model="notifications.ladderstep").get().by == officer
    assert "Officer One · the desk" in words(desk.get(f"/forums/{forum.pk}/ladders/"))


def test_back_to_the_inherited_ones_shows_first_what_it_means(
    desk: Client, forum: Forum, commitment: Commitment
) -> None:
    lay_down(Family.DATED, Place(forum=forum), [Step(300)])

    asked = words(desk.get(f"{address(forum)}back/"))
    done = desk.post(f"{address(forum)}back/")

    assert "Messages 0 2" in asked
    assert "7 days before · the lead" in asked
    assert done.status_code == 302
    assert not ReminderLadder.objects.exists()


def test_where_nothing_was_laid_down_there_is_nothing_to_go_back_from(desk: Client, forum: Forum) -> None:
    assert desk.post(f"{address(forum)}back/").status_code == 404


# -- rights


def test_an_officer_sees_the_steps_of_another_forum_and_cannot_change_them(desk: Client) -> None:
    elsewhere = make_forum()

    assert "Lay down others here" not in words(desk.get(f"/forums/{elsewhere.pk}/ladders/"))
    assert desk.get(address(elsewhere)).status_code == 404
    assert desk.post(address(elsewhere), form(row(3))).status_code == 404
    assert desk.post(f"{address(elsewhere)}back/").status_code == 404


def test_only_an_administrator_changes_what_holds_for_the_register(
    desk: Client, administrator: Client
) -> None:
    assert desk.get("/ladders/dated/").status_code == 404
    assert save(administrator, "/ladders/dated/", row(3)).status_code == 302
    assert ReminderLadder.objects.get().forum is None


def test_who_may_only_read_a_commitment_cannot_lay_down_steps_for_it(commitment: Commitment) -> None:
    holder, reader = make_user(is_staff=True), Client()
    make_holding(commitment.assignments.get().post, holder, acting=True)
    reader.force_login(holder)

    assert reader.get(f"/commitments/{commitment.reference}/ladders/").status_code == 200
    assert reader.get(f"/commitments/{commitment.reference}/ladders/dated/").status_code == 404


def test_the_ladder_of_a_commitment_is_seen_only_with_it(
    desk: Client, commitment: Commitment, officer: User
) -> None:
    ladder = lay_down(Family.DATED, Place(commitment=commitment), [Step(-3)], note="A secret reason")
    assert ReminderLadder.objects.visible_to(officer).editable_by(officer).get() == ladder
    Commitment.objects.filter(pk=commitment.pk).update(marking=Marking.RESTRICTED)

    assert not ReminderLadder.objects.visible_to(officer).exists()
    assert not LadderStep.objects.visible_to(officer).exists()
    assert "A secret reason" not in words(desk.get("/ladders/"))
    assert desk.get(f"/commitments/{commitment.reference}/ladders/").status_code == 404


def test_an_officer_may_change_the_rows_of_their_own_forum_only(officer: User, forum: Forum) -> None:
    own = lay_down(Family.DATED, Place(forum=forum), [Step(-3)])
    for place in (Place(), Place(forum=make_forum())):
        lay_down(Family.DATED, place, [Step(-3)])

    assert ReminderLadder.objects.visible_to(officer).count() == 3
    assert ReminderLadder.objects.editable_by(officer).get() == own
    assert LadderStep.objects.editable_by(officer).get().ladder == own


# -- beforehand


def test_the_preview_asks_the_same_number_of_questions_for_one_date_and_for_twenty(
    forum: Forum, commitment: Commitment
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            dry_run(Family.DATED, Place(forum=forum), Ladder((Step(-3),)), now=at(TODAY), days=14)
        return len(captured)

    one = questions()
    for _n in range(19):
        lead = make_held_post(organisation=commitment.assignments.get().post.organisation)
        make_follow_up(date(2026, 12, 8), commitment=make_commitment(forum=forum, lead=lead))

    assert questions() == one


def test_the_preview_counts_one_message_for_all_that_one_person_is_told_that_day(
    forum: Forum, commitment: Commitment
) -> None:
    lead = commitment.assignments.get().post
    for _n in range(5):
        make_follow_up(date(2026, 12, 8), commitment=make_commitment(forum=forum, lead=lead))

    _before, after = dry_run(
        Family.DATED, Place(forum=forum), Ladder((Step(-3, breaks_out=True),)), now=at(TODAY), days=14
    )

    assert (after.messages, after.people) == (1, 1)


def test_the_preview_of_one_commitment_leaves_the_others_out(forum: Forum, commitment: Commitment) -> None:
    make_follow_up(date(2026, 12, 8), commitment=make_commitment(forum=forum, lead=make_held_post()))

    before, after = dry_run(
        Family.DATED, Place(commitment=commitment), Ladder((Step(200),)), now=at(TODAY), days=14
    )

    assert (before.messages, after.messages) == (2, 0)


def test_the_preview_shows_what_a_new_step_means_for_all_that_is_long_overdue(
    forum: Forum, commitment: Commitment
) -> None:
    for _n in range(4):
        make_follow_up(date(2026, 3, 2), commitment=make_commitment(forum=forum, lead=make_held_post()))
    remind(clock=lambda: at(TODAY))

    place, longer = Place(forum=forum), Ladder((Step(-30), Step(90)))
    before, after = dry_run(Family.DATED, place, longer, now=at(TODAY, 10), days=7)

    assert (before.messages, after.messages) == (0, 4)


def test_switched_off_mail_is_said_above_the_preview(desk: Client, forum: Forum, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    OutgoingMail.switch(False)

    assert "Outgoing mail is switched off" in words(desk.post(address(forum), form(row(3))))


def test_where_mail_leaves_nothing_is_said_of_it_above_the_preview(desk: Client, forum: Forum) -> None:
    assert "switched off" not in words(desk.post(address(forum), form(row(3))))


def test_the_sentence_under_save_follows_the_ladder(commitment: Commitment) -> None:
    lay_down(Family.DATED, Place(commitment=commitment), [Step(-4, breaks_out=True)])

    said = foresight.in_words(foresight.expected(commitment, now=at(TODAY)))

    assert said == "Saving sends nothing; first mail: Fri 4 Dec 2026, 1 person."


def test_the_sentence_under_save_counts_whoever_else_is_told_first(commitment: Commitment) -> None:
    post = make_held_post()
    steps = [
        Step(-4, breaks_out=True),
        Step(-4, audience=Audience.POST, post_id=post.pk, breaks_out=True, grace_days=0),
    ]
    lay_down(Family.DATED, Place(commitment=commitment), steps)

    said = foresight.in_words(foresight.expected(commitment, now=at(TODAY)))

    assert said == "Saving sends nothing; first mail: Fri 4 Dec 2026, 2 people."


def test_the_preview_of_a_forum_leaves_out_what_has_steps_of_its_own(
    forum: Forum, commitment: Commitment
) -> None:
    lay_down(Family.DATED, Place(commitment=commitment), [Step(-3, breaks_out=True)])

    before, after = dry_run(Family.DATED, Place(forum=forum), Ladder((Step(200),)), now=at(TODAY), days=14)

    assert (before.messages, after.messages) == (0, 0)
