"""Where a letter may be named (공문번호, 文書番号), and how what came by one is found again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy

from commitments.fields import composed
from commitments.models import (
    Commitment,
    Contact,
    Document,
    Evidence,
    Meeting,
    ProgressReport,
    Recorded,
    Request,
)

COLUMN = "letter_number"


@dataclass(frozen=True)
class Place:
    """A kind of entry with a letter number, and what it belongs to."""

    model: type[Recorded]
    commitment: str = ""  # paths to the keys
    meeting: str = ""
    document: str = ""

    @property
    def label(self) -> str:
        return self.model._meta.label_lower


# The one list: the search, and whatever index stands behind it, read it.
PLACES = [
    Place(Commitment, commitment="pk"),
    Place(Document, document="pk"),
    Place(Meeting, meeting="pk"),
    Place(ProgressReport, commitment="commitment"),
    Place(Evidence, commitment="report__commitment"),
    Place(Request, commitment="follow_up__commitment", meeting="follow_up__meeting"),
    Place(Contact, commitment="commitment", meeting="meeting"),
]
WORDS = {
    "commitments.commitment": gettext_lazy("commitment"),
    "commitments.document": gettext_lazy("document"),
    "commitments.meeting": gettext_lazy("meeting"),
    "commitments.progressreport": gettext_lazy("progress report"),
    "commitments.evidence": gettext_lazy("evidence"),
    "commitments.request": gettext_lazy("request"),
    "commitments.contact": gettext_lazy("contact"),
}


@dataclass(frozen=True)
class Found:
    number: str
    label: str
    commitment: Commitment | None
    meeting: Meeting | None
    document: Document | None

    @property
    def kind(self) -> str:
        return str(WORDS[self.label])

    @property
    def subject(self) -> Commitment | Meeting | Document | None:
        return self.commitment or self.meeting or self.document


def find(words: str, user: Any, *, most: int) -> list[Found]:
    """Entries that name a letter whose number contains `words`, as far as `user` may see them.

    One question for all kinds, and one for each kind of thing that they belong to."""
    rows = list(_union([_of(place, words, user) for place in PLACES])[:most])
    subjects = {
        "commitment": _by_key(Commitment, (row["of_commitment"] for row in rows), user),
        "meeting": _by_key(Meeting, (row["of_meeting"] for row in rows), user),
        "document": _by_key(Document, (row["of_document"] for row in rows), user),
    }
    found = (
        Found(row[COLUMN], row["label"], **{n: known.get(row[f"of_{n}"]) for n, known in subjects.items()})
        for row in rows
    )
    return [each for each in found if each.subject is not None]


def _of(place: Place, words: str, user: Any) -> QuerySet:
    rows = place.model._default_manager.visible_to(user)
    named = rows.filter(~Q(**{COLUMN: ""}), **{f"{COLUMN}__icontains": composed(words)})
    columns = {
        "label": Value(place.label, models.CharField()),
        "of_commitment": _key(place.commitment),
        "of_meeting": _key(place.meeting),
        "of_document": _key(place.document),
    }
    return named.order_by().annotate(**columns).values(COLUMN, *columns)


def _key(path: str) -> F | Cast:
    """Without the cast PostgreSQL would take two columns of nothing for text."""
    return F(path) if path else Cast(Value(None), models.BigIntegerField())


def _union(parts: list[QuerySet]) -> QuerySet:
    """A second report about the same thing by the same letter says nothing new: rows that are alike are one."""
    return parts[0].union(*parts[1:]).order_by(COLUMN, "label", "of_commitment")


def _by_key(model: Any, keys: Iterable[int | None], user: Any) -> dict[int, Any]:
    wanted = {key for key in keys if key is not None}
    if not wanted:
        return {}
    rows = model.objects.visible_to(user).filter(pk__in=wanted)
    return {row.pk: row for row in (rows.select_related("forum") if model is not Commitment else rows)}


def search_fields(model: type[models.Model]) -> list[str]:
    """For the lists of single entries."""
    return [COLUMN] if any(place.model is model for place in PLACES) else []
