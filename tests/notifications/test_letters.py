"""What the desk writes to an owner who stays silent: drafted in their language, sent by a person or not at all."""

from datetime import date
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from commitments import answers
from commitments.models import FollowUp, Marking, Post, User
from notifications import letters
from notifications.letters import Draft
from notifications.models import Delivery, Letter, Reminder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_organisation,
    make_party,
    make_post,
    make_provision,
    make_text,
    make_user,
)

pytestmark = pytest.mark.django_db
DUE = date(2026, 12, 18)
MONDAY = at(date(2026, 12, 21), 9)  # overdue: the lead is told once more
SILENT = at(date(2026, 12, 29), 9)  # the desk has its task
State = Delivery.State


@pytest.fixture
def officer() -> User:
    return make_user(name_en="Officer One")


@pytest.fixture
def lead() -> Post:
    return make_held_post(make_user(email="lead@ministry.example", language="en"))


@pytest.fixture
def task(item: FollowUp) -> Reminder:
    """The lead was told and stayed silent."""
    remind(clock=lambda: MONDAY)
    plan_reminders(now=SILENT)
    mail.outbox.clear()
    return Reminder.objects.tasks_for_the_desk(SILENT).get()


def draft_of(task: Reminder, officer: User) -> Draft:
    (draft,) = letters.drafts(task, by=officer, now=SILENT)
    return draft


def send(task: Reminder, officer: User, **said: str) -> Letter:
    known = {"subject": "How does it stand?", "text": "Dear colleague,\n\nplease tell us."}
    draft = draft_of(task, officer)
    return letters.send(task, draft, **{**known, **said}, by=officer, now=SILENT)


def dispatched(moment: Any = SILENT) -> Any:
    return remind(clock=lambda: moment)


def test_the_draft_says_what_was_asked_when_and_how_to_answer(
    task: Reminder, officer: User, item: FollowUp, lead: Post
) -> None:
    draft = draft_of(task, officer)
    told = Reminder.objects.get(state=Reminder.State.TOLD)

    assert draft.recipient.user == lead.holder_on(DUE)
    assert item.commitment.reference in draft.subject
    assert "We asked on Mon 21 Dec how the following stands, and have no answer yet." in draft.text
    assert f"{item.commitment.reference} (our summary) {item.commitment.title}" in draft.text
    assert "Deadline: Fri 18 Dec 2026" in draft.text
    assert f"/a/{letters.AnswerLink(told.delivery_id, told.pk).token()[:10]}" in draft.text
    assert draft.text.endswith(f"Officer One\n{item.forum.desk.organisation}")


def test_it_has_the_declared_words_in_the_owners_language(
    task: Reminder, officer: User, item: FollowUp
) -> None:
    for language, words in (("en", "continue discussions"), ("ko", "논의를 계속한다")):
        text = make_text(f"They: {words}.", language=language)
        item.commitment.provisions.add(make_provision(words, text=text))

    assert "“continue discussions”" in draft_of(task, officer).text
    assert "논의를 계속한다" not in draft_of(task, officer).text


def test_of_a_restricted_item_only_the_reference(task: Reminder, officer: User, item: FollowUp) -> None:
    item.commitment.marking = Marking.RESTRICTED
    item.commitment.save()

    text = draft_of(task, officer).text

    assert f"{item.commitment.reference} restricted: sign in to read it" in text
    assert item.commitment.title not in text


def test_it_says_why_they_get_it(task: Reminder, officer: User, lead: Post) -> None:
    assert f"You get this letter because you hold the post {lead}." in draft_of(task, officer).text


def test_who_acts_reads_for_whom(task: Reminder, officer: User, lead: Post) -> None:
    holder, minji = lead.holder_on(DUE), make_user(name_en="Kim Minji", language="en")
    make_holding(lead, minji, acting=True)

    said = f"You get this letter because you, Kim Minji, act for {holder.name} as {lead}."
    assert said in draft_of(task, officer).text


def test_it_is_sent_in_the_name_of_the_desk(task: Reminder, officer: User, item: FollowUp) -> None:
    desk = item.forum.desk.organisation
    desk.name_en = "Americas Trade Division"
    desk.save()
    send(task, officer)

    dispatched()

    assert mail.outbox[0].message()["From"].startswith("Americas Trade Division <")


