"""What the mail says, in the recipient's language, and what it never does."""

from collections.abc import Callable
from datetime import date
from email import charset
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments import answers
from commitments.models import (
    Assignment,
    Authority,
    Commitment,
    FollowUp,
    Marking,
    Membership,
    Post,
    ProgressReport,
    User,
)
from notifications import digest, writing
from notifications.bundling import bundle_reminders
from notifications.channels.mail import on_the_wire
from notifications.links import AnswerLink
from notifications.messages import compose, numbered
from notifications.models import Acknowledgment, Delivery, LadderStep, Preference, Reminder, ReminderLadder
from notifications.planning import plan_reminders
from notifications.recipients import Directory
from notifications.reminding import remind
from notifications.wrapping import WIDTH
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_membership,
    make_officer,
    make_organisation,
    make_party,
    make_provision,
    make_text,
    make_user,
)
from tests.notifications.conftest import DUE

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 12, 14))
NEXT_MONDAY = date(2026, 12, 21)
LONG_KNOWN = at(date(2026, 11, 1))


@pytest.fixture(autouse=True)
def _in_english(lead: Post) -> None:
    speak(person_of(lead), "en")


def person_of(post: Post) -> User:
    return post.holdings.get().user


def speak(person: User, language: str) -> None:
    person.language = language
    person.save()


def sent(day: date = date(2026, 12, 14)) -> mail.EmailMessage:
    remind(clock=lambda: at(day))
    return next(email for email in mail.outbox if email.to == ["lead@ministry.example"])


def words(email: mail.EmailMessage) -> str:
    """Its text, as if no line had been broken."""
    return " ".join(str(email.body).split())


def another(item: FollowUp, due_on: date, **fields: object) -> FollowUp:
    """Of the same lead and forum."""
    commitment = make_commitment(
        lead=item.commitment.assignments.get().post, forum=item.commitment.forum, **fields
    )
    return make_follow_up(due_on, commitment=commitment, dated_at=LONG_KNOWN)


def of(item: FollowUp) -> str:
    return item.commitment.reference


def lay_down(forum, *steps: tuple[int, str]) -> None:
    ladder = ReminderLadder.objects.create(forum=forum)
    for offset, audience in steps:
        LadderStep.objects.create(ladder=ladder, offset=offset, audience=audience, breaks_out=offset == 1)


# -- subject


def test_the_subject_names_the_one_item_and_its_date(item):
    assert sent().subject == f"[{item.commitment.forum.code}] Status of {of(item)} requested by Fri 18 Dec"


def test_the_subject_counts_several(item):
    another(item, date(2026, 12, 21))

    assert sent().subject.endswith("Status of 2 items requested by Fri 18 Dec")


def test_the_subject_says_first_what_is_overdue(item):
    another(item, date(2026, 12, 11))

    assert sent().subject.endswith("1 overdue, 1 more by Fri 18 Dec: status requested")


def test_one_overdue_item_is_named_as_such(item):
    assert sent(date(2026, 12, 21)).subject.endswith(f"Overdue: status of {of(item)} requested")


def test_of_what_is_past_only_no_day_is_named_by_which_to_answer(item):
    another(item, date(2026, 12, 17))

    email = sent(date(2026, 12, 21))

    assert "Please answer as soon as you can." in words(email)
    assert "Please answer by" not in words(email)
    assert email.subject.endswith("Overdue: status of 2 items requested")


def test_beside_what_is_overdue_the_rest_has_its_day(item):
    another(item, date(2026, 12, 11))

    said = words(sent())

    assert "Please answer what is overdue as soon as you can, and the rest by Fri 18 Dec 2026." in said


def test_what_is_due_today_is_asked_for_today(item, lead):
    lay_down(item.commitment.forum, (0, "owner"))
    Preference.objects.create(user=person_of(lead), rhythm=Preference.Rhythm.DAILY)

    assert "Please answer by Fri 18 Dec 2026." in words(sent(DUE))


def test_an_escalation_beside_an_overdue_item_names_no_day_either(item, lead):
    lay_down(item.commitment.forum, (1, "owner"), (5, "superior"))
    silent = another(item, date(2026, 11, 30))
    silent.commitment.assignments.update(post=make_held_post(superior=lead))
    another(item, date(2026, 12, 11))
    remind(clock=lambda: at(date(2026, 12, 1)))

    email = sent()

    assert "Please answer as soon as you can." in words(email)
    assert email.subject.endswith("Overdue: status of 2 items requested")


