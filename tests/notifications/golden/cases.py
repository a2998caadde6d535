"""The little ministry of the golden mails. Everybody and everything in it is invented, and says so."""

from datetime import date, datetime

from django.core import mail

from commitments import answers
from commitments.models import (
    Assignment,
    Authority,
    Commitment,
    Document,
    FollowUp,
    Forum,
    Marking,
    Membership,
    Organisation,
    Post,
    ProgressReport,
    User,
)
from notifications import letters, samples
from notifications.models import LadderStep, Reminder, ReminderLadder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from tests.factories import (
    LONG_AGO,
    at,
    make_assignment,
    make_document,
    make_follow_up,
    make_holding,
    make_membership,
    make_organisation,
    make_post,
    make_provision,
    make_text,
    make_user,
)

MONDAY = at(date(2026, 12, 14))
TUESDAY = at(date(2026, 12, 15))
NEXT_MONDAY = at(date(2026, 12, 21))
DECLARED = {
    "en": "continue discussions through the Example Minerals Sub-Working Group",
    "ko": "예시광물 소분과를 통하여 논의를 지속하기로 하였다",
    "ja": "架空鉱物サブ作業部会を通じて議論を継続することで一致した",
}


LETTER = {
    "en": "Example Trade Division-1234, 20 Nov 2026",
    "ko": "예시통상과(가상)-1234(2026.11.20.)",
    "ja": "架空通商課第1234号(2026年11月20日)",
}
ASKED_AGAIN = {
    "en": "Please name the day of the meeting (invented).",
    "ko": "회의 개최일을 적어 주십시오(가상).",
    "ja": "会合の開催日をご記入ください(架空)。",
}


class Ministry:
    """One desk, one lead who is told in `language`, and what they owe."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.division = make_organisation(
            name_en="Example Minerals Division (invented)",
            name_ko="예시광물과(가상)",
            name_ja="架空鉱物課",
        )
        self.lead = self.post("Director", "과장", "課長", self.division)
        self.person = self.holder(self.lead, "Sample Lead", "견본 담당", "見本 担当")
        self.forum = self._forum()

    def _forum(self) -> Forum:
        trade = make_organisation(
            name_en="Example Trade Division (invented)",
            name_ko="예시통상과(가상)",
            name_ja="架空通商課",
            telephone="000-0000-0000",
        )
        desk = self.post("Desk Officer", "사무관", "課長補佐", trade)
        self.officer = self.holder(desk, "Sample Desk", "견본 총괄", "見本 総括", is_staff=True)
        forum = Forum.objects.create(
            code="EXAMPLE",
            name_en="Example Dialogue (invented)",
            name_ko="예시 대화(가상)",
            name_ja="架空対話",
            desk=desk,
            desk_mailbox="desk@ministry.example",
        )
        make_membership(self.officer, Membership.Role.DESK_OFFICER, forum=forum)
        _lay_down(forum)
        return forum

    def post(self, en: str, ko: str, ja: str, organisation: Organisation, **fields: object) -> Post:
        names = {"name_en": f"{en}, {organisation.name_en}", "name_ko": f"{organisation.name_ko} {ko}"}
        return make_post(organisation=organisation, **names, name_ja=f"{organisation.name_ja}{ja}", **fields)

    def holder(
        self, post: Post, en: str, ko: str, ja: str, *, acting: bool = False, **fields: object
    ) -> User:
        mailbox = en.lower().replace(" ", ".") + "@ministry.example"
        names = {"name_en": f"{en} (invented)", "name_ko": f"{ko}(가상)", "name_ja": f"{ja}(架空)"}
        user = make_user(username=mailbox, email=mailbox, language=self.language, **names, **fields)
        make_holding(post, user, acting=acting)
        return user

    def owes(self, due_on: date, *, lead: Post | None = None, **fields: object) -> FollowUp:
        commitment = Commitment.objects.create(
            forum=self.forum,
            declared_on=date(2024, 6, 27),
            title_en="Continue discussions in the Sub-Working Group (invented)",
            title_ko="소분과를 통한 논의 지속(가상)",
            title_ja="サブ作業部会での議論の継続(架空)",
            **fields,
        )
        make_assignment(commitment, lead or self.lead)
        self._declare(commitment)
        return make_follow_up(due_on, commitment=commitment, dated_at=at(date(2026, 11, 1)))

    def _declare(self, commitment: Commitment) -> None:
        document: Document = make_document(forum=self.forum, letter_number=LETTER[self.language])
        for language, words in DECLARED.items():
            text = make_text(words, document=document, language=language, authority=Authority.READOUT)
            commitment.provisions.add(make_provision(words, text=text))

    def reported(self, item: FollowUp) -> None:
        item.commitment.reports.create(
            state=ProgressReport.State.CLEARED,
            shareable_en="Working-level call held (invented).",
            shareable_ko="실무 통화 실시(가상).",
            shareable_ja="実務者の電話会議を実施(架空)。",
            reported_on=date(2026, 6, 12),
        )

    def told(self, now: datetime) -> mail.EmailMessage:
        """The one mail that the person of this case gets."""
        remind(clock=lambda: now)
        return next(email for email in mail.outbox if email.to == [self.person.email])


def _lay_down(forum: Forum) -> None:
    """A week before, the day before, the day after; then the lead's superior."""
    ladder = ReminderLadder.objects.create(forum=forum)
    for offset, audience in [(-7, "owner"), (-1, "owner"), (1, "owner"), (5, "superior")]:
        urgent = offset in (-1, 1)
        LadderStep.objects.create(ladder=ladder, offset=offset, audience=audience, breaks_out=urgent)