def test_whom_nobody_has_asked_is_asked_now(officer: User, task: Reminder, item: FollowUp) -> None:
    of_another_party = make_organisation(party=make_party("JPN"))
    second = make_held_post(make_user(language="en"), organisation=of_another_party)
    make_assignment(item.commitment, second)

    (draft,) = (each for each in letters.drafts(task, by=officer, now=SILENT) if each.post == second)

    assert "Please tell us how the following stands." in draft.text
    assert "/a/" not in draft.text


def test_a_message_that_did_not_arrive_has_asked_nobody(task: Reminder, officer: User) -> None:
    told = Reminder.objects.filter(state=Reminder.State.TOLD)
    Delivery.objects.filter(reminders__in=told).update(state=State.FAILED)
    told.update(state=Reminder.State.PLANNED, told_at=None)

    assert "We asked" not in draft_of(task, officer).text


def test_it_goes_to_whoever_acts_now(task: Reminder, officer: User, lead: Post) -> None:
    minji = make_user(name_en="Kim Minji", language="en")
    make_holding(lead, minji, acting=True)

    draft = draft_of(task, officer)

    assert draft.recipient.user == minji
    assert "Dear Kim Minji," in draft.text


def test_each_party_gets_its_own_in_its_language(task: Reminder, officer: User, item: FollowUp) -> None:
    japan = make_held_post(organisation=make_organisation(party=make_party("JPN")))
    make_assignment(item.commitment, japan)

    drafts = letters.drafts(task, by=officer, now=SILENT)

    assert [draft.language for draft in drafts] == ["en", "ja"]
    assert "2026年12月18日(金)" in drafts[1].text
    assert "(要旨)" in drafts[1].text


def test_where_nobody_can_be_told_there_is_a_text_for_paper(
    task: Reminder, officer: User, lead: Post
) -> None:
    lead.holdings.all().delete()

    draft = draft_of(task, officer)

    assert draft.recipient is None
    assert not draft.text.startswith("Dear")
    with pytest.raises(ValidationError, match="copy the text into a letter"):
        letters.send(task, draft, subject="A", text="B", by=officer, now=SILENT)


def test_where_nobody_owes_the_answer_there_is_nothing_to_write(officer: User, desk: Post) -> None:
    commitment = make_commitment(forum=make_forum(desk=desk))
    make_follow_up(DUE, commitment=commitment, dated_at=at(date(2026, 11, 1)))
    remind(clock=lambda: MONDAY)
    plan_reminders(now=SILENT)

    task = Reminder.objects.tasks_for_the_desk(SILENT).get(step="desk-5")

    assert letters.drafts(task, by=officer, now=SILENT) == []


def test_drafting_sends_and_writes_nothing(task: Reminder, officer: User) -> None:
    before = Delivery.objects.count()

    letters.drafts(task, by=officer, now=SILENT)
    dispatched()

    assert mail.outbox == []
    assert Delivery.objects.count() == before


def test_what_the_officer_wrote_leaves_word_for_word_and_the_task_is_done(
    task: Reminder, officer: User
) -> None:
    letter = send(task, officer)

    dispatched()

    (message,) = mail.outbox
    assert message.to == ["lead@ministry.example"]
    assert (message.subject, message.body) == ("How does it stand?", "Dear colleague,\n\nplease tell us.")
    assert message.reply_to == ["desk@ministry.example"]
    task.refresh_from_db()
    assert task.state == Reminder.State.TOLD
    assert letter.written_by == officer
    assert not Reminder.objects.tasks_for_the_desk(SILENT).exists()


def test_it_leaves_beside_the_one_message_of_the_day(task: Reminder, officer: User, lead: Post) -> None:
    make_follow_up(date(2026, 12, 28), lead=lead, dated_at=at(date(2026, 11, 1)))
    send(task, officer)

    dispatched()

    assert len(mail.outbox) == 2
    assert Delivery.objects.filter(local_day=date(2026, 12, 29), state=State.SENT).count() == 2


def test_it_goes_once_however_often_the_tick_runs(task: Reminder, officer: User) -> None:
    send(task, officer)

    for _n in range(3):
        dispatched()

    assert len(mail.outbox) == 1