def test_where_we_have_no_record_no_day_is_named_and_nothing_called_overdue(lead, desk):
    expected_by_us(lead, desk)

    email = sent()

    assert "Please answer as soon as you can." in words(email)
    assert email.subject.endswith("requested")
    assert "Dec" not in email.subject


def expected_by_us(lead: Post, desk: Post) -> FollowUp:
    """By our own reading it was to happen a year ago."""
    commitment = make_commitment(lead=lead, forum=make_forum(desk=desk))
    ours = {"kind": FollowUp.Kind.OCCURRENCE, "basis": FollowUp.Basis.INTERPRETED}
    return make_follow_up(date(2025, 12, 31), commitment=commitment, **ours)


def test_a_date_of_our_own_reading_is_never_called_overdue(lead, desk):
    expected_by_us(lead, desk)

    email = sent()

    assert "no record here, please check" in words(email)
    assert "overdue" not in email.subject.lower()


def test_a_demonstration_says_so_in_subject_and_text(lead, desk):
    forum = make_forum(demonstration=True, desk=desk)
    make_follow_up(DUE, commitment=make_commitment(lead=lead, forum=forum))

    email = sent(date(2026, 12, 17))

    assert "Demonstration · " in email.subject
    assert "demonstration, not the actual state" in email.body


# -- one item


def test_declared_words_stand_there_word_for_word(item):
    item.commitment.provisions.add(make_provision("continue discussions"))

    assert "“continue discussions”" in sent().body


@pytest.mark.parametrize(
    ("language", "words", "marked"),
    [
        ("en", "continue", "“continue”"),
        ("ko", "계속한다", "“계속한다”"),
        ("ja", "継続する", "「継続する」"),
        ("en", "vowed to “continue”", "vowed to “continue”"),
    ],
)
def test_declared_words_bear_the_marks_of_their_language_once(item, lead, language, words, marked):
    speak(person_of(lead), language)
    item.commitment.provisions.add(make_provision(words, text=make_text(words, language=language)))

    assert f"\n   {marked}\n" in sent().body


def test_of_several_texts_the_one_that_prevails_speaks(item):
    document = make_document()
    press = make_text("They vowed to talk.", document=document, authority=Authority.PRESS)
    signed = make_text("They will talk.", document=document, authority=Authority.SIGNED)
    item.commitment.provisions.add(
        make_provision("vowed to talk", text=press), make_provision("will talk", text=signed)
    )

    assert "“will talk”" in sent().body


def test_without_words_in_the_language_our_title_stands_marked_as_ours(item, lead):
    speak(person_of(lead), "ko")
    item.commitment.title_ko = "핵심광물 논의 지속"
    item.commitment.save()

    email = sent()

    assert "(요지) 핵심광물 논의 지속" in email.body
    assert "“핵심광물" not in email.body


def test_the_last_cleared_status_is_shown_with_its_day(item):
    cleared = {"state": ProgressReport.State.CLEARED, "reported_on": date(2026, 6, 12)}
    item.commitment.reports.create(internal="An older call.", **{**cleared, "reported_on": date(2026, 1, 5)})
    item.commitment.reports.create(internal="Call held.", **cleared)
    item.commitment.reports.create(internal="A draft.", reported_on=date(2026, 12, 1))

    assert "Last status, 12 Jun: Call held." in words(sent())


def test_a_status_of_another_year_says_which(item):
    cleared = {"state": ProgressReport.State.CLEARED, "reported_on": date(2025, 6, 12)}
    item.commitment.reports.create(internal="Call held.", **cleared)

    assert "Last status, 12 Jun 2025: Call held." in words(sent())


@pytest.mark.parametrize(
    ("language", "status"),
    [("ko", "최근 추진실적(6.12.): Call held."), ("ja", "直近の状況(6月12日): Call held.")],
)
def test_the_last_status_is_said_in_the_language_of_the_mail(item, lead, language, status):
    speak(person_of(lead), language)
    cleared = {"state": ProgressReport.State.CLEARED, "reported_on": date(2026, 6, 12)}
    item.commitment.reports.create(internal="Call held.", **cleared)

    assert status in words(sent())


