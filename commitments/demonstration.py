"""The demonstration: two real meetings with invented owners, loaded beside what is real and removed as a whole.

It is what carries the flag `demonstration` (forums, posts, organisations, people) and what hangs on its
forums. Only load() sets the flag, and nothing can get it afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Exists, ProtectedError, Q

from commitments.importing import Imported, import_register
from commitments.locking import exclusively
from commitments.models import (
    Assignment,
    Calendar,
    Change,
    Closing,
    Commitment,
    CommitmentParty,
    CommitmentProvision,
    CommitmentRelation,
    CommitmentTopic,
    Contact,
    ContactOrganisation,
    ContactPost,
    Document,
    DocumentText,
    Evidence,
    FollowUp,
    Forum,
    ForumParty,
    Grant,
    Interpretation,
    Meeting,
    Membership,
    MovedPost,
    Organisation,
    Party,
    Post,
    ProgressReport,
    Provision,
    RelatedForum,
    Reorganisation,
    Request,
    Topic,
    User,
    writing,
)

FILE = Path(__file__).parent / "data" / "demonstration.yaml"
VIA = "demonstration"
OFFICER = "desk"
FLAGGED: tuple[Any, ...] = (Forum, Post, Organisation, User)


def exists() -> bool:
    """In one query: it is asked on every page."""
    first, *others = (model.objects.filter(demonstration=True).order_by().values("pk") for model in FLAGGED)
    return first.union(*others, all=True).exists()


def is_there() -> Exists:
    """The same within a question that is asked anyway."""
    first, *others = (model.objects.filter(demonstration=True).order_by().values("pk") for model in FLAGGED)
    return Exists(first.union(*others, all=True))


def is_wanted() -> bool:
    """No forum was ever entered. A demonstration that was removed does not come back by itself."""
    return not Change.objects.filter(model=Forum._meta.label_lower).exists()


def load(*, now: datetime, password: str = "") -> Imported | None:
    """Enter it, with somebody who may sign in; None if it is here already.

    `password`: of that person; empty leaves it as it is, and a new person without one."""
    with exclusively("demonstration"):
        if exists():
            return None
        _give_officer(password)
        return import_register(FILE.read_bytes(), FILE.name, now=now, demonstration=True)


def _give_officer(password: str) -> None:
    """The sign-in stays when the demonstration goes, so it carries no flag."""
    officer = User.objects.filter(username=OFFICER).first()
    if officer is None:
        names = {
            "name_en": "Demonstration desk officer",
            "name_ko": "시연용 총괄 담당",
            "name_ja": "実演用 総括担当",
        }
        User.objects.create_superuser(OFFICER, password or None, email="desk@demo.example", **names)
    elif password:
        officer.set_password(password)
        officer.save(update_fields=["password"])


def counts() -> dict[str, int]:
    """What would go, under the names that pages show."""
    forums = {"forum__demonstration": True}
    rows = [
        Forum.objects.filter(demonstration=True),
        Meeting.objects.filter(**forums),
        Document.objects.filter(**forums),
        Commitment.objects.filter(**forums),
        _follow_ups(),
        ProgressReport.objects.filter(commitment__forum__demonstration=True),
        Organisation.objects.filter(demonstration=True),
        Post.objects.filter(demonstration=True),
        User.objects.filter(demonstration=True),
    ]
    return {str(found.model._meta.verbose_name_plural): found.count() for found in rows}


def added() -> int:
    """How many commitments people have entered under its forums since: they would go with it."""
    own = Change.objects.filter(model=Commitment._meta.label_lower, action=Change.Action.CREATED, via=VIA)
    there = Commitment.objects.filter(forum__demonstration=True)
    return there.exclude(pk__in=own.values("object_id")).count()


def _follow_ups() -> Any:
    of_commitments = Q(commitment__forum__demonstration=True)
    return FollowUp.objects.filter(of_commitments | Q(meeting__forum__demonstration=True))


def remove(*, now: datetime) -> list[str]:
    """Delete it as a whole; returns the names of posts, people and bodies that real entries still need.

    What the notifications hold about it has to be gone before: call this from within their transaction."""
    with exclusively("demonstration"), writing(via=VIA, why="The demonstration was removed.", at=now):
        _remove_forums()
        _remove_reorganisations()
        kept = [row for model in (Post, User) for row in _remove_unused(_flagged(model))]
        kept += _remove_unused(_flagged(Organisation))
        for model in (Topic, Party, Calendar):
            _remove_unused(_made_by_loading(model))
    return [str(row) for row in kept]


def _remove_forums() -> None:
    forums = _keys(Forum.objects.filter(demonstration=True))
    commitments = _keys(Commitment.objects.filter(forum__in=forums))
    meetings = _keys(Meeting.objects.filter(forum__in=forums))
    documents = _keys(Document.objects.filter(forum__in=forums))
    texts = _keys(DocumentText.objects.filter(document__in=documents))
    follow_ups = _keys(_follow_ups())
    _release(forums, meetings, texts)
    of_commitments = Q(commitment__in=commitments)
    contacts = _keys(Contact.objects.filter(of_commitments | Q(meeting__in=meetings) | Q(forum__in=forums)))
    for model, which in [
        (ContactPost, Q(contact__in=contacts)),
        (ContactOrganisation, Q(contact__in=contacts)),
        (Contact, Q(pk__in=contacts)),
        (Closing, of_commitments),
        (Evidence, Q(report__commitment__in=commitments)),
        (ProgressReport, of_commitments),
        (Request, Q(follow_up__in=follow_ups)),
        (FollowUp, Q(pk__in=follow_ups)),
        (CommitmentRelation, of_commitments | Q(other__in=commitments) | Q(document__in=documents)),
        (CommitmentProvision, of_commitments | Q(provision__text__in=texts)),
        (CommitmentParty, of_commitments),
        (CommitmentTopic, of_commitments),
        (Interpretation, of_commitments),
        (Assignment, of_commitments),
        (Grant, of_commitments),
        (Commitment, Q(pk__in=commitments)),
        (Provision, Q(text__in=texts)),
        (DocumentText, Q(pk__in=texts)),
        (Document, Q(pk__in=documents)),
        (Meeting, Q(pk__in=meetings)),
        (Membership, Q(forum__in=forums)),
        (ForumParty, Q(forum__in=forums)),
        (RelatedForum, Q(forum__in=forums) | Q(other__in=forums)),
        (Forum, Q(pk__in=forums)),
    ]:
        model.objects.filter(which).delete()


def _remove_reorganisations() -> None:
    rows = _keys(Reorganisation.objects.filter(organisation__demonstration=True))
    MovedPost.objects.filter(Q(reorganisation__in=rows) | Q(post__demonstration=True)).delete()
    Reorganisation.objects.filter(pk__in=rows).delete()


def _release(forums: list[int], meetings: list[int], texts: list[int]) -> None:
    """What is real and only hangs on it stays, and hangs on nothing."""
    FollowUp.objects.filter(anchor_meeting__in=meetings).update(anchor_meeting=None, offset_days=None)
    Commitment.objects.filter(working_group__in=forums).update(working_group=None)
    Forum.objects.filter(parent__in=forums).update(parent=None)
    DocumentText.objects.filter(corrects__in=texts).update(corrects=None)
    Contact.objects.filter(document__forum__in=forums).update(document=None)


def _keys(rows: Any) -> list[int]:
    return list(rows.values_list("pk", flat=True))


def _flagged(model: Any) -> Any:
    return model.objects.filter(demonstration=True)


def _made_by_loading(model: Any) -> Any:
    """Parties and the like carry no flag; that they came with it is in the history."""
    made = Change.objects.filter(model=model._meta.label_lower, action=Change.Action.CREATED, via=VIA)
    return model.objects.filter(pk__in=made.values("object_id"))


def _remove_unused(rows: Iterable[Any]) -> list[Any]:
    """Delete what nothing refers to; returns the rest. In rounds: what goes may have held another."""
    left = list(rows)
    while True:
        kept = [row for row in left if not _removed(row)]
        if len(kept) == len(left):
            return kept
        left = kept


def _removed(row: Any) -> bool:
    try:
        with transaction.atomic():
            if isinstance(row, Post):
                row.holdings.all().delete()
                row.subordinates.update(superior=None)
                row.stands_in_for.update(alternate=None)
            if isinstance(row, Organisation):
                row.earlier_names.all().delete()
            row.delete()
    except ProtectedError:
        return False
    return True
