"""What was adopted, in which words, and which spans of it are commitments."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField, ProseField, VerbatimField
from commitments.models.changes import Recorded, Row
from commitments.models.forums import Forum, Meeting
from commitments.models.naming import Language, Titled


class Document(Titled):
    """An outcome document: the thing adopted, whatever texts of it exist."""

    class Kind(models.TextChoices):
        JOINT_STATEMENT = "joint_statement", _("joint statement")
        JOINT_DECLARATION = "joint_declaration", _("joint declaration")
        COMMUNIQUE = "communique", _("communiqué")
        FACT_SHEET = "fact_sheet", _("joint fact sheet")
        CHAIRS_STATEMENT = "chairs_statement", _("chair's statement")
        MEMORANDUM = "memorandum", _("memorandum of understanding")
        MINUTES = "minutes", _("agreed minutes")

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="documents", verbose_name=_("forum"))
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("meeting")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    adopted_on = models.DateField(_("adopted on"))
    adopted_reading = LineField(
        _("where that date comes from"),
        max_length=300,
        blank=True,
        help_text=_("Only if the text does not say it itself."),
    )
    letter_number = LineField(_("letter number"), max_length=100, blank=True)

    class Meta(Titled.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-adopted_on", "id"]

    def clean(self) -> None:
        super().clean()
        if self.meeting is not None and self.meeting.forum_id != self.forum_id:
            raise ValidationError({"meeting": _("That meeting belongs to another forum.")})


class Authority(models.IntegerChoices):
    """Which text prevails where two differ; the lowest number is the strongest."""

    SIGNED = 1, _("signed original")
    OFFICIAL_TRANSLATION = 2, _("official translation")
    READOUT = 3, _("government readout")
    UNILATERAL = 4, _("unilateral statement")
    PRESS = 5, _("press report")


class DocumentText(Recorded):
    """One language of a document, exactly as received. Locked once approved: a correction is a new row."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="texts", verbose_name=_("document"))
    language = models.CharField(_("language"), max_length=2, choices=Language)
    authority = models.PositiveSmallIntegerField(_("authority"), choices=Authority)
    body = VerbatimField(_("text"), max_length=2_000_000)
    sha256 = models.CharField(_("fingerprint (SHA-256)"), max_length=64, editable=False)
    is_excerpt = models.BooleanField(_("excerpt"), default=False)
    source = LineField(_("source"), max_length=300)
    url = models.URLField(_("address"), max_length=500, blank=True)
    published_on = models.DateField(_("published on"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True, editable=False)
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrected_by",
        verbose_name=_("corrects"),
    )

    class Meta(Recorded.Meta):
        verbose_name = _("text of a document")
        verbose_name_plural = _("texts of documents")
        ordering = ["document", "authority", "language", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(authority__in=Authority.values), name="commitments_documenttext_authority"
            ),
            models.CheckConstraint(
                condition=~Q(body=""),
                name="commitments_documenttext_has_words",
                violation_error_message=_("The text is empty."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.get_language_display()}, {self.get_authority_display()})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sha256 = fingerprint(self.body)
        super().save(*args, **kwargs)

    @classmethod
    def verify(cls, before: dict[int, Row], after: dict[int, Row]) -> None:
        super().verify(before, after)
        if any(row["sha256"] != fingerprint(row["body"]) for row in after.values()):
            raise ValidationError({"body": _("The fingerprint is not that of the text.")})

    @property
    def is_locked(self) -> bool:
        return self.approved_at is not None

    def approve(self, *, now: datetime) -> None:
        """From here on the words cannot change; the database refuses."""
        self.approved_at = self.approved_at or now
        self.save(update_fields=["approved_at"])

    def span_of(self, quote: str, *, near: int = 0) -> tuple[int, int]:
        """Start and end of `quote`, the first at or after `near`; raises ValidationError if it is not in the text."""
        start = self.body.find(quote, near) if quote else -1
        if start < 0:
            raise ValidationError(
                {"quote": _("These words do not stand in the text. Copy them from it exactly.")}
            )
        return start, start + len(quote)


def fingerprint(body: str) -> str:
    """SHA-256 of the UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


class Strength(models.IntegerChoices):
    """How far the wording binds, strongest first; the order is this project's reading, see docs/glossary.md."""

    DECIDE = 1, _("decide, will")
    COMMIT = 2, _("commit, undertake, vow")
    AGREE = 3, _("agree to")
    DIRECT = 4, _("direct, instruct")
    PLAN = 5, _("plan, intend")
    AIM = 6, _("aim, prioritise")
    EXPLORE = 7, _("explore, consider")
    NOTE = 8, _("recognise, note")


class Provision(Recorded):
    """A span of one text with what we hold it to be. Rejected spans are kept, with the reason."""

    class Verdict(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        COMMITMENT = "commitment", _("commitment")
        BORDERLINE = "borderline", _("borderline")
        NOT_A_COMMITMENT = "not_a_commitment", _("not a commitment")

    text = models.ForeignKey(DocumentText, models.PROTECT, related_name="provisions", verbose_name=_("text"))
    start = models.PositiveIntegerField(
        _("first character"), help_text=_("Counted in characters (code points) from 0.")
    )
    end = models.PositiveIntegerField(_("character after the last"))
    quote = VerbatimField(_("declared words"), blank=True)
    verdict = models.CharField(_("verdict"), max_length=16, choices=Verdict, default=Verdict.PROPOSED)
    reason = ProseField(_("why"), blank=True)
    strength = models.PositiveSmallIntegerField(
        _("strength of wording"), choices=Strength, null=True, blank=True
    )
    owner_as_stated = LineField(_("who, as stated"), max_length=300, blank=True)
    timeframe_as_stated = LineField(_("when, as stated"), max_length=300, blank=True)

    class Meta(Recorded.Meta):
        verbose_name = _("declared words")
        verbose_name_plural = _("declared words")
        ordering = ["text", "start", "end", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")),
                name="commitments_provision_ends_after_it_starts",
                violation_error_message=_("The passage ends before it starts."),
            ),
            models.CheckConstraint(
                condition=~Q(verdict__in=["borderline", "not_a_commitment"]) | ~Q(reason=""),
                name="commitments_provision_says_why_not",
                violation_error_message=_("Say why it is not a commitment."),
            ),
            models.UniqueConstraint(
                fields=["text", "start", "end"],
                name="commitments_provision_once",
                violation_error_message=_("This passage is in the register already."),
            ),
        ]

    def __str__(self) -> str:
        return self.quote[:80]

    def clean(self) -> None:
        """The same rule as the trigger provision_is_a_span, said before the database refuses."""
        super().clean()
        if self.text_id is None or self.start is None or self.end is None:
            return
        if self.end > len(self.text.body):
            raise ValidationError(
                {"end": _("The text ends at character %(length)s.") % {"length": len(self.text.body)}}
            )
        stated = self.text.body[self.start : self.end]
        if self.quote and self.quote != stated:
            raise ValidationError(
                {"quote": _("These words differ from the passage: “%(words)s”.") % {"words": stated}}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.quote:
            self.quote = self.text.body[self.start : self.end]
        super().save(*args, **kwargs)