def test_the_number_of_the_letter_with_the_document_is_given(item):
    document = make_document(letter_number="Trade-1234")
    text = make_text("They will talk.", document=document)
    item.commitment.provisions.add(make_provision("will talk", text=text), make_provision("They", text=text))

    assert words(sent()).count("Letter Trade-1234") == 1


def test_the_reason_for_getting_it_names_the_post_and_the_step(item, lead):
    assert f"You get this because you hold the post {lead}; step: 7 days before." in words(sent())


def test_an_acting_holder_reads_for_whom_they_act(item, lead):
    deputy = make_user(email="deputy@ministry.example", language="en")
    make_holding(lead, deputy, acting=True)

    remind(clock=lambda: MONDAY)

    said = f"you, {deputy.name}, act for {person_of_holder(lead).name} as {lead}"
    assert said in words(mail.outbox[0])


def person_of_holder(post: Post) -> User:
    return post.holdings.get(acting=False).user


def test_who_stands_in_for_a_vacant_post_reads_that(item, lead, desk):
    speak(person_of(desk), "en")
    lead.holdings.all().delete()

    remind(clock=lambda: MONDAY)

    assert f"you stand in for {lead}, which nobody holds now" in words(mail.outbox[0])


def test_a_late_reminder_names_the_day_on_which_it_was_to_be_told(item):
    """A week before is a Friday, and what can wait is told on the Monday after it."""
    assert "Late: this was to reach you on Mon 14 Dec 2026." in words(sent(date(2026, 12, 15)))


def test_no_reminder_was_to_be_told_before_its_date_was_known(lead, desk):
    commitment = make_commitment(lead=lead, forum=make_forum(desk=desk))
    make_follow_up(date(2027, 1, 8), commitment=commitment, dated_at=at(date(2026, 12, 15)))

    assert "Late: this was to reach you on Mon 21 Dec 2026." in words(sent(date(2026, 12, 22)))


def test_a_reminder_in_time_does_not_say_late(item):
    assert "Late:" not in sent().body


def test_a_restricted_item_says_its_reference_and_nothing_else(item):
    item.commitment.marking, item.commitment.letter_number = Marking.RESTRICTED, "Secret-1"
    item.commitment.save()
    item.commitment.provisions.add(make_provision("continue discussions"))
    cleared = {"state": ProgressReport.State.CLEARED, "reported_on": date(2026, 6, 12)}
    item.commitment.reports.create(internal="Call held.", **cleared)
    come_back(item, "Which call?")

    said = words(sent())

    assert f"{of(item)} restricted: sign in to read it" in said
    for withheld in (item.commitment.title, "continue discussions", "Call held", "Secret-1", "Which call"):
        assert withheld not in said


def test_a_counterpart_reads_what_was_declared_and_nothing_of_ours(item):
    abroad = make_held_post(
        make_user(email="abroad@other.example", language="en"),
        organisation=make_organisation(party=make_party("USA")),
    )
    make_assignment(item.commitment, abroad, role=Assignment.Role.COUNTERPART)
    item.commitment.provisions.add(make_provision("continue discussions"))
    lay_down(item.commitment.forum, (-7, "owner"), (1, "counterpart"))
    remind(clock=lambda: MONDAY)

    remind(clock=lambda: at(date(2026, 12, 21), 23))

    email = next(each for each in mail.outbox if each.to == ["abroad@other.example"])
    assert "“continue discussions”" in email.body
    for ours in (item.commitment.title, "/a/", "Last status", "was told on"):
        assert ours not in email.body


# -- the parts of a message


def come_back(item: FollowUp, decision: str, *, day: date = date(2026, 12, 8)) -> ProgressReport:
    """The lead reported, and the desk gave it back."""
    post = item.commitment.assignments.get().post
    said = answers.propose_report(item, post=post, now=at(date(2026, 12, 7)), internal="Done.")
    answers.return_report(said, by=make_user(), now=at(day), decision=decision)
    return said


