"""What a row of a sheet brings into the register: a commitment, a person with a post, or a day of a calendar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from commitments.importing.kinds import KINDS, NAMES, TITLES, Holdings, Holidays
from commitments.importing.register import Register
from commitments.importing.scalars import text_of
from commitments.importing.values import Entry, Scalar, Value
from commitments.models import Calendar, ImportRun, Organisation, Party, Post, User
from commitments.owners import called, language_of, only_one

OF_PERSON = ("username", "email", "language", *NAMES)
OF_HOLDING = ("from_on", "until_on", "acting")


def commitment(register: Register, entry: Entry) -> Any:
    return register.bring_in(KINDS["commitments"], entry)


# ---- holidays ---------------------------------------------------------------------------------------

HOLIDAYS = Holidays()


def day(register: Register, entry: Entry) -> Any:
    calendar = register.reference(Calendar, entry.fields["calendar"]) if "calendar" in entry.fields else None
    if calendar is None:
        _say_missing(register, entry, "calendar")
        return None
    with register.noting(HOLIDAYS, entry, "calendar"):
        register.refuse_unentitled(KINDS["calendars"], calendar)
        return register.bring_in(HOLIDAYS, _part(entry, HOLIDAYS.fields), calendar=calendar)
    return None


def _say_missing(register: Register, entry: Entry, column: str) -> None:
    if column not in entry.fields:
        register.note(entry.place.field(column), _("This is missing."))


def _part(entry: Entry, names: tuple[str, ...]) -> Entry:
    return Entry(entry.place, {name: entry.fields[name] for name in names if name in entry.fields})


# ---- people -----------------------------------------------------------------------------------------


def person(register: Register, entry: Entry) -> User | None:
    """The person, and the post if the row names one: organisation, post and holding are entered if they lack."""
    found = _person(register, entry)
    post = _post(register, entry) if "post" in entry.fields else None
    if found is not None and post is not None:
        with register.noting(KINDS["posts"], entry, "post"):
            register.refuse_unentitled(KINDS["posts"], post)
            register.bring_in(Holdings(), _part(entry, OF_HOLDING), post=post, user=found)
    return found


def _person(register: Register, entry: Entry) -> User | None:
    """Somebody with two posts has two rows; the first says who they are."""
    own = _part(entry, OF_PERSON)
    known = _brought_in(register, own) if "post" in entry.fields else None
    return known or register.bring_in(KINDS["people"], own)


def _brought_in(register: Register, own: Entry) -> User | None:
    values = {name: value.raw for name, value in own.fields.items() if isinstance(value, Scalar)}
    found = KINDS["people"].find(register, values)
    return found if found is not None and register.was_seen(found) else None


def _post(register: Register, entry: Entry) -> Post | None:
    said = entry.fields["post"]
    party = _party(register, entry)
    organisation = _organisation(register, entry, party) if "organisation" in entry.fields else None
    if organisation is None and "organisation" in entry.fields:
        return None
    with register.noting(KINDS["posts"], entry, "post"):
        rows = (
            register.seen_rows(Post).filter(organisation=organisation)
            if organisation
            else _posts(register, party)
        )
        found = only_one(called(rows, text_of(said)), text_of(said))
        if found is None and organisation is None:
            raise ValidationError(_("There is no such post. Say of which organisation it is to be."))
        return found or register.bring_in(KINDS["posts"], _named(entry, said), organisation=organisation)
    return None


def _posts(register: Register, party: Party | None) -> QuerySet[Post]:
    rows = register.seen_rows(Post)
    return rows.filter(organisation__party=party) if party else rows


def _party(register: Register, entry: Entry) -> Party | None:
    return register.reference(Party, entry.fields["party"]) if "party" in entry.fields else None


def _organisation(register: Register, entry: Entry, party: Party | None) -> Organisation | None:
    said = entry.fields["organisation"]
    with register.noting(KINDS["organisations"], entry, "organisation"):
        rows = register.seen_rows(Organisation)
        rows = rows.filter(party=party) if party else rows
        found = only_one(called(rows, text_of(said)), text_of(said))
        if found is None and party is None:
            raise ValidationError(
                _(
                    "It is not in the register, and it is not known which country it belongs to. Say it for all rows."
                )
            )
        return found or register.bring_in(KINDS["organisations"], _named(entry, said), party=party)
    return None


def _named(entry: Entry, said: Value) -> Entry:
    """An entry that consists of its name, in the language of its script."""
    return Entry(entry.place, {f"name_{language_of(text_of(said))}": said})


# ---- all of them ------------------------------------------------------------------------------------

BRING_IN: dict[str, Callable[[Register, Entry], Any]] = {
    ImportRun.Kind.COMMITMENTS: commitment,
    ImportRun.Kind.PEOPLE: person,
    ImportRun.Kind.HOLIDAYS: day,
}
TITLES_OF: dict[str, tuple[str, ...]] = {
    ImportRun.Kind.COMMITMENTS: TITLES[:3],
    ImportRun.Kind.PEOPLE: NAMES[:3],
    ImportRun.Kind.HOLIDAYS: ("day", "name"),
}


def title_of(kind: str, entry: Entry) -> str:
    """By what the officer knows the row again: of a day both, of the others the first name that is given."""
    values = (entry.fields.get(name) for name in TITLES_OF[kind])
    said = [value.raw for value in values if isinstance(value, Scalar) and value.raw]
    return ", ".join(said if kind == ImportRun.Kind.HOLIDAYS else said[:1])
