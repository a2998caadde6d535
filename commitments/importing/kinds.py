"""What a register file may hold: for each kind of entry its fields, how it is recognised and what lies in it.

The rules of an entry are those of its model; here stands only how a file speaks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from commitments import scheduling
from commitments.importing.differences import in_words
from commitments.importing.scalars import text_of, yes_or_no_of
from commitments.importing.values import Entry, Listing, Scalar
from commitments.models import (
    Assignment,
    Authority,
    Calendar,
    Commitment,
    CommitmentRelation,
    Document,
    DocumentText,
    Evidence,
    FollowUp,
    Forum,
    Grant,
    Holiday,
    Interpretation,
    Meeting,
    Organisation,
    OrganisationName,
    Party,
    Post,
    PostHolding,
    ProgressReport,
    Provision,
    ReferenceCounter,
    Strength,
    Topic,
    User,
)
from commitments.owners import owner_from_line

if TYPE_CHECKING:
    from commitments.importing.register import Register

NAMES = ("name_en", "name_ko", "name_ja", "aliases")
TITLES = ("title_en", "title_ko", "title_ja", "aliases")
CUT = "\n[…]\n"  # between two passages of an excerpt
# Values that the register keeps as numbers and a file says in words.
WORDS: Mapping[str, type[models.IntegerChoices]] = {"authority": Authority, "strength": Strength}


Mark = tuple[Any, ...]


class Kind:
    """A kind of entry. Subclasses say what is particular about theirs."""

    model: type[Any]
    fields: tuple[str, ...] = ()
    # Fields that no model has, read by complete() or follow().
    extra: tuple[str, ...] = ()
    # Links to several entries of another kind.
    links: tuple[str, ...] = ()
    # A link of the model that may point to an entry that points back; set when both are there.
    late: tuple[str, ...] = ()
    # Together they say which entry of the register is meant; a kind that is named also compares names.
    identity: tuple[str, ...] = ()
    identity_if_given: tuple[str, ...] = ()
    named = False
    # The field that leads to the entry around it.
    parent = ""

    def __init__(self, **children: Kind) -> None:
        self.children = children

    @property
    def known(self) -> tuple[str, ...]:
        return ("key", *self.fields, *self.extra, *self.links, *self.late, *self.children)

    def complete(self, register: Register, entry: Entry, values: dict[str, Any]) -> None:
        """Add to `values` what the entry says in words of its own. Raises ValidationError."""

    def find(self, register: Register, values: dict[str, Any]) -> Any:
        """The row of the register that the entry speaks of, or None."""
        given = [name for name in self.identity_if_given if values.get(name)]
        known = {name: values.get(name) for name in (*self.identity, *given)}
        rows = register.own_rows(self.model).filter(**known)
        if self.named:
            same = Q()
            for name in TITLES[:3] if self.model.stem == "title" else NAMES[:3]:
                if values.get(name):
                    stored = self.model._meta.get_field(name).to_python(values[name])
                    same |= Q(**{f"{name}__iexact": stored})
            rows = rows.filter(same) if same else rows.none()
        return rows.order_by("pk").first()

    def new(self, register: Register, values: dict[str, Any]) -> Any:
        return self.model()

    def called(self, row: Any) -> str:
        """A new row in a word, within the entry that it is new in."""
        return str(row)

    def marks(self, values: dict[str, Any]) -> list[Mark]:
        """By what a new entry of a sheet is known again further down, where find() may not see it any more."""
        return []

    def assign(self, register: Register, row: Any, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(row, name, value)

    def follow(self, register: Register, entry: Entry, row: Any, changed: set[str]) -> None:
        """What is to happen once the row and everything within it is there. `changed`: its fields."""

    def around(self, row: Any) -> dict[str, Any]:
        """What the entries within take from this one."""
        return {}


class Topics(Kind):
    model, identity = Topic, ("code",)
    fields = ("code", *NAMES)


class Holidays(Kind):
    model, parent, identity = Holiday, "calendar", ("calendar", "day")
    fields = ("day", "name", "working")

    def marks(self, values: dict[str, Any]) -> list[Mark]:
        return [(values["calendar"].pk, values.get("day"))]


class Calendars(Kind):
    model, identity = Calendar, ("code",)
    fields = ("code", *NAMES, "parent", "country", "zone")


class Parties(Kind):
    model, identity = Party, ("code",)
    fields = ("code", *NAMES, "kind", "calendar", "language")


class EarlierNames(Kind):
    model, parent, identity = OrganisationName, "organisation", ("organisation", "until_on")
    fields = ("until_on", *NAMES)


class Organisations(Kind):
    model, identity, named = Organisation, ("party",), True
    identity_if_given = ("parent",)
    fields = (*NAMES, "party", "parent", "calendar", "zone", "language", "telephone")


class People(Kind):
    model, identity = User, ("username",)
    fields = ("username", *NAMES, "email", "language", "zone")

    def find(self, register: Register, values: dict[str, Any]) -> User | None:
        """By the sign-in name; where the file gives none, by the mail address."""
        people = register.own_rows(User).order_by("pk")
        if values.get("username"):
            return people.filter(username=values["username"].strip()).first()
        mail = (values.get("email") or "").strip()
        return people.filter(email__iexact=mail).first() if mail else None

    def new(self, register: Register, values: dict[str, Any]) -> User:
        person = User(username=(values.get("email") or "").strip().lower())
        person.set_unusable_password()
        return person

    def marks(self, values: dict[str, Any]) -> list[Mark]:
        return [(values.get("username") or (values.get("email") or "").strip().lower(),)]


class Dated(Kind):
    """Parts and holdings: without a day the one that runs is meant, and a new one begins today."""

    owner: tuple[str, ...] = ()

    def find(self, register: Register, values: dict[str, Any]) -> Any:
        rows = self.model.objects.filter(**{name: values.get(name) for name in self.owner})
        begun = rows.filter(from_on=values["from_on"]).first() if values.get("from_on") else None
        running = rows.filter(until_on=None).order_by("pk").first()
        return begun or (None if running and register.was_seen(running) else running)

    def new(self, register: Register, values: dict[str, Any]) -> Any:
        return self.model(from_on=register.today)


class Holdings(Dated):
    model, parent, owner = PostHolding, "post", ("post", "user")
    fields = ("user", "from_on", "until_on", "acting")


class Posts(Kind):
    model, identity, named = Post, ("organisation",), True
    fields = (*NAMES, "organisation", "superior")
    late = ("alternate",)


class Meetings(Kind):
    model, parent, identity = Meeting, "forum", ("forum", "ordinal")
    fields = (
        *NAMES,
        "ordinal",
        "state",
        "starts_on",
        "ends_on",
        "window_start_on",
        "window_end_on",
        "window_reading",
        "place",
        "zone",
    )

    def follow(self, register: Register, entry: Entry, row: Meeting, changed: set[str]) -> None:
        if "starts_on" in changed:
            scheduling.move_with(row, reason=register.reason, now=register.now)


class Forums(Kind):
    model, identity, links = Forum, ("code",), ("parties", "related")
    fields = (
        "code",
        *NAMES,
        "kind",
        "parent",
        "desk",
        "desk_mailbox",
        "cadence_months",
        "review_months",
        "review_from_on",
        "note",
    )


class Provisions(Kind):
    model, parent, identity = Provision, "text", ("text", "start", "end")
    fields = (
        "start",
        "end",
        "quote",
        "verdict",
        "reason",
        "strength",
        "owner_as_stated",
        "timeframe_as_stated",
    )

    def complete(self, register: Register, entry: Entry, values: dict[str, Any]) -> None:
        """A passage is given by its words, by its place, or by both."""
        if values.get("quote"):
            values["quote"] = values["quote"].rstrip("\n")
            if values.get("end") is None:
                near = max(values.get("start") or 0, 0)
                values["start"], values["end"] = values["text"].span_of(values["quote"], near=near)


class Texts(Kind):
    model, parent, identity = DocumentText, "document", ("document", "language", "authority", "source")
    fields = ("language", "authority", "body", "is_excerpt", "source", "url", "published_on", "corrects")
    extra = ("approved",)

    def complete(self, register: Register, entry: Entry, values: dict[str, Any]) -> None:
        """An excerpt without a body consists of its passages."""
        if "body" not in values and values.get("is_excerpt"):
            values["body"] = CUT.join(_quotes(entry))

    def follow(self, register: Register, entry: Entry, row: DocumentText, changed: set[str]) -> None:
        if "approved" in entry.fields and yes_or_no_of(entry.fields["approved"]) and not row.is_locked:
            row.approve(now=register.now)


def _quotes(entry: Entry) -> Iterator[str]:
    passages = entry.fields.get("provisions")
    for passage in passages.items if isinstance(passages, Listing) else []:
        quote = passage.fields.get("quote") if isinstance(passage, Entry) else None
        if isinstance(quote, Scalar):
            yield quote.raw.rstrip("\n")


class Documents(Kind):
    model, identity, named = Document, ("forum", "adopted_on"), True
    fields = (*TITLES, "forum", "meeting", "kind", "adopted_on", "adopted_reading", "letter_number")


class Assignments(Dated):
    model, parent, owner = Assignment, "commitment", ("commitment", "post", "role")
    fields = ("post", "role", "from_on", "until_on")
    extra = ("owner", "party")

    def complete(self, register: Register, entry: Entry, values: dict[str, Any]) -> None:
        owner = entry.fields.get("owner")
        if owner is not None and "post" not in values:
            party = entry.fields.get("party")
            values["post"] = self._owner(register, owner, party, values["commitment"])
        values.setdefault("role", Assignment.Role.LEAD)
        if values.get("post"):
            values["party"] = values["post"].organisation.party

    def _owner(self, register: Register, owner: Any, party: Any, commitment: Commitment) -> Post:
        forum = commitment.forum
        line = text_of(owner)
        known = register.references.get(Party, party) if party is not None else register.home_party(forum)
        if (line, known) not in register.owners:
            try:
                register.owners[line, known] = owner_from_line(line, party=known, today=register.today)
            except ValidationError as error:
                raise ValidationError({"owner": error.messages}) from error
        return register.owners[line, known]


class Interpretations(Kind):
    model, parent, identity = Interpretation, "commitment", ("commitment", "about", "text")
    fields = ("about", "text", "basis", "confidence", "marking")

    def new(self, register: Register, values: dict[str, Any]) -> Interpretation:
        return Interpretation(basis=register.file)  # where nothing else is said; kept when it comes again


class Grants(Kind):
    model, parent, identity = Grant, "commitment", ("commitment", "user")
    fields = ("user", "reason")


class Relations(Kind):
    model, parent = CommitmentRelation, "commitment"
    identity = ("commitment", "kind", "other", "document")
    fields = ("kind", "other", "document", "note")


class EvidenceOfReports(Kind):
    model, parent, identity = Evidence, "report", ("report", "title")
    fields = ("title", "url", "letter_number")


class Reports(Kind):
    """Of a commitment as a whole: cleared. Within a date that it answers: waiting for the desk."""

    model, parent = ProgressReport, "commitment"
    identity = ("commitment", "follow_up", "post", "party", "reported_on")
    fields = (
        "post",
        "party",
        "state",
        "no_change",
        "internal",
        "shareable_en",
        "shareable_ko",
        "shareable_ja",
        "source",
        "letter_number",
        "reported_by",
        "reported_on",
    )

    def complete(self, register: Register, entry: Entry, values: dict[str, Any]) -> None:
        if values.get("post") and "party" not in values:
            values["party"] = values["post"].organisation.party
        values.setdefault("reported_on", register.today)

    def new(self, register: Register, values: dict[str, Any]) -> ProgressReport:
        answers = values.get("follow_up") is not None
        state = ProgressReport.State.SUBMITTED if answers else ProgressReport.State.CLEARED
        return ProgressReport(state=state)

    def follow(self, register: Register, entry: Entry, row: ProgressReport, changed: set[str]) -> None:
        if row.state == ProgressReport.State.CLEARED and row.follow_up is not None:
            row.follow_up.close(FollowUp.Outcome.REPORTED, now=register.now, reason=register.reason)


class FollowUps(Kind):
    """A date is recognised by each day on which it ever stood: what people moved since stays where it is."""

    model, parent = FollowUp, "commitment"
    fields = (
        "kind",
        "due_on",
        "window_start_on",
        "precision",
        "phrase",
        "basis",
        "party",
        "post",
        "anchor_meeting",
        "anchor_event",
        "anchor_on",
        "offset_days",
    )

    def complete(self, register: Register, entry: Entry, values: dict[str, Any]) -> None:
        values.setdefault("kind", FollowUp.Kind.DEADLINE)

    def find(self, register: Register, values: dict[str, Any]) -> FollowUp | None:
        of_kind = {name: values.get(name) or None for name in ("commitment", "kind", "party")}
        alike = list(FollowUp.objects.filter(**of_kind, phrase=values.get("phrase") or ""))
        for row in alike:
            if values.get("due_on") in {row.due_on, *(day for day, _until, _why in row.earlier_dates())}:
                return row
        free = [row for row in alike if row.is_open and not register.was_seen(row)]
        return free[0] if len(free) == 1 and values.get("due_on") else None

    def new(self, register: Register, values: dict[str, Any]) -> FollowUp:
        return FollowUp(dated_at=register.now)

    def assign(self, register: Register, row: FollowUp, values: dict[str, Any]) -> None:
        wanted = dict(values)
        if row.pk is not None:
            due_on = wanted.pop("due_on", row.due_on)
            if due_on not in {row.due_on, *(day for day, _until, _why in row.earlier_dates())}:
                row.move_to(due_on, now=register.now, reason=register.reason)
            elif due_on != row.due_on:
                wanted.pop("window_start_on", None)
        super().assign(register, row, wanted)

    def called(self, row: FollowUp) -> str:
        return f"{row.get_kind_display()}, {in_words(FollowUp._meta.get_field('due_on'), row.due_on)}"

    def around(self, row: FollowUp) -> dict[str, Any]:
        return {"commitment": row.commitment, "follow_up": row}


class Commitments(Kind):
    model, identity, named = Commitment, ("forum", "declared_on"), True
    fields = (
        "reference",
        *TITLES,
        "forum",
        "working_group",
        "kind",
        "cadence_months",
        "novelty",
        "basis",
        "declared_on",
        "letter_number",
        "marking",
        "high_priority",
        "workflow",
        "closed_on",
        "implementation",
        "outlook",
        "outlook_note",
    )
    links = ("parties", "topics")
    extra = ("provisions",)

    def complete(self, register: Register, entry: Entry, values: dict[str, Any]) -> None:
        if not values.get("reference"):
            values.pop("reference", None)
        if values.get("workflow") == Commitment.Workflow.CLOSED:
            values.setdefault("closed_on", register.today)

    def find(self, register: Register, values: dict[str, Any]) -> Commitment | None:
        if "reference" not in values:
            return super().find(register, values)
        own, reference = register.own_rows(Commitment), values["reference"].strip()
        is_there = Commitment.objects.filter(
            reference=reference
        ).exists()  # saves a new one the longer question
        found = own.filter(reference=reference).first() if is_there else None
        elsewhere = register.aliases_of_commitments.get(reference, [])
        if found is None and len(elsewhere) == 1:
            found = own.get(pk=elsewhere[0])
            values["reference"] = found.reference
        return found

    def marks(self, values: dict[str, Any]) -> list[Mark]:
        """With a reference that alone tells; a row without one may mean any of the same forum, day and title."""
        if values.get("reference"):
            return [(values["reference"].strip(),)]
        titles = [(name, values[name].casefold()) for name in TITLES[:3] if values.get(name)]
        return [
            (values["forum"].pk, values.get("declared_on"), *title) for title in titles if "forum" in values
        ]

    def follow(self, register: Register, entry: Entry, row: Commitment, changed: set[str]) -> None:
        if "reference" in changed:
            ReferenceCounter.note_given(row.reference)
        if "provisions" in entry.fields:
            words = [register.references.words(node, row) for node in register.listed(entry, "provisions")]
            register.link(row, "provisions", words)
        if register.is_new(row) and "parties" not in entry.fields:
            register.link(row, "parties", list(row.forum.parties.all()))
        if not row.follow_ups.open().exists():
            self._give_next_date(row, register.now)

    def _give_next_date(self, row: Commitment, now: datetime) -> None:
        try:
            scheduling.ensure_next_date(row, now=now)
        except ValueError as error:  # a rhythm that leads beyond the calendar
            raise ValidationError(str(error)) from error


# In the order in which they are read: each list may speak of those before it.
KINDS: dict[str, Kind] = {
    "topics": Topics(),
    "calendars": Calendars(exceptions=Holidays()),
    "parties": Parties(),
    "organisations": Organisations(earlier_names=EarlierNames()),
    "people": People(),
    "posts": Posts(holdings=Holdings()),
    "forums": Forums(meetings=Meetings()),
    "documents": Documents(texts=Texts(provisions=Provisions())),
    "commitments": Commitments(
        assignments=Assignments(),
        interpretations=Interpretations(),
        follow_ups=FollowUps(reports=Reports(evidence=EvidenceOfReports())),
        reports=Reports(evidence=EvidenceOfReports()),
        relations=Relations(),
        grants=Grants(),
    ),
}