def test_the_parts_stand_in_their_order_and_are_numbered_through(item, lead):
    below = make_held_post(superior=lead)
    lay_down(item.commitment.forum, (-7, "owner"), (1, "owner"), (5, "superior"))
    again = another(item, date(2026, 12, 21))
    come_back(again, "Which day?")
    late = another(item, date(2026, 12, 11))
    silent = another(item, date(2026, 11, 30))
    silent.commitment.assignments.update(post=below)
    remind(clock=lambda: at(date(2026, 12, 1)))

    said = words(sent())

    headings = [
        f"■ Nobody has answered yet (1) 1. {of(silent)}",
        f"■ Overdue (1) 2. {of(late)}",
        f"■ Please answer by the date (1) 3. {of(item)}",
        f"■ The desk asks again (1) 4. {of(again)}",
    ]
    places = [said.find(heading) for heading in headings]
    assert -1 not in places
    assert places == sorted(places)


def test_an_escalation_says_who_was_told_when(item, lead):
    above = make_held_post(make_user(email="above@ministry.example", language="en"))
    lead.superior = above
    lead.save()
    lay_down(item.commitment.forum, (-7, "owner"), (1, "owner"), (5, "superior"))
    for day in (date(2026, 12, 14), date(2026, 12, 21), date(2026, 12, 28)):
        remind(clock=lambda day=day: at(day))

    email = next(each for each in mail.outbox if each.to == ["above@ministry.example"])
    said = f"You hear of it as the superior of {lead}, who was told on Mon 21 Dec and has not answered."
    assert said in words(email)
    assert email.subject.endswith(f"No answer yet on {of(item)}")
    assert "step: 5 days after" in words(email)


def test_what_the_desk_asks_again_stands_at_its_item(item):
    come_back(item, "Which day?")

    said = words(sent())

    assert "■ The desk asks again (1)" in said
    assert "The desk returned your answer on Tue 8 Dec: “Which day?”" in said


def test_a_newer_answer_settles_the_question(item):
    come_back(item, "Which day?")
    newer = come_back(item, "Which hour?", day=date(2026, 12, 9))
    ProgressReport.objects.filter(pk=newer.pk).update(state=ProgressReport.State.CLEARED)

    assert "asks again" not in sent().body


def test_a_date_that_has_moved_since_settles_the_question(item):
    come_back(item, "Which day?")
    item.move_to(date(2026, 12, 21), now=at(date(2026, 12, 10)), reason="asked for")

    assert "asks again" not in sent().body


@pytest.fixture
def asked_before(item: FollowUp) -> FollowUp:
    """An item that Monday's message asked about, of which the answer came back on Tuesday."""
    lay_down(item.commitment.forum, (-30, "owner"), (-7, "owner"), (1, "owner"))
    again = another(item, date(2027, 1, 8))
    remind(clock=lambda: MONDAY)
    mail.outbox.clear()
    come_back(again, "Which day?", day=date(2026, 12, 15))
    return again


def test_what_came_back_stands_in_the_next_message_whatever_that_asks(asked_before):
    assert f"■ The desk asks again (1) 2. {of(asked_before)}" in words(sent(NEXT_MONDAY))


def test_who_has_seen_it_is_not_asked_again(asked_before, lead):
    Acknowledgment.objects.create(
        follow_up=asked_before,
        post=lead,
        due_on=asked_before.due_on,
        until_on=NEXT_MONDAY,
        acknowledged_at=MONDAY,
    )

    assert of(asked_before) not in sent(NEXT_MONDAY).body


def test_who_no_longer_answers_for_it_is_not_asked_again(asked_before):
    asked_before.give_to(make_held_post())

    assert of(asked_before) not in sent(NEXT_MONDAY).body


def test_what_is_closed_is_not_asked_again(asked_before):
    asked_before.close(FollowUp.Outcome.DONE, now=MONDAY)

    assert of(asked_before) not in sent(NEXT_MONDAY).body


def test_what_is_asked_again_is_answered_through_the_message_that_asks_again(asked_before):
    email = sent(NEXT_MONDAY)

    delivery = Delivery.objects.get(local_day=NEXT_MONDAY)
    again = Reminder.objects.get(step__startswith="again-")
    assert numbered(delivery)[2] == again.pk
    assert AnswerLink(delivery.pk, again.pk).token().partition(":")[0] in email.body