def test_a_second_letter_while_one_is_on_its_way_is_refused(task: Reminder, officer: User) -> None:
    send(task, officer)

    with pytest.raises(ValidationError, match="on its way already"):
        send(task, officer)

    assert Letter.objects.count() == 1
    assert Delivery.objects.filter(state=State.PENDING).count() == 1


def test_answered_before_it_left_it_does_not_leave(
    task: Reminder, officer: User, item: FollowUp, lead: Post
) -> None:
    letter = send(task, officer)
    answers.propose_report(item, post=None, now=SILENT, internal="Done.")

    dispatched()

    letter.delivery.refresh_from_db()
    assert mail.outbox == []
    assert letter.delivery.state == State.CANCELLED
    assert Letter.objects.get().text.startswith("Dear colleague")


def test_a_relay_that_is_away_loses_no_word_of_it(
    task: Reminder, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notifications import channels

    letter = send(task, officer)
    with monkeypatch.context() as relay:
        relay.setattr(channels.MailChannel, "send", refuse_for_now)
        dispatched()
    Delivery.objects.filter(pk=letter.delivery_id).update(send_after=SILENT)

    dispatched()

    assert [message.body for message in mail.outbox] == ["Dear colleague,\n\nplease tell us."]


def refuse_for_now(*_: Any, **_options: Any) -> None:
    from notifications.channels import ChannelError

    raise ChannelError("421 later")


def test_one_that_could_not_be_delivered_leaves_the_task_and_may_be_written_anew(
    task: Reminder, officer: User
) -> None:
    first = send(task, officer)
    Delivery.objects.filter(pk=first.delivery_id).update(state=State.FAILED)

    assert Reminder.objects.tasks_for_the_desk(SILENT).get() == task
    second = send(task, officer)

    task.refresh_from_db()
    assert task.delivery == second.delivery


def test_sent_again_it_says_the_same(task: Reminder, officer: User) -> None:
    letter = send(task, officer)
    Delivery.objects.filter(pk=letter.delivery_id).update(state=State.FAILED)

    Delivery.objects.get(pk=letter.delivery_id).send_again(now=SILENT)
    dispatched()

    assert [message.subject for message in mail.outbox] == ["How does it stand?"]


def test_it_says_in_text_and_html_that_it_is_a_demonstration(officer: User, desk: Post, lead: Post) -> None:
    forum = make_forum(desk=desk, demonstration=True)
    make_follow_up(DUE, commitment=make_commitment(forum=forum, lead=lead), dated_at=at(date(2026, 11, 1)))
    remind(clock=lambda: MONDAY)
    plan_reminders(now=SILENT)
    task = Reminder.objects.tasks_for_the_desk(SILENT).get()

    assert "Demonstration" in draft_of(task, officer).subject
    send(task, officer)
    dispatched()

    message = next(message for message in mail.outbox if message.subject == "How does it stand?")
    assert "demonstration" in message.body
    assert "demonstration" in str(message.alternatives[0][0])


def test_what_it_says_is_no_html_of_the_mail(task: Reminder, officer: User) -> None:
    send(task, officer, text="<b>bold</b>")
    dispatched()

    assert "&lt;b&gt;" in str(mail.outbox[0].alternatives[0][0])


def test_who_sees_the_item_sees_the_letter_also_without_the_task(
    task: Reminder, officer: User, item: FollowUp
) -> None:
    from tests.factories import make_officer

    keeper, stranger = make_officer(item.forum), make_officer(make_forum())
    letter = send(task, officer)
    Reminder.objects.update(delivery=None)

    assert letter.delivery in Delivery.objects.visible_to(keeper)
    assert letter.delivery not in Delivery.objects.visible_to(stranger)
    assert letter not in Letter.objects.visible_to(stranger)


def test_a_post_without_a_holder_is_written_to_in_the_language_of_its_party(
    task: Reminder, officer: User, item: FollowUp
) -> None:
    vacant = make_post(organisation=make_organisation(party=make_party("JPN")))
    make_assignment(item.commitment, vacant)

    drafts = letters.drafts(task, by=officer, now=SILENT)

    assert {draft.post.pk: draft.language for draft in drafts}[vacant.pk] == "ja"
