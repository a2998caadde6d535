"""A desk's own thousand commitments among many others, with all that hangs on them; made by set-based SQL.

Everything follows from the number of a row. The first thousand are those of the officer who looks, however many
come after them: what they see is the same, what lies beside it is not."""

from __future__ import annotations

import os
from datetime import timedelta

from django.core.management.color import no_style
from django.db import connection, models
from django.utils import timezone

from bench.register import POSTS, choose, execute, fill, make_frame
from commitments import facts, indexing
from commitments.models import (
    Assignment,
    Commitment,
    CommitmentProvision,
    Document,
    DocumentText,
    FollowUp,
    Forum,
    Grant,
    Meeting,
    Membership,
    Post,
    ProgressReport,
    Provision,
    Request,
    User,
)
from notifications.inheritance import LadderBook
from notifications.models import AddressProblem, Delivery, Heartbeat, IncomingMail, Reminder

MINE = 1_000 if not os.environ.get("SMALL") else 200
DOCUMENT_OF = 20  # commitments
BODIES = 12

QUOTES = [
    ("en", "'They vowed to continue discussions on critical minerals and supply chains, item ' || n.i"),
    ("ko", "'양측은 핵심광물 공급망에 관한 협의를 지속하기로 하였다, 항목 ' || n.i"),
    ("ja", "'双方は重要鉱物の供給網に関する協議を継続する、項目' || n.i"),
]


def begin() -> User:
    """Countries, posts and forums, and the officer."""
    make_frame()
    mine = Forum.objects.create(
        code="MINE", name_en="Mine", desk=Post.objects.order_by("pk")[0], review_months=6
    )
    for ordinal in range(1, 4):
        Meeting.objects.create(forum=mine, ordinal=ordinal, name_en=f"Sitting {ordinal} of mine")
    User.objects.create(username="somebody", name_en="Somebody")
    LadderBook().write_rules()
    Heartbeat.beat("tick", now=timezone.now())
    officer = User.objects.create(username="officer", name_en="Officer", is_staff=True, zone="Asia/Seoul")
    since = timezone.localdate() - timedelta(days=900)
    Membership.objects.create(user=officer, role="desk_officer", forum=mine, from_on=since)
    return officer


def extend(numbers: range) -> None:
    """Commitments with these numbers, thrice as many follow-ups, and everything else in proportion."""
    facts.remove()
    for make in (_commitments, _documents, _words, _owners, _dates, _answers, _reminders, _messages, _mails):
        make(numbers)
    facts.install()
    indexing.catch_up()
    for model in (Commitment, Document, DocumentText, Provision, Assignment, FollowUp, Reminder, Delivery):
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            execute(statement)
    if connection.vendor == "postgresql":
        execute("VACUUM ANALYZE")


def _mine(others: str) -> str:
    return f"CASE WHEN n.i <= {MINE} THEN {Forum.objects.get(code='MINE').pk} ELSE {others} END"


def _first(model: type[models.Model]) -> int:
    return model._default_manager.order_by("pk").values_list("pk", flat=True)[0]


def _ago(days: int) -> str:
    return f"'{connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(days=days))}'"


def _day(days: str) -> str:
    """Today and so many days, an expression, as the database writes it."""
    today = timezone.localdate().isoformat()
    if connection.vendor == "postgresql":
        return f"DATE '{today}' + CAST({days} AS int)"
    return f"date('{today}', ({days}) || ' days')"


def _no() -> str:
    return "false" if connection.vendor == "postgresql" else "0"


def _commitments(numbers: range) -> None:
    fill(
        Commitment,
        numbers,
        title_en="'Continue discussions on critical minerals ' || n.i",
        title_ko="'핵심광물 협의 지속 ' || n.i",
        title_ja="'重要鉱物に関する協議 ' || n.i",
        aliases="CASE WHEN n.i % 30 = 3 THEN 'zirconium track' ELSE '' END",
        reference="'B-2024-' || n.i",
        letter_number="CASE WHEN n.i % 5 = 0 THEN '미주통상과-' || n.i ELSE '' END",
        forum_id=_mine(f"{_first(Forum)} + n.i % {BODIES}"),
        marking="CASE WHEN n.i % 20 = 13 THEN 'restricted' ELSE 'internal' END",
        workflow="CASE WHEN n.i % 50 = 7 THEN 'draft' WHEN n.i % 10 = 9 THEN 'closed' ELSE 'active' END",
        closed_on=f"CASE WHEN n.i % 10 = 9 AND n.i % 50 <> 7 THEN {_day('-30')} END",
        outlook=choose(["", "on_track", "at_risk", "off_track"]),
        created_at=_ago(700),
    )
    somebody = User.objects.get(username="somebody").pk
    granted = "JOIN commitments_commitment c ON c.id = n.i AND c.marking = 'restricted'"
    fill(Grant, numbers, granted, commitment_id="n.i", user_id=str(somebody), reason="'Keeps it'")