def test_the_numbers_of_a_message_lead_to_its_reminders(item):
    later = another(item, date(2026, 12, 21))
    sent()

    asked = numbered(Delivery.objects.get())

    assert {n: Reminder.objects.get(pk=pk).follow_up for n, pk in asked.items()} == {1: item, 2: later}


@pytest.fixture
def quiet(item: FollowUp) -> FollowUp:
    """Of the same lead, on Christmas Eve: of this forum one hears a week before and the day after."""
    lay_down(item.commitment.forum, (-7, "owner"), (1, "owner"))
    return another(item, date(2026, 12, 24))


def test_what_comes_soon_stands_quietly_below(item, quiet):

    said = words(sent())

    listed = said.partition("■ Also on your list, nothing to do yet")[2]
    assert f"- {of(quiet)}" in listed
    assert of(item) not in listed


@pytest.mark.parametrize(("due_on", "is_listed"), [(date(2026, 12, 28), True), (date(2026, 12, 29), False)])
def test_the_list_ends_after_two_weeks(item, quiet, due_on, is_listed):
    last = another(item, due_on)

    assert (of(last) in sent().body) == is_listed


def test_what_was_answered_already_is_not_listed(item, quiet, lead):
    answers.propose_report(quiet, post=lead, now=MONDAY, no_change=True)

    assert "Also on your list" not in sent().body


def test_another_persons_dates_are_not_listed(item, quiet):
    quiet.commitment.assignments.update(post=make_held_post())

    assert "Also on your list" not in sent().body


def test_a_date_that_names_another_post_is_not_listed(item, quiet):
    quiet.give_to(make_held_post())

    assert "Also on your list" not in sent().body


def test_of_a_restricted_date_to_come_the_reference_is_listed(item, quiet):
    quiet.commitment.marking = Marking.RESTRICTED
    quiet.commitment.save()

    said = words(sent())

    assert f"- {of(quiet)} restricted: sign in to read it" in said
    assert quiet.commitment.title not in said


def test_of_a_long_list_the_rest_is_counted(item, quiet):
    for _n in range(16):
        another(item, date(2026, 12, 24))

    said = words(sent())

    assert said.count("Deadline: Thu 24 Dec 2026") == 15
    assert "- and 2 more" in said


# -- the group


@pytest.fixture
def group(item: FollowUp, lead: Post) -> FollowUp:
    """An overdue item of somebody else in a group that the lead leads."""
    owner = make_held_post(make_user(email="member@ministry.example"))
    theirs = make_follow_up(
        date(2026, 12, 4), commitment=make_commitment(lead=owner, forum=item.commitment.forum)
    )
    make_assignment(theirs.commitment, lead, role=Assignment.Role.WORKING_GROUP_LEAD)
    return theirs


def test_a_working_group_lead_reads_how_the_group_stands(item, group):
    said = words(sent())

    listed = said.partition("■ The group that you lead")[2]
    assert "1 overdue, 0 due in 14 days" in listed
    assert f"- {of(group)} {group.commitment.title} · Deadline: Fri 4 Dec 2026 (overdue) · lead: " in listed


def test_of_a_restricted_item_the_group_shows_the_reference(item, group):
    group.commitment.marking = Marking.RESTRICTED
    group.commitment.save()

    said = words(sent())

    assert f"- {of(group)} restricted: sign in to read it" in said
    assert group.commitment.title not in said


def test_the_group_stands_in_the_first_message_of_the_week_only(item, group):
    another(item, date(2026, 12, 16))  # of which the day before breaks out
    sent()
    mail.outbox.clear()

    assert "The group that you lead" not in sent(date(2026, 12, 15)).body


def test_who_wants_no_overview_reads_nothing_of_the_group(item, group, lead):
    Preference.objects.create(user=person_of(lead), overview=False)

    assert "The group that you lead" not in sent().body


# -- the frame


def test_replies_go_to_the_desk_and_machines_are_told_not_to_answer(item):
    email = sent()

    assert email.reply_to == ["desk@ministry.example"]
    assert email.extra_headers["Auto-Submitted"] == "auto-generated"
    assert email.extra_headers["X-Auto-Response-Suppress"] == "All"


