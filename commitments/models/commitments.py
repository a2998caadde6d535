"""Who owes what: the declared commitment as an item that can be followed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Case, Exists, F, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField, ProseField
from commitments.locking import exclusively
from commitments.models.changes import Recorded, Row
from commitments.models.documents import Provision
from commitments.models.forums import Forum, Meeting
from commitments.models.naming import Named, NamedQuerySet, Titled
from commitments.models.parties import Party, Post, PostHolding, User
from commitments.trees import ancestors, descendants

FRESH_FOR = timedelta(days=183)


class Marking(models.TextChoices):
    PUBLIC = "public", _("public")
    INTERNAL = "internal", _("internal")
    RESTRICTED = "restricted", _("restricted")


class Topic(Named):
    code = LineField(_("code"), max_length=40, unique=True, validators=[RegexValidator(r"^[a-z0-9-]+$")])

    class Meta(Named.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["code"]


class ReferenceCounter(models.Model):
    """The last number given under a prefix such as SCCD-2024. Kept for ever: no reference is used twice."""

    prefix = models.CharField(max_length=40, unique=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["prefix"]

    def __str__(self) -> str:
        return f"{self.prefix}: {self.last}"

    @classmethod
    def next_reference(cls, prefix: str) -> str:
        with exclusively(f"reference {prefix}"):
            counter, _new = cls.objects.get_or_create(prefix=prefix)
            cls.objects.filter(pk=counter.pk).update(last=F("last") + 1)
            counter.refresh_from_db()
        return f"{prefix}-{counter.last:02d}"

    @classmethod
    def note_given(cls, *references: str) -> None:
        """References that may come from outside (import): the counters go on behind them."""
        highest: dict[str, int] = {}
        for reference in references:
            prefix, _dash, number = reference.rpartition("-")
            if number.isdecimal() and len(number) < 10 and len(prefix) <= 40:
                highest[prefix] = max(int(number), highest.get(prefix, 0))
        for prefix, last in sorted(highest.items()):
            with exclusively(f"reference {prefix}"):
                counter, _new = cls.objects.get_or_create(prefix=prefix)
                cls.objects.filter(pk=counter.pk, last__lt=last).update(last=last)


ONE_LOOK_A_YEAR = 12  # months
CLOSES_BY_TWO = _(
    "It has high priority: one person proposes the closing, with evidence, and another confirms it."
)


class CommitmentQuerySet(NamedQuerySet):
    def live(self) -> CommitmentQuerySet:
        return self.filter(workflow=Commitment.Workflow.ACTIVE)

    def without_next_date(self) -> CommitmentQuerySet:
        """Live, but no open follow-up stands for it."""
        return self.live().alias(dated=_first_date()).filter(dated=None)

    def without_owner(self, today: date) -> CommitmentQuerySet:
        """Live, but no post leads it."""
        return self.live().alias(led=_first_lead(today)).filter(led=None)

    def led_by_nobody(self, today: date) -> CommitmentQuerySet:
        """Live, and nobody holds one of the posts that lead it."""
        from commitments.models.assignments import Assignment

        vacant = Post.objects.vacant_on(today).values("pk")
        leads = Assignment.objects.active(today).leads().filter(post__in=vacant)
        return self.live().filter(pk__in=leads.order_by().values("commitment"))

    def uncovered(self, today: date) -> CommitmentQuerySet:
        """The coverage alarm: live, and without a next date or without an owner."""
        with_both = self.live().alias(dated=_first_date(), led=_first_lead(today))
        return with_both.filter(Q(dated=None) | Q(led=None))

    def to_tell(self, since: date | None) -> CommitmentQuerySet:
        """Live, or closed after that day: what a meeting is told about."""
        closed = Q(workflow=Commitment.Workflow.CLOSED)
        if since is not None:
            closed &= Q(closed_on__gt=since)
        return self.filter(Q(workflow=Commitment.Workflow.ACTIVE) | closed)

    def worst_first(self) -> CommitmentQuerySet:
        """For who reads the top of a page: high priority, then what is off track, at risk, without a record."""
        order = enumerate(Commitment.Outlook.worst_first())
        places = (When(outlook=value, then=Value(place)) for place, value in order)
        return self.order_by("-high_priority", Case(*places), "reference")

    def within(self, forum: Forum) -> CommitmentQuerySet:
        """Of the body or of one below it."""
        bodies = descendants(Forum, {forum.pk})
        return self.filter(Q(forum__in=bodies) | Q(working_group__in=bodies))

    def concerning(self, user: User, today: date) -> CommitmentQuerySet:
        """A post that the person holds has a part in it, or keeps the desk of its forum or of a body above."""
        from commitments.models.assignments import Assignment

        held = PostHolding.objects.on(today).filter(user=user).values("post")
        kept = descendants(Forum, set(Forum.objects.filter(desk__in=held).values_list("pk", flat=True)))
        parts = Assignment.objects.active(today).exclude(role=Assignment.Role.COUNTERPART)
        theirs = Q(pk__in=parts.filter(post__in=held).values("commitment"))
        return self.filter(theirs | Q(forum__in=kept) | Q(working_group__in=kept))

    def with_last_report(self) -> CommitmentQuerySet:
        """`reported_on`: the day of the newest cleared report, which freshness is measured by."""
        cleared = Q(reports__state="cleared")
        return self.annotate(reported_on=Max("reports__reported_on", filter=cleared))

    def of_forum(self, forum: Forum) -> CommitmentQuerySet:
        """Its own, and what is dealt with in the group that it is."""
        return self.filter(Q(forum=forum) | Q(working_group=forum))

    def at_risk(self) -> CommitmentQuerySet:
        """Live, and at risk or off track."""
        return self.live().filter(outlook__in=[Commitment.Outlook.AT_RISK, Commitment.Outlook.OFF_TRACK])

    def overdue(self, today: date) -> CommitmentQuerySet:
        """One of its dates has passed unanswered."""
        from commitments.models.follow_ups import FollowUp

        return self._with_date_among(FollowUp.objects.overdue(today))

    def due_between(self, first: date | None, last: date | None) -> CommitmentQuerySet:
        """One of its open dates lies there; None leaves that side open."""
        from commitments.models.follow_ups import FollowUp

        return self._with_date_among(FollowUp.objects.open().due_between(first, last))

    def _with_date_among(self, dates: models.QuerySet) -> CommitmentQuerySet:
        return self.filter(pk__in=dates.exclude(commitment=None).order_by().values("commitment"))

    def silent_since_last_meeting(self, today: date) -> CommitmentQuerySet:
        """Live, and no word was cleared since its working group last met, or its forum where the group never did."""
        from commitments.models.progress import ProgressReport

        met_on = Coalesce(_last_met_on("working_group", today), _last_met_on("forum", today))
        since = self.live().alias(last_met_on=met_on).filter(last_met_on__isnull=False)
        cleared = ProgressReport.objects.cleared().filter(commitment=OuterRef("pk"))
        return since.exclude(Exists(cleared.filter(reported_on__gte=OuterRef("last_met_on"))))

    def waiting_for(self, user: Any) -> CommitmentQuerySet:
        """A report or a request of it waits for a decision that `user` may take."""
        from commitments.models.follow_ups import Request
        from commitments.models.progress import ProgressReport

        reports = ProgressReport.objects.editable_by(user).waiting().order_by().values("commitment")
        requests = Request.objects.editable_by(user).proposed().exclude(follow_up__commitment=None)
        asked = requests.order_by().values("follow_up__commitment")
        return self.filter(Q(pk__in=reports) | Q(pk__in=asked))

    def led_by(self, posts: models.QuerySet, today: date) -> CommitmentQuerySet:
        """One of `posts` leads it on that day."""
        return self.filter(pk__in=_parts_of(posts, today).leads().values("commitment"))

    def with_part_of(self, posts: models.QuerySet, today: date) -> CommitmentQuerySet:
        """One of `posts` has a part in it, whichever."""
        return self.filter(pk__in=_parts_of(posts, today).values("commitment"))

    def with_party(self, party: Party, today: date) -> CommitmentQuerySet:
        """The party is named in it, or a post of the party has a part in it."""
        from commitments.models.assignments import Assignment

        named = CommitmentParty.objects.filter(party=party).order_by().values("commitment")
        parts = Assignment.objects.active(today).filter(party=party).order_by().values("commitment")
        return self.filter(Q(pk__in=named) | Q(pk__in=parts))


# The first that there is, looked up for each commitment: for NOT EXISTS PostgreSQL would read those of all others too.


def _first_date() -> Subquery:
    """Of what is live, so that no follow-up needs to look back at its commitment."""
    from commitments.models.follow_ups import FollowUp

    open_ones = FollowUp.objects.filter(commitment=OuterRef("pk"), closed_at=None).order_by()
    return Subquery(open_ones.values("pk")[:1])


def _first_lead(today: date) -> Subquery:
    from commitments.models.assignments import Assignment

    leads = Assignment.objects.active(today).leads().filter(commitment=OuterRef("pk")).order_by()
    return Subquery(leads.values("pk")[:1])


def _last_met_on(path: str, today: date) -> Subquery:
    met = (
        Meeting.objects.over(today)
        .filter(forum=OuterRef(path))
        .annotate(day=Coalesce("ends_on", "starts_on"))
    )
    return Subquery(met.order_by("-day").values("day")[:1])


def _parts_of(posts: models.QuerySet, today: date) -> Any:
    from commitments.models.assignments import Assignment

    return Assignment.objects.active(today).filter(post__in=posts.order_by().values("pk")).order_by()


class Commitment(Titled):
    class Kind(models.TextChoices):
        ONE_OFF = "one_off", _("one-off")
        RECURRING = "recurring", _("recurring")
        CONTINUOUS = "continuous", _("continuous")
        OPEN_ENDED = "open_ended", _("open-ended")

    class Novelty(models.TextChoices):
        NEW = "new", _("new")
        CONTINUING = "continuing", _("continuing")
        REAFFIRMED = "reaffirmed", _("reaffirmed")

    class Basis(models.TextChoices):
        DECLARED = "declared", _("declared text")
        MINUTES = "minutes", _("minutes, not declared text")
        VERBAL = "verbal", _("said in the meeting, not declared text")
        TELEPHONE = "telephone", _("telephone, not declared text")

    class Workflow(models.TextChoices):
        DRAFT = "draft", _("draft")
        ACTIVE = "active", _("active")
        CLOSED = "closed", _("closed")

    class Implementation(models.TextChoices):
        NOT_ASSESSED = "not_assessed", _("not assessed")
        NOT_STARTED = "not_started", _("not started")
        IN_PROGRESS = "in_progress", _("in progress")
        IMPLEMENTED = "implemented", _("implemented")
        CONTINUING = "continuing", _("continuing")
        STALLED = "stalled", _("stalled")
        SUPERSEDED = "superseded", _("superseded")
        DROPPED = "dropped", _("dropped")

    class Outlook(models.TextChoices):
        NONE = "", _("no record")
        ON_TRACK = "on_track", _("on track")
        AT_RISK = "at_risk", _("at risk")
        OFF_TRACK = "off_track", _("off track")

        @classmethod
        def worst_first(cls) -> list[Commitment.Outlook]:
            return [cls.OFF_TRACK, cls.AT_RISK, cls.NONE, cls.ON_TRACK]

    class Freshness(models.TextChoices):
        NO_RECORD = "no_record", _("no record")
        FRESH = "fresh", _("recent")
        STALE = "stale", _("not heard of lately")

    reference = LineField(
        _("reference"),
        max_length=50,
        unique=True,
        editable=False,
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9.-]*$", _("Capitals, digits, hyphens and full stops."))],
        error_messages={"unique": _("This reference is in use; a reference is never used twice.")},
    )
    forum = models.ForeignKey(Forum, models.PROTECT, related_name="commitments", verbose_name=_("forum"))
    working_group = models.ForeignKey(
        Forum,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="group_commitments",
        verbose_name=_("working group"),
    )
    parties = models.ManyToManyField(
        Party, through="CommitmentParty", related_name="commitments", blank=True, verbose_name=_("parties")
    )
    provisions = models.ManyToManyField(
        Provision,
        through="CommitmentProvision",
        related_name="commitments",
        blank=True,
        verbose_name=_("declared words"),
    )
    topics = models.ManyToManyField(
        Topic, through="CommitmentTopic", related_name="commitments", blank=True, verbose_name=_("topics")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.OPEN_ENDED)
    cadence_months = models.PositiveSmallIntegerField(
        _("every … months"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_("For a recurring duty. Leave empty if the rhythm is not laid down."),
    )
    novelty = models.CharField(_("novelty"), max_length=10, choices=Novelty, default=Novelty.NEW)
    basis = models.CharField(_("basis"), max_length=10, choices=Basis, default=Basis.DECLARED)
    declared_on = models.DateField(_("declared on"), null=True, blank=True)
    letter_number = LineField(_("letter number"), max_length=100, blank=True)
    marking = models.CharField(
        _("marking"),
        max_length=10,
        choices=Marking,
        default=Marking.INTERNAL,
        help_text=_(
            "Classified matter must not be entered here. Restricted: only the people named in it see it."
        ),
    )
    high_priority = models.BooleanField(_("high priority"), default=False)
    workflow = models.CharField(_("state"), max_length=6, choices=Workflow, default=Workflow.ACTIVE)
    implementation = models.CharField(
        _("implementation"), max_length=12, choices=Implementation, default=Implementation.NOT_ASSESSED
    )
    outlook = models.CharField(_("outlook"), max_length=9, choices=Outlook, blank=True, default=Outlook.NONE)
    outlook_note = LineField(_("in one sentence"), max_length=500, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("entered at"), auto_now_add=True)

    objects = CommitmentQuerySet.as_manager()

    class Meta(Titled.Meta):
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["reference"]
        constraints = [
            *Titled.Meta.constraints,
            models.CheckConstraint(
                condition=Q(workflow="closed", closed_on__isnull=False)
                | (~Q(workflow="closed") & Q(closed_on=None)),
                name="commitments_commitment_closed_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(outlook__in=["", "on_track", "at_risk", "off_track"]),
                name="commitments_commitment_outlook",
            ),
            models.CheckConstraint(
                condition=Q(workflow__in=["draft", "active", "closed"]),
                name="commitments_commitment_workflow",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.reference:
            day = self.declared_on or timezone.localdate()  # only the year of a new reference
            self.reference = ReferenceCounter.next_reference(f"{self.forum.code}-{day.year}")
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        if self.working_group_id is not None and self.forum_id is not None:
            above = ancestors(Forum, self.working_group_id)
            if self.forum_id not in above | {self.working_group_id}:
                raise ValidationError({"working_group": _("That group does not belong to this forum.")})

    @classmethod
    def verify(cls, before: dict[int, Row], after: dict[int, Row]) -> None:
        """Each has a reference, and a number that came from outside is not given again."""
        super().verify(before, after)
        given = {key: row["reference"] for key, row in after.items()}
        if not all(given.values()):
            raise ValidationError({"reference": _("A commitment needs its reference.")})
        known = {key: row["reference"] for key, row in before.items()}
        ReferenceCounter.note_given(*(new for key, new in given.items() if new != known.get(key)))

    @property
    def is_live(self) -> bool:
        return self.workflow == self.Workflow.ACTIVE

    @property
    def is_declared(self) -> bool:
        return self.basis == self.Basis.DECLARED

    @property
    def review_months(self) -> int:
        """Half-yearly as the forum says; quarterly while at risk or off track; yearly while it is dormant."""
        if self.forum.dormant:
            return ONE_LOOK_A_YEAR
        worried = self.outlook in {self.Outlook.AT_RISK, self.Outlook.OFF_TRACK}
        return min(3, self.forum.review_months) if worried else self.forum.review_months

    def freshness(self, today: date) -> str:
        """How old the last cleared word is; computed, never stored."""
        last = self.reports.cleared().order_by("-reported_on").values_list("reported_on", flat=True).first()
        if last is None:
            return self.Freshness.NO_RECORD
        return self.Freshness.FRESH if today - last <= FRESH_FOR else self.Freshness.STALE

    def declared_words(self, language: str) -> str:
        """The words of the text that prevails, in `language`; empty if no text of that language is here."""
        spoken = [p for p in self.provisions.all() if p.text.language == language]
        return min(spoken, key=lambda p: (p.text.authority, p.start)).quote if spoken else ""

    def activate(self, *, now: datetime) -> None:
        from commitments import scheduling
        from commitments.models.closings import Closing

        self.workflow, self.closed_on = self.Workflow.ACTIVE, None
        with transaction.atomic():
            self.save(update_fields=["workflow", "closed_on"])
            self.closings.filter(state=Closing.State.CONFIRMED).update(state=Closing.State.UNDONE)
            scheduling.ensure_next_date(self, now=now)

    @property
    def has_evidence(self) -> bool:
        return self.reports.cleared().filter(evidence__isnull=False).exists()

    def may_close_as(self, implementation: str) -> bool:
        """The same rule as the trigger commitment_closes_by_two, said before the database refuses."""
        from commitments.models.closings import Closing
        from commitments.models.relations import CommitmentRelation

        if not self.high_priority:
            return True
        if implementation == self.Implementation.SUPERSEDED:
            return self.related_from.filter(kind=CommitmentRelation.Kind.SUPERSEDES).exists()
        return self.has_evidence and self.closings.filter(state=Closing.State.CONFIRMED).exists()

    def add_alias(self, *names: str) -> None:
        """Found by these too from now on; a name that it has stays once."""
        known = self.aliases.splitlines()
        new = [name for name in dict.fromkeys(names) if name and name not in known]
        if new:
            self.aliases = "\n".join([*known, *new])
            self.save(update_fields=["aliases"])

    def close(self, implementation: str, *, now: datetime, reason: str) -> None:
        """Nothing more is expected; its open follow-ups end with it. Of high priority: see closing.py."""
        from commitments import scheduling

        if not self.may_close_as(implementation):
            raise ValidationError(CLOSES_BY_TWO)
        self.workflow, self.implementation = self.Workflow.CLOSED, implementation
        self.closed_on = timezone.localdate(now)
        scheduling.close_commitment(self, now=now, reason=reason)


class CommitmentParty(Recorded):
    commitment = models.ForeignKey(Commitment, models.PROTECT, verbose_name=_("commitment"))
    party = models.ForeignKey(Party, models.PROTECT, verbose_name=_("party"))

    class Meta(Recorded.Meta):
        verbose_name = _("party of a commitment")
        verbose_name_plural = _("parties of commitments")
        ordering = ["commitment", "party"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "party"], name="commitments_commitmentparty_once")
        ]

    def __str__(self) -> str:
        return f"{self.commitment_id}: {self.party_id}"


class CommitmentProvision(Recorded):
    commitment = models.ForeignKey(Commitment, models.PROTECT, verbose_name=_("commitment"))
    provision = models.ForeignKey(Provision, models.PROTECT, verbose_name=_("declared words"))

    class Meta(Recorded.Meta):
        verbose_name = _("declared words of a commitment")
        verbose_name_plural = _("declared words of commitments")
        ordering = ["commitment", "provision"]
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "provision"], name="commitments_commitmentprovision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.commitment_id}: {self.provision_id}"


class CommitmentTopic(Recorded):
    commitment = models.ForeignKey(Commitment, models.PROTECT, verbose_name=_("commitment"))
    topic = models.ForeignKey(Topic, models.PROTECT, verbose_name=_("topic"))

    class Meta(Recorded.Meta):
        verbose_name = _("topic of a commitment")
        verbose_name_plural = _("topics of commitments")
        ordering = ["commitment", "topic"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "topic"], name="commitments_commitmenttopic_once")
        ]

    def __str__(self) -> str:
        return f"{self.commitment_id}: {self.topic_id}"


class Interpretation(Recorded):
    """Our reading, never mixed with what was declared: an owner, a date or a scope that the text does not say."""

    class About(models.TextChoices):
        OWNER = "owner", _("who")
        DATE = "date", _("when")
        SCOPE = "scope", _("what")

    class Confidence(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="interpretations", verbose_name=_("commitment")
    )
    about = models.CharField(_("about"), max_length=5, choices=About)
    text = ProseField(_("our reading"))
    basis = ProseField(_("what it rests on"))
    confidence = models.CharField(_("confidence"), max_length=6, choices=Confidence, default=Confidence.LOW)
    author = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("read by")
    )
    marking = models.CharField(_("marking"), max_length=10, choices=Marking, default=Marking.INTERNAL)

    class Meta(Recorded.Meta):
        verbose_name = _("our reading")
        verbose_name_plural = _("our readings")
        ordering = ["commitment", "about", "id"]

    def __str__(self) -> str:
        return self.text[:80]
