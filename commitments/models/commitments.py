"""Who owes what: the declared commitment as an item that can be followed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField, ProseField
from commitments.locking import exclusively
from commitments.models.changes import Recorded, Row
from commitments.models.documents import Provision
from commitments.models.forums import Forum
from commitments.models.naming import Named, NamedQuerySet, Titled
from commitments.models.parties import Party, User
from commitments.trees import ancestors

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


class CommitmentQuerySet(NamedQuerySet):
    def live(self) -> CommitmentQuerySet:
        return self.filter(workflow=Commitment.Workflow.ACTIVE)

    def without_next_date(self) -> CommitmentQuerySet:
        """Live, but no open follow-up stands for it."""
        from commitments.models.follow_ups import FollowUp

        dated = FollowUp.objects.open().exclude(commitment=None).values("commitment")
        return self.live().exclude(pk__in=dated)

    def without_owner(self, today: date) -> CommitmentQuerySet:
        """Live, but no post leads it."""
        from commitments.models.assignments import Assignment

        led = Assignment.objects.active(today).filter(role=Assignment.Role.LEAD).values("commitment")
        return self.live().exclude(pk__in=led)

    def uncovered(self, today: date) -> CommitmentQuerySet:
        """The coverage alarm: live, and without a next date or without an owner."""
        without = self.without_next_date().values("pk")
        return self.filter(Q(pk__in=without) | Q(pk__in=self.without_owner(today).values("pk")))


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

        self.workflow, self.closed_on = self.Workflow.ACTIVE, None
        self.save(update_fields=["workflow", "closed_on"])
        scheduling.ensure_next_date(self, now=now)

    def close(self, implementation: str, *, now: datetime, reason: str) -> None:
        """Nothing more is expected; its open follow-ups end with it."""
        from commitments import scheduling

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