def test_the_sender_is_the_desk_by_name_at_the_address_that_may_send(item, desk, settings):
    settings.DEFAULT_FROM_EMAIL = "Commitment tracker <tracker@ministry.example>"
    name_desk(desk, name_en="Americas Trade Division")

    assert sent().message()["From"] == "Americas Trade Division <tracker@ministry.example>"


def test_the_sender_is_named_in_the_language_of_the_mail_however_long_the_name(item, desk, lead):
    name_desk(desk, name_ko="미주통상과 및 인도태평양통상과의 공동 총괄 담당 부서(아주 긴 이름의 보기)")
    speak(person_of(lead), "ko")

    encoded, address = parseaddr(raw_sender(sent()))

    assert str(make_header(decode_header(encoded))) == desk.organisation.name_ko
    assert "@" in address


def test_of_several_desks_the_sender_names_each(item, elsewhere, desk):
    name_desk(desk, name_en="Trade Division")
    other = make_held_post(organisation=make_organisation(name_en="Minerals Division"))
    elsewhere.commitment.forum.desk = other
    elsewhere.commitment.forum.save()
    elsewhere.move_to(DUE, now=LONG_KNOWN, reason="Sooner.")

    assert raw_sender(sent()).startswith("Trade Division / Minerals Division <")


def test_the_bytes_of_a_header_are_the_same_whatever_else_the_process_has_loaded(item, desk, lead):
    """apprise changes for the whole process how headers are encoded; a repetition has to be the same mail."""
    name_desk(desk, name_ko="미주통상과")
    speak(person_of(lead), "ko")
    sender, registered = raw_sender(sent()), dict(charset.CHARSETS)

    try:
        charset.add_charset("utf-8", charset.QP, charset.QP, "utf-8")
        on_the_wire.cache_clear()
        assert on_the_wire('"미주통상과" <a@b.example>').partition(" <")[0] == sender.partition(" <")[0]
    finally:
        charset.CHARSETS.update(registered)


def name_desk(desk: Post, **names: str) -> None:
    for field, name in names.items():
        setattr(desk.organisation, field, name)
    desk.organisation.save()


def raw_sender(email: mail.EmailMessage) -> str:
    """As it goes over the wire."""
    unfolded = email.content.decode("utf-8").replace("\r\n ", " ")
    return next(line for line in unfolded.splitlines() if line.startswith("From: ")).removeprefix("From: ")


def test_duties_offer_no_way_to_unsubscribe(item):
    assert "List-Unsubscribe" not in sent().extra_headers


def test_what_a_person_hears_of_a_register_is_one_thread(item):
    monday = sent()
    mail.outbox.clear()
    thursday = sent(date(2026, 12, 17))

    assert monday.extra_headers["References"] == thursday.extra_headers["References"]
    assert monday.extra_headers["Message-ID"] != thursday.extra_headers["Message-ID"]


def test_another_register_is_another_thread(item, lead):
    first = sent()
    item.close(FollowUp.Outcome.DONE, now=MONDAY)
    mail.outbox.clear()
    make_follow_up(date(2026, 12, 28), commitment=make_commitment(lead=lead), dated_at=LONG_KNOWN)

    second = sent(date(2026, 12, 21))

    assert first.extra_headers["References"] != second.extra_headers["References"]


def test_every_message_says_where_to_change_how_one_is_told(item):
    email = sent()

    assert "/p/" in email.body.partition("Change when and how you are told:")[2]
    assert "/p/" in email.alternatives[0].content


def test_both_parts_carry_the_link_and_nothing_is_attached(item):
    email = sent()
    html = email.alternatives[0].content

    assert "/a/" in email.body
    assert "/a/" in html
    assert "<img" not in html
    assert email.attachments == []


def test_what_the_text_holds_is_not_escaped_and_in_html_it_is(item):
    item.commitment.title_en = "R&D <img src=x>"
    item.commitment.save()

    email = sent()

    assert "R&D <img src=x>" in email.body
    assert "R&amp;D &lt;img src=x&gt;" in email.alternatives[0].content


def test_no_line_of_the_text_is_too_long_but_an_address(item):
    item.commitment.title_en = "A title that goes on and on " * 8
    item.commitment.save()

    lines = str(sent().body).splitlines()

    assert all(len(line) <= WIDTH or "://" in line for line in lines)


# -- how it is written


