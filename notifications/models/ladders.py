"""Ladders that somebody has laid down: for the register, a forum or one commitment; each overrides as a whole."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from commitments.models import Commitment, Forum, Post, Recorded
from commitments.models.changes import RecordedQuerySet
from notifications import ladders
from notifications.ladders import MOST_REPEATS, Ladder, Step, Unit

LONGEST_OFFSET = 400  # days


class ReminderLadderQuerySet(RecordedQuerySet):
    def with_steps(self) -> ReminderLadderQuerySet:
        return self.prefetch_related("steps")


class ReminderLadder(Recorded):
    """Without a forum or commitment: the default of the register. Without any row: the one in ladders.py."""

    class Family(models.TextChoices):
        DATED = "dated", _("dates that were laid down")
        REVIEW = "review", _("reviews")

    family = models.CharField(_("for"), max_length=6, choices=Family, default=Family.DATED)
    forum = models.ForeignKey(
        Forum,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ladders",
        verbose_name=_("forum"),
        help_text=_("With the bodies below it, unless they have their own."),
    )
    commitment = models.ForeignKey(
        Commitment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ladders",
        verbose_name=_("commitment"),
    )
    note = models.CharField(_("why it differs"), max_length=300, blank=True)

    objects = ReminderLadderQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("reminder ladder")
        verbose_name_plural = _("reminder ladders")
        ordering = ["family", "forum", "commitment", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(forum=None) | Q(commitment=None),
                name="notifications_reminderladder_of_one_level",
                violation_error_message=_("A ladder belongs to a forum or to a commitment, not to both."),
            ),
            models.UniqueConstraint(
                "family",
                Coalesce(F("forum"), 0),
                Coalesce(F("commitment"), 0),
                name="notifications_reminderladder_once",
                violation_error_message=_("There is such a ladder already. Change that one."),
            ),
        ]

    def __str__(self) -> str:
        whole = _("the whole register")
        return f"{self.get_family_display()}: {self.forum or self.commitment or whole}"

    def remove(self) -> None:
        """What is inherited counts again."""
        with transaction.atomic():
            self.steps.all().delete()
            self.delete()

    def ladder(self) -> Ladder:
        """Its steps as arithmetic."""
        return Ladder(tuple(step.step() for step in self.steps.all()))


class LadderStep(Recorded):
    class Unit(models.TextChoices):
        CALENDAR_DAYS = "calendar_days", _("calendar days")
        WORKING_DAYS = "working_days", _("working days")

    class Audience(models.TextChoices):
        OWNER = "owner", _("the lead")
        DESK = "desk", _("the desk, as a task")
        SUPERIOR = "superior", _("the lead's superior")
        WORKING_GROUP_LEAD = "working_group_lead", _("the working-group lead")
        SUPPORTING = "supporting", _("supporting posts")
        COUNTERPART = "counterpart", _("the counterpart contact")
        POST = "post", _("a certain post")

    ladder = models.ForeignKey(
        ReminderLadder, models.PROTECT, related_name="steps", verbose_name=_("reminder ladder")
    )
    offset = models.SmallIntegerField(
        _("days after the date (before it: negative)"),
        validators=[MinValueValidator(-LONGEST_OFFSET), MaxValueValidator(LONGEST_OFFSET)],
    )
    unit = models.CharField(_("counted in"), max_length=13, choices=Unit, default=Unit.CALENDAR_DAYS)
    audience = models.CharField(_("who hears"), max_length=18, choices=Audience, default=Audience.OWNER)
    post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("which post")
    )
    breaks_out = models.BooleanField(
        _("does not wait for the weekly message"),
        default=False,
    )
    repeat_every = models.PositiveSmallIntegerField(
        _("again every … days"), default=0, validators=[MaxValueValidator(LONGEST_OFFSET)]
    )
    repeat_times = models.PositiveSmallIntegerField(
        _("at most … times more"), default=0, validators=[MaxValueValidator(MOST_REPEATS)]
    )
    grace_days = models.PositiveSmallIntegerField(
        _("working days after whoever is below was told"),
        default=3,
        validators=[MaxValueValidator(60)],
        help_text=_("Nobody above hears before the owner had this long to answer."),
    )

    class Meta(Recorded.Meta):
        verbose_name = _("step of a ladder")
        verbose_name_plural = _("steps of a ladder")
        ordering = ["ladder", "offset", "id"]
        constraints = [
            models.UniqueConstraint(
                "ladder",
                "audience",
                "offset",
                Coalesce(F("post"), 0),
                name="notifications_ladderstep_once",
                violation_error_message=_("This step is there already."),
            ),
            models.CheckConstraint(
                condition=Q(audience="post", post__isnull=False) | (~Q(audience="post") & Q(post=None)),
                name="notifications_ladderstep_names_its_post",
                violation_error_message=_("Name the post if a certain post is to hear, and only then."),
            ),
            models.CheckConstraint(
                condition=Q(repeat_times=0, repeat_every=0) | Q(repeat_times__gt=0, repeat_every__gt=0),
                name="notifications_ladderstep_repeats_with_an_end",
                violation_error_message=_(
                    "A step that repeats needs both: after how many days, how many times."
                ),
            ),
            models.CheckConstraint(
                condition=Q(repeat_times__lte=MOST_REPEATS)
                & Q(offset__gte=-LONGEST_OFFSET, offset__lte=LONGEST_OFFSET),
                name="notifications_ladderstep_within_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.step().code

    def clean(self) -> None:
        super().clean()
        if self.repeat_times and self.offset is not None and self.offset < 0:
            raise ValidationError({"repeat_times": _("Only what comes after the date repeats.")})

    def step(self) -> Step:
        return Step(
            self.offset,
            Unit(self.unit),
            ladders.Audience(self.audience),
            breaks_out=self.breaks_out,
            post_id=self.post_id,
            repeat_every=self.repeat_every,
            repeat_times=self.repeat_times,
            grace_days=self.grace_days,
        )

    @classmethod
    def of(cls, ladder: ReminderLadder, step: Step, **changed: Any) -> LadderStep:
        """An unsaved row that says what `step` says."""
        columns = "offset", "unit", "audience", "post_id", "breaks_out", "grace_days"
        said = {name: getattr(step, name) for name in (*columns, "repeat_every", "repeat_times")}
        return cls(ladder=ladder, **{**said, **changed})
