"""What somebody finds who looks for words: entries that they may see, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, QuerySet
from django.utils.text import capfirst

from commitments import indexing
from commitments.indexing import MODELS
from commitments.models import Commitment, Findable, Unread, User, in_language
from commitments.search_words import Phrases, asked, folded, passage, stands_in

COUNTED = 1_000  # of each kind; beyond that one asks more narrowly
REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9.]*(-[A-Z0-9.]+)+")

# Where it stands says how likely it is meant.
WEIGHTS = {"reference": 0, "code": 0, "number": 0, "aliases": 2, "letter_number": 3}
USUAL_WEIGHT = 1

Pieces = list[tuple[str, bool]]


@dataclass
class Found:
    """An entry with the places where what was asked for stands."""

    entry: Findable
    phrases: Phrases

    @property
    def key(self) -> int:
        return self.entry.object_id

    @cached_property
    def texts(self) -> list[tuple[str, str]]:
        return [(which, text) for which, text in self.entry.texts]

    @cached_property
    def name(self) -> str:
        """As the page's language says it: of a commitment its title."""
        known = {which: text for which, text in self.texts if which.startswith(("title_", "name_"))}
        stem = "title" if any(which.startswith("title_") for which in known) else "name"
        return in_language(MODELS[self.entry.kind](**known), stem) or dict(self.texts).get("number", "")

    @property
    def code(self) -> str:
        return dict(self.texts).get("code", "")

    @property
    def named(self) -> Pieces:
        return passage(self.name, self.phrases)

    @property
    def quoted(self) -> Pieces:
        return passage(self.texts[0][1], self.phrases)

    def where(self) -> list[tuple[str, Pieces]]:
        """What else than its name says it: which of its texts, and the passage."""
        others = [each for each in self.texts if each[1] != self.name and each[0] not in {"number", "code"}]
        return [
            (self._label(which), passage(text, self.phrases))
            for which, text in others
            if which != "reference" and stands_in(text, self.phrases)
        ]

    def _label(self, which: str) -> str:
        return capfirst(str(MODELS[self.entry.kind]._meta.get_field(which).verbose_name))  # type: ignore[union-attr]


def by_reference(typed: str, user: User) -> Commitment | None:
    """Whoever types a whole reference wants that very commitment."""
    reference = typed.upper()
    if not REFERENCE.fullmatch(reference):
        return None
    return Commitment.objects.visible_to(user).filter(reference=reference).first()


def find_newest(typed: str, user: User, *, at_most: int) -> dict[str, list[Found]]:
    """After reading what was written since, so many entries of it; whether something was, the answer itself says."""
    found = find(typed, user)
    rows = [row for rows in found.values() for row in rows]
    if (rows and not rows[0].entry.is_behind) or not indexing.catch_up(at_most):  # type: ignore[attr-defined]
        return found
    return find(typed, user)


def find(typed: str, user: User) -> dict[str, list[Found]]:
    """By kind, at most COUNTED of each, in one query."""
    phrases = asked(typed)
    found: dict[str, list[Found]] = {kind: [] for kind in MODELS}
    if not phrases:
        return found
    first, *others = (_some(kind, phrases, user) for kind in MODELS)
    for entry in first.union(*others, all=True):
        found[entry.kind].append(Found(entry, phrases))
    return {kind: _likeliest_first(rows, typed) for kind, rows in found.items()}


def _some(kind: str, phrases: Phrases, user: User) -> QuerySet[Findable]:
    seen = MODELS[kind]._default_manager.visible_to(user).order_by().values("pk")  # type: ignore[attr-defined]
    some = Findable.objects.holding(phrases).of(kind, seen).order_by().values("pk")[:COUNTED]
    found = Findable.objects.filter(pk__in=some).defer("tokens").order_by()
    return found.annotate(is_behind=Exists(Unread.objects.all()))


def _likeliest_first(rows: list[Found], typed: str) -> list[Found]:
    whole, _places = folded(typed.strip('"“”'))
    words = whole.split()
    return sorted(rows, key=lambda row: (_distance(row.texts, whole, words), -row.key))


def _distance(texts: Iterable[tuple[str, str]], whole: str, words: list[str]) -> tuple[bool, bool, int]:
    """Not all of it; not its beginning; the least of the places where a word stands."""
    known = [(WEIGHTS.get(which, USUAL_WEIGHT), folded(text)[0]) for which, text in texts]
    return (
        all(text != whole for _weight, text in known),
        not any(text.startswith(whole) for _weight, text in known),
        min((weight for weight, text in known if any(word in text for word in words)), default=9),
    )