def written() -> tuple[Callable[[], object], int]:
    """How the lead's message is written; and how many queries it took to read what all of them tell."""
    plan_reminders(now=MONDAY)
    bundle_reminders(now=MONDAY)
    deliveries = list(Delivery.objects.select_related("recipient").order_by("pk"))
    told = {delivery.pk: told_by(delivery) for delivery in deliveries}
    people = {delivery.recipient_id for delivery in deliveries}
    directory = Directory(digest.posts_of_people(people, now=MONDAY), now=MONDAY)
    with CaptureQueriesContext(connection) as asked:
        extras = digest.read_extras(told, directory, now=MONDAY)
    first = deliveries[0]
    directory.may_be_told(told[first.pk][0][1])  # as whoever sends it asks; it reads the calendar
    return lambda: compose(first, told[first.pk], directory, now=MONDAY, extras=extras[first.pk]), len(asked)


def told_by(delivery: Delivery) -> digest.Told:
    rows = delivery.reminders.select_related("follow_up__commitment", "follow_up__meeting", "post")
    directory = Directory({row.post_id for row in rows}, now=MONDAY)
    return [(row, directory.recipient(row.post_id, row.follow_up.commitment.forum_id)) for row in rows]


def test_writing_asks_the_database_nothing(item, quiet, group, django_assert_num_queries):
    item.commitment.provisions.add(make_provision("continue discussions"))
    write, _asked = written()

    with django_assert_num_queries(0):
        write()


def test_reading_for_many_messages_asks_no_more_than_for_two(item, quiet):
    def with_more(n: int) -> int:
        for _n in range(n):
            commitment = make_commitment(lead=make_held_post(), forum=item.commitment.forum)
            commitment.provisions.add(make_provision("continue discussions"))
            make_follow_up(DUE, commitment=commitment)
            make_follow_up(date(2026, 12, 24), commitment=commitment)
        return written()[1]

    two = with_more(1)

    assert with_more(5) == two
    assert Delivery.objects.count() == 7


def test_nothing_leaves_that_was_restricted_while_it_was_written(item, quiet, monkeypatch):
    write = writing.compose

    def restricted_meanwhile(*args, **kwargs):
        message = write(*args, **kwargs)
        Commitment.objects.filter(pk=quiet.commitment_id).update(marking=Marking.RESTRICTED)
        return message

    monkeypatch.setattr(writing, "compose", restricted_meanwhile)

    remind(clock=lambda: MONDAY)

    assert mail.outbox == []
    monkeypatch.undo()
    remind(clock=lambda: at(date(2026, 12, 14), 10))
    again = words(mail.outbox[0])
    assert of(quiet) in again
    assert quiet.commitment.title not in again


# -- who may read it afterwards


@pytest.fixture
def elsewhere(item: FollowUp, lead: Post) -> FollowUp:
    """Of the same lead in another register; it stands quietly in the message."""
    found = make_follow_up(date(2026, 12, 24), commitment=make_commitment(lead=lead))
    lay_down(found.commitment.forum, (-7, "owner"))
    return found


@pytest.fixture
def officer(item: FollowUp) -> User:
    return make_officer(item.commitment.forum)


def test_who_may_not_see_all_that_a_message_tells_of_does_not_read_its_words(elsewhere, officer, client):
    sent()
    delivery = Delivery.objects.visible_to(officer).get()
    client.force_login(officer)

    page = client.get(f"/mail/{delivery.pk}/").content.decode()

    assert "its words are not shown here" in page
    assert elsewhere.commitment.title not in page
    assert client.get(f"/mail/{delivery.pk}/html/").status_code == 404
    entry = client.get(f"/notifications/delivery/{delivery.pk}/change/").content.decode()
    assert delivery.subject in entry
    assert elsewhere.commitment.title not in entry


def test_who_may_see_all_of_it_reads_its_words(elsewhere, officer, client):
    make_membership(officer, Membership.Role.READER, forum=elsewhere.commitment.forum)
    sent()
    delivery = Delivery.objects.get()
    client.force_login(officer)

    assert elsewhere.commitment.title in client.get(f"/mail/{delivery.pk}/").content.decode()
    assert client.get(f"/mail/{delivery.pk}/html/").status_code == 200