def one_item(ministry: Ministry) -> mail.EmailMessage:
    ministry.reported(ministry.owes(date(2026, 12, 18)))
    return ministry.told(MONDAY)


def late(ministry: Ministry) -> mail.EmailMessage:
    ministry.owes(date(2026, 12, 18))
    return ministry.told(TUESDAY)


def acting(ministry: Ministry) -> mail.EmailMessage:
    ministry.person = ministry.holder(ministry.lead, "Sample Deputy", "견본 대행", "見本 代行", acting=True)
    ministry.owes(date(2026, 12, 18))
    return ministry.told(MONDAY)


def restricted(ministry: Ministry) -> mail.EmailMessage:
    ministry.owes(date(2026, 12, 18), marking=Marking.RESTRICTED)
    return ministry.told(MONDAY)


def escalation(ministry: Ministry) -> mail.EmailMessage:
    _not_answered_below(ministry)
    return ministry.told(MONDAY)


def _not_answered_below(ministry: Ministry) -> None:
    below = ministry.post("Deputy Director", "사무관", "係長", ministry.division, superior=ministry.lead)
    ministry.holder(below, "Sample Deputy Director", "견본 사무관", "見本 係長")
    ministry.owes(date(2026, 11, 30), lead=below)
    remind(clock=lambda: at(date(2026, 12, 1)))


def digest(ministry: Ministry) -> mail.EmailMessage:
    """Something of every kind."""
    _not_answered_below(ministry)
    ministry.owes(date(2026, 12, 11))
    ministry.reported(ministry.owes(date(2026, 12, 18)))
    _returned(ministry, ministry.owes(date(2026, 12, 21)))
    ministry.owes(date(2026, 12, 24))
    _leads_a_group(ministry)
    _keeps_a_desk(ministry)
    return ministry.told(MONDAY)


def _returned(ministry: Ministry, item: FollowUp) -> None:
    said = answers.propose_report(item, post=ministry.lead, now=at(date(2026, 12, 7)), internal="Done.")
    decision = ASKED_AGAIN[ministry.language]
    answers.return_report(said, by=ministry.officer, now=at(date(2026, 12, 10)), decision=decision)


def _leads_a_group(ministry: Ministry) -> None:
    member = ministry.post("Member", "담당관", "担当官", ministry.division)
    ministry.holder(member, "Sample Member", "견본 위원", "見本 委員")
    for day in (date(2026, 12, 4), date(2026, 12, 23)):
        item = ministry.owes(day, lead=member)
        make_assignment(item.commitment, ministry.lead, role=Assignment.Role.WORKING_GROUP_LEAD)
    secret = ministry.owes(date(2026, 12, 22), lead=member, marking=Marking.RESTRICTED)
    make_assignment(secret.commitment, ministry.lead, role=Assignment.Role.WORKING_GROUP_LEAD)


def _keeps_a_desk(ministry: Ministry) -> None:
    """Of another forum, where an answer waits and a commitment has no lead."""
    other = Forum.objects.create(code="EXAMPLE-B", name_en="Second dialogue (invented)", desk=ministry.lead)
    make_membership(ministry.person, Membership.Role.DESK_OFFICER, forum=other)
    commitment = Commitment.objects.create(
        forum=other, title_en="Nobody leads this (invented)", declared_on=LONG_AGO
    )
    item = make_follow_up(date(2027, 6, 30), commitment=commitment)
    answers.propose_report(item, post=None, now=MONDAY, no_change=True)


def overview(ministry: Ministry) -> mail.EmailMessage:
    _leads_a_group(ministry)
    _keeps_a_desk(ministry)
    return ministry.told(MONDAY)


def overdue(ministry: Ministry) -> mail.EmailMessage:
    ministry.reported(ministry.owes(date(2026, 12, 11)))
    return ministry.told(MONDAY)


def letter(ministry: Ministry) -> mail.EmailMessage:
    """Drafted for the desk, and sent as it was drafted."""
    forum_ladder = ministry.forum.ladders.get()
    LadderStep.objects.create(ladder=forum_ladder, offset=5, unit="working_days", audience="desk")
    ministry.reported(ministry.owes(date(2026, 12, 11)))
    ministry.told(MONDAY)
    mail.outbox.clear()
    plan_reminders(now=NEXT_MONDAY)
    task = Reminder.objects.tasks_for_the_desk(NEXT_MONDAY).get()
    (draft,) = letters.drafts(task, by=ministry.officer, now=NEXT_MONDAY)
    letters.send(task, draft, subject=draft.subject, text=draft.text, by=ministry.officer, now=NEXT_MONDAY)
    return ministry.told(NEXT_MONDAY)


def sample(ministry: Ministry) -> mail.EmailMessage:
    samples.send_sample(ministry.person, language=ministry.language, clock=lambda: MONDAY)
    return mail.outbox[0]


CASES = {
    "one_item": one_item,
    "digest": digest,
    "acting": acting,
    "late": late,
    "overdue": overdue,
    "restricted": restricted,
    "escalation": escalation,
    "overview": overview,
    "letter": letter,
    "sample": sample,
}
