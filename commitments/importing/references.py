"""What an entry calls another by, its key, code, reference or name: in the file first, then in the register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from commitments.fields import composed
from commitments.importing.scalars import did_you_mean, text_of
from commitments.importing.values import Entry, Scalar, Value
from commitments.models import (
    LANGUAGES,
    Calendar,
    Commitment,
    Document,
    DocumentText,
    Forum,
    Meeting,
    Organisation,
    Party,
    Post,
    Provision,
    Topic,
    User,
)
from commitments.owners import called, only_one
from commitments.trees import CYCLE

if TYPE_CHECKING:
    from commitments.importing.kinds import Kind
    from commitments.importing.register import Register

CODES: dict[Any, str] = {
    Calendar: "code",
    Party: "code",
    Forum: "code",
    Topic: "code",
    User: "username",
    Commitment: "reference",
}
NAMED = (Forum, Party, Organisation, Post, Document, Calendar)
NAMES = [f"{stem}_{language}" for stem in ("name", "title") for language in LANGUAGES]
HANDLES = ("key", "code", "reference", "username", "email", *NAMES)
LONGEST_CHAIN = 50


class FollowsAnother(Exception):
    """Wrong only because something it refers to is; that has been said already."""


def handles(entry: Entry) -> Iterator[str]:
    """What other entries may call this one by."""
    for name in HANDLES:
        value = entry.fields.get(name)
        if isinstance(value, Scalar) and value.kind == "str" and value.raw.strip():
            yield composed(value.raw).strip()


class References:
    def __init__(self, register: Register) -> None:
        self.register = register
        self.known: dict[tuple[Any, str], Any] = {}
        self.failed: set[tuple[Any, str]] = set()
        self.of_file: defaultdict[tuple[Any, str], list[tuple[Kind, Entry]]] = defaultdict(list)
        self.chain = 0

    def expect(self, kind: Kind, entry: Entry) -> None:
        """The entry is going to have its turn, or now, if another needs it."""
        for handle in set(handles(entry)):
            self.of_file[kind.model, handle].append((kind, entry))

    def found(self, kind: Kind, entry: Entry, row: Any) -> None:
        key = entry.fields.get("key")
        if isinstance(key, Scalar) and (kind.model, key.raw) in self.known:
            self.register.note(key.place, _("This key is another entry's already. Choose another."))
        self.known |= {(kind.model, handle): row for handle in handles(entry)}

    def refused(self, kind: Kind, entry: Entry) -> None:
        self.failed |= {(kind.model, handle) for handle in handles(entry)}

    def get(self, model: Any, value: Value) -> Any:
        """Raises ValidationError if there is none or several, FollowsAnother if the file's own was refused."""
        handle = composed(text_of(value)).strip()
        row = self.from_file(model, handle) or self.from_register(model, handle)
        if row is None and (model, handle) in self.of_file:
            raise ValidationError(CYCLE)  # it waits for the one that asks
        if row is None:
            raise ValidationError(self.not_there(model, handle))
        return row

    def from_file(self, model: Any, handle: str) -> Any:
        called_so = self.of_file.get((model, handle), [])
        if len(called_so) > 1:
            said = _("“%(name)s” is the name of several entries. Give each a “key” and use that.")
            raise ValidationError(said % {"name": handle})
        if (model, handle) in self.known:
            return self.known[model, handle]
        if (model, handle) in self.failed:
            raise FollowsAnother
        if not called_so or self.register.has_begun(called_so[0][1]):
            return None
        if self.chain >= LONGEST_CHAIN:
            raise ValidationError(_("Too many entries of the file wait for one another here."))
        self.chain += 1
        row = self.register.bring_in(*called_so[0])
        self.chain -= 1
        if row is None:
            raise FollowsAnother
        return row

    def from_register(self, model: Any, handle: str) -> Any:
        rows = self.register.seen_rows(model)
        if model is User:
            return rows.filter(Q(username=handle) | Q(email__iexact=handle)).order_by("pk").first()
        found = rows.filter(**{CODES[model]: handle}).first() if model in CODES else None
        if found is not None:
            return found
        if model in NAMED:
            found = called(rows, handle)
            demonstration = self.register.demonstration
            own = [row for row in found if getattr(row, "demonstration", False) == demonstration]
            return only_one(own or found, handle)
        if model is Meeting:
            code, _space, number = handle.rpartition(" ")
            self.from_file(Forum, code)  # its turn comes first, with its meetings
            return rows.filter(forum__code=code, ordinal=int(number)).first() if number.isdecimal() else None
        return None  # the others are called by their key only

    def not_there(self, model: Any, handle: str) -> str:
        said = _("There is no %(what)s “%(name)s”, neither in the file nor in the register.")
        said %= {"what": model._meta.verbose_name, "name": handle[:100]}
        if model is Meeting:
            return said + " " + _("Call a meeting by its forum and number, such as “SCCD 2”.")
        return said + did_you_mean(handle, self.names_of(model))

    def names_of(self, model: Any) -> Iterable[str]:
        in_file = [handle for of_model, handle in self.of_file if of_model is model]
        codes = CODES.get(model)
        in_register = self.register.seen_rows(model).values_list(codes, flat=True)[:1000] if codes else []
        return [*in_file, *in_register]

    def words(self, value: Value, commitment: Commitment) -> Provision:
        """Declared words: by their key, or as they stand in a text of the commitment's forum."""
        quote = text_of(value).rstrip("\n")
        of_file = self.from_file(Provision, composed(quote).strip())
        if of_file is not None:
            return of_file
        forums = [commitment.forum_id, commitment.working_group_id]
        texts = self.register.seen_rows(DocumentText).filter(document__forum__in=forums)
        marked = Provision.objects.filter(text__in=texts, quote=quote)
        return marked.order_by("text__authority", "start", "id").first() or _mark(texts, quote)


def _mark(texts: Any, quote: str) -> Provision:
    text = texts.filter(body__contains=quote).order_by("authority", "id").first() if quote else None
    if text is None:
        said = _("These words stand in no text of the forum. Enter the document first, or copy them exactly.")
        raise ValidationError({"provisions": said})
    start, end = text.span_of(quote)
    provision = Provision(text=text, start=start, end=end, verdict=Provision.Verdict.COMMITMENT)
    provision.full_clean()
    provision.save()
    return provision