def _documents(numbers: range) -> None:
    """One for each score of commitments, in three languages."""
    some = range((numbers.start - 1) // DOCUMENT_OF + 1, (numbers.stop - 1) // DOCUMENT_OF + 1)
    here = f"JOIN commitments_commitment c ON c.id = n.i * {DOCUMENT_OF}"
    fill(
        Document,
        some,
        here,
        title_en="'Joint statement ' || n.i",
        title_ko="'공동성명 ' || n.i",
        forum_id="c.forum_id",
        kind="'joint_statement'",
        adopted_on=_day("-(n.i % 900)"),
        letter_number="'에너지과-' || n.i",
    )
    for number, (language, _quote) in enumerate(QUOTES):
        fill(
            DocumentText,
            some,
            here,
            id=f"n.i * 3 + {number}",
            document_id="n.i",
            language=f"'{language}'",
            authority="1",
            body="'…'",
            sha256="''",
            source="'Ministry'",
        )


def _words(numbers: range) -> None:
    """A passage for each commitment, in one of the three languages; one in thirty has a word of its own."""
    quotes = " ".join(f"WHEN {place} THEN {quote}" for place, (_language, quote) in enumerate(QUOTES))
    fill(
        Provision,
        numbers,
        id="n.i",
        text_id=f"((n.i + {DOCUMENT_OF - 1}) / {DOCUMENT_OF}) * 3 + n.i % 3",
        start="n.i * 100",
        **{"end": "n.i * 100 + 90"},
        quote=f"CASE n.i % 3 {quotes} END || CASE WHEN n.i % 30 = 3 THEN ' zirconium 지르코늄' ELSE '' END",
        verdict="'commitment'",
    )
    fill(CommitmentProvision, numbers, id="n.i", commitment_id="n.i", provision_id="n.i")


def _owners(numbers: range) -> None:
    """Nine of ten have a lead; no post of the officer's own ministry among the others."""
    fill(
        Assignment,
        numbers,
        f"JOIN commitments_post p ON p.id = {_first(Post)} + 3 * (n.i % {POSTS // 3}) "
        "JOIN commitments_organisation o ON o.id = p.organisation_id AND n.i % 10 > 0",
        commitment_id="n.i",
        post_id="p.id",
        party_id="o.party_id",
        role="'lead'",
        from_on=_day("-600"),
    )


def _dates(numbers: range) -> None:
    """One that was answered, one that is late, soon or later, and one far off for half of them."""
    shared = {"commitment_id": "n.i", "dated_at": _ago(600)}
    fill(
        FollowUp,
        numbers,
        id="n.i * 3",
        kind="'deadline'",
        due_on=_day("-100 - n.i % 300"),
        closed_at=_ago(90),
        outcome="'reported'",
        **shared,
    )
    late = "CASE n.i % 10 WHEN 0 THEN -1 - n.i % 40 WHEN 1 THEN n.i % 14 ELSE 20 + n.i % 300 END"
    kind = "CASE WHEN n.i % 10 = 4 THEN 'occurrence' ELSE 'deadline' END"
    fill(FollowUp, numbers, id="n.i * 3 + 1", kind=kind, due_on=_day(late), **shared)
    fill(
        FollowUp,
        numbers,
        id="n.i * 3 + 2",
        kind="'milestone'",
        due_on=_day("400 + n.i % 500"),
        closed_at=f"CASE WHEN n.i % 2 = 0 THEN CAST({_ago(90)} AS {_moment()}) END",
        outcome="CASE WHEN n.i % 2 = 0 THEN 'withdrawn' ELSE '' END",
        **shared,
    )


def _moment() -> str:
    return "timestamptz" if connection.vendor == "postgresql" else "text"


def _answers(numbers: range) -> None:
    for number, (state, which, follow_up) in enumerate(
        [("cleared", "n.i % 2 = 0", "n.i * 3"), ("submitted", "n.i % 25 = 1", "n.i * 3 + 1")]
    ):
        fill(
            ProgressReport,
            numbers,
            f"JOIN commitments_commitment c ON c.id = n.i AND {which}",
            id=f"n.i * 2 + {number}",
            commitment_id="n.i",
            follow_up_id=follow_up,
            state=f"'{state}'",
            internal="'Two calls were held.'",
            reported_on=_day("-20 - n.i % 300"),
        )
    fill(
        Request,
        numbers,
        "JOIN commitments_commitment c ON c.id = n.i AND n.i % 40 = 2",
        id="n.i",
        follow_up_id="n.i * 3 + 1",
        kind="'extension'",
        due_on=_day("30"),
        proposed_on=_day("60"),
        asked_at=_ago(3),
    )


def _reminders(numbers: range) -> None:
    """What was told by a message, what the desk is to do about those who are late, what came too late."""
    lead = f"{_first(Post)} + 3 * (n.i % {POSTS // 3})"
    desk = str(_first(Post))
    of_follow_up = "JOIN commitments_followup f ON f.id = n.i * 3"
    told = {"state": "'told'", "told_at": _ago(20)}
    kinds: list[tuple[str, dict[str, str]]] = [
        (of_follow_up, {"step": "'before-7'", "audience": "'owner'", "post_id": lead, **told}),
        (
            f"{of_follow_up} + 1 AND n.i % 10 = 0",
            {"step": "'before-1'", "audience": "'owner'", "post_id": lead, **told},
        ),
        (
            f"{of_follow_up} + 1 AND n.i % 10 = 0",
            {"step": "'desk-5'", "audience": "'desk'", "post_id": desk, "state": "'planned'"},
        ),
        (
            f"{of_follow_up} + 1 AND n.i % 50 = 13",
            {"step": "'overdue-2'", "audience": "'owner'", "post_id": lead, "state": "'missed'"},
        ),
    ]
    for number, (source, columns) in enumerate(kinds):
        fill(
            Reminder,
            numbers,
            source,
            id=f"n.i * {len(kinds)} + {number}",
            follow_up_id="f.id",
            ordinal=str(number + 1),
            due_on="f.due_on",
            remind_on="f.due_on",
            breaks_out=_no(),
            planned_at=_ago(30),
            **columns,
        )


def _messages(numbers: range) -> None:
    """One for each ten told; one in twenty of them failed."""
    tens = range((numbers.start - 1) // 10 + 1, (numbers.stop - 1) // 10 + 1)
    fill(
        Delivery,
        tens,
        recipient_id=f"{_first(User)} + n.i % {POSTS}",
        local_day=_day("-20 - n.i / 500"),
        state="CASE WHEN n.i % 20 = 3 THEN 'failed' ELSE 'sent' END",
        message_class="'reminders-' || n.i",
        message_id="'<' || n.i || '@bench>'",
        send_after=_ago(20),
        created_at=_ago(20),
        subject="'Status requested'",
        text="'Please answer.'",
    )
    told = "step = 'before-7' AND follow_up_id >= %s AND follow_up_id < %s"
    execute(
        f"UPDATE notifications_reminder SET delivery_id = (follow_up_id / 3 + 9) / 10 WHERE {told}",
        [numbers.start * 3, numbers.stop * 3],
    )
    execute(
        "UPDATE notifications_reminder SET state = 'planned', told_at = NULL WHERE step = 'before-7' AND "
        "delivery_id IN (SELECT id FROM notifications_delivery WHERE state = 'failed')"
    )


def _mails(numbers: range) -> None:
    fill(
        IncomingMail,
        numbers,
        "JOIN commitments_commitment c ON c.id = n.i AND n.i % 100 = 5",
        mailbox="'desk@ministry.example'",
        message_id="'<in-' || n.i || '>'",
        kind="'reply'",
        subject="'Re: Status'",
        text="'Which one?'",
        received_at=_ago(2),
        follow_up_id="n.i * 3 + 1",
    )
    if numbers.start == 1:
        for n in range(5):
            AddressProblem.objects.create(
                address=f"p{n}@ministry.example", reason="550", since=timezone.now()
            )
