"""Standing bodies and their sittings."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField, ProseField
from commitments.models.calendars import refuse_unknown_zone
from commitments.models.changes import Recorded
from commitments.models.naming import Named, NamedQuerySet
from commitments.models.parties import Party, Post
from commitments.working_days import FIRST_DUE_ON, LAST_DUE_ON

# Dates are counted from a meeting, half a year before and after.
FIRST_MET_ON, LAST_MET_ON = FIRST_DUE_ON.replace(year=1903), LAST_DUE_ON.replace(year=2097)


class ForumQuerySet(NamedQuerySet):
    def unkept(self, day: date) -> ForumQuerySet:
        """Nobody holds its desk, or it has none and no body above whose desk it could be."""
        vacant = Post.objects.vacant_on(day).values("pk")
        return self.filter(Q(desk__in=vacant) | Q(desk=None, parent=None))


class Forum(Named):
    """A standing body. Working groups (분과) and sub-working groups (소분과) are forums below it."""

    class Kind(models.TextChoices):
        SUMMIT = "summit", _("summit")
        MINISTERIAL = "ministerial", _("ministerial meeting")
        DIALOGUE = "dialogue", _("dialogue")
        FRAMEWORK = "framework", _("framework")
        WORKING_GROUP = "working_group", _("working group")
        SUB_WORKING_GROUP = "sub_working_group", _("sub-working group")

    trees = ("parent",)

    code = LineField(
        _("short name"),
        max_length=20,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$", _("Capitals, digits and hyphens, such as SCCD."))
        ],
        help_text=_("Capitals, such as SCCD; references begin with it."),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.MINISTERIAL)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("below"),
        help_text=_("The body that set it up or that it reports to."),
    )
    parties = models.ManyToManyField(
        Party, through="ForumParty", related_name="forums", blank=True, verbose_name=_("parties")
    )
    related = models.ManyToManyField(
        "self", through="RelatedForum", symmetrical=False, blank=True, verbose_name=_("related forums")
    )
    desk = models.ForeignKey(
        Post,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="desk_of",
        verbose_name=_("desk"),
        help_text=_("The post that keeps this register. Empty: that of the body above."),
    )
    desk_mailbox = models.EmailField(_("mailbox of the desk"), blank=True)
    cadence_months = models.PositiveSmallIntegerField(
        _("meets every … months"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_("Only if it is laid down. “Regular” is not yearly: leave it empty."),
    )
    review_months = models.PositiveSmallIntegerField(
        _("review every … months"), default=6, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    review_from_on = models.DateField(
        _("common review date"),
        default=date(2024, 6, 15),
        help_text=_("Undated items of the forum are reviewed on this date and each review period after it."),
    )
    dormant = models.BooleanField(
        _("dormant"),
        default=False,
        help_text=_("Nobody is reminded. The desk looks at what is open once a year."),
    )
    note = ProseField(_("note"), blank=True)
    demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)

    objects = ForumQuerySet.as_manager()

    class Meta(Named.Meta):
        verbose_name = _("forum")
        verbose_name_plural = _("forums")
        ordering = ["code"]
        constraints = [
            *Named.Meta.constraints,
            models.CheckConstraint(
                condition=Q(review_months__gte=1, review_months__lte=24),
                name="commitments_forum_review_within_two_years",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def desk_post(self) -> Post | None:
        """Its own desk, else that of the nearest body above."""
        forum: Forum | None = self
        while forum is not None:
            if forum.desk is not None:
                return forum.desk
            forum = forum.parent
        return None

    def mailbox(self) -> str:
        """Where a plain reply is read: its own mailbox, else that of the nearest body above."""
        forum: Forum | None = self
        while forum is not None:
            if forum.desk_mailbox:
                return forum.desk_mailbox
            forum = forum.parent
        return ""

    def next_meeting(self, today: date) -> Meeting | None:
        """The sitting to come: dated ones first, then the one that is expected without a date."""
        to_come = self.meetings.to_come().exclude(_over(today))
        return to_come.order_by(F("starts_on").asc(nulls_last=True), "ordinal", "id").first()

    def last_meeting(self, before: date) -> Meeting | None:
        """The latest sitting that was held and began before that day."""
        held = self.meetings.filter(state=Meeting.State.HELD, starts_on__lt=before)
        return held.order_by("-starts_on", "-ordinal").first()


class ForumParty(Recorded):
    forum = models.ForeignKey(Forum, models.PROTECT, verbose_name=_("forum"))
    party = models.ForeignKey(Party, models.PROTECT, verbose_name=_("party"))

    class Meta(Recorded.Meta):
        verbose_name = _("party of a forum")
        verbose_name_plural = _("parties of forums")
        ordering = ["forum", "party"]
        constraints = [models.UniqueConstraint(fields=["forum", "party"], name="commitments_forumparty_once")]

    def __str__(self) -> str:
        return f"{self.forum_id}: {self.party_id}"


class RelatedForum(Recorded):
    forum = models.ForeignKey(Forum, models.PROTECT, related_name="related_links", verbose_name=_("forum"))
    other = models.ForeignKey(Forum, models.PROTECT, related_name="+", verbose_name=_("related forum"))

    class Meta(Recorded.Meta):
        verbose_name = _("related forum")
        verbose_name_plural = _("related forums")
        ordering = ["forum", "other"]
        constraints = [
            models.UniqueConstraint(fields=["forum", "other"], name="commitments_relatedforum_once"),
            models.CheckConstraint(
                condition=~Q(forum=F("other")), name="commitments_relatedforum_is_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.forum_id}: {self.other_id}"


def _over(today: date) -> Q:
    """Its last day has passed, whether it was held or not."""
    return Q(ends_on__lt=today) | Q(ends_on=None, starts_on__lt=today)


class MeetingQuerySet(NamedQuerySet):
    def over(self, today: date) -> MeetingQuerySet:
        """What has been, as far as anybody knows: its last day has passed and nobody cancelled it."""
        return self.filter(_over(today)).exclude(state=Meeting.State.CANCELLED)

    def to_come(self) -> MeetingQuerySet:
        return self.filter(
            state__in=[Meeting.State.EXPECTED, Meeting.State.TENTATIVE, Meeting.State.CONFIRMED]
        )

    def without_record(self, today: date) -> MeetingQuerySet:
        """Expected, its window over, and nothing is known here: to be checked, not “not held”."""
        return self.filter(state=Meeting.State.EXPECTED, starts_on=None, window_end_on__lt=today)


class Meeting(Named):
    """One sitting of a forum. Its name is only needed where “3rd SCCD” does not say it."""

    class State(models.TextChoices):
        EXPECTED = "expected", _("expected")
        TENTATIVE = "tentative", _("tentative")
        CONFIRMED = "confirmed", _("confirmed")
        HELD = "held", _("held")
        CANCELLED = "cancelled", _("cancelled")

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="meetings", verbose_name=_("forum"))
    ordinal = models.PositiveSmallIntegerField(_("number"), validators=[MinValueValidator(1)])
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.EXPECTED)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    window_start_on = models.DateField(_("expected from"), null=True, blank=True)
    window_end_on = models.DateField(_("expected until"), null=True, blank=True)
    window_reading = LineField(
        _("where that comes from"),
        max_length=300,
        blank=True,
        help_text=_("Our reading, such as: “annually”, one per calendar year."),
    )
    place = LineField(_("place"), max_length=200, blank=True)
    letter_number = LineField(_("letter number"), max_length=100, blank=True)
    zone = LineField(_("time zone of the place"), max_length=60, blank=True, validators=[refuse_unknown_zone])

    objects = MeetingQuerySet.as_manager()

    class Meta(Named.Meta):
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["forum", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["forum", "ordinal"], name="commitments_meeting_number_once"),
            models.CheckConstraint(
                condition=Q(state__in=["expected", "cancelled"]) | Q(starts_on__isnull=False),
                name="commitments_meeting_has_its_day",
                violation_error_message=_("A tentative, confirmed or held meeting needs its first day."),
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__range": (FIRST_MET_ON, LAST_MET_ON)}),
                    name=f"commitments_meeting_{name}_within_the_calendar",
                    violation_error_message=_("Give a date between 1903 and 2097."),
                )
                for name in ("starts_on", "window_start_on", "window_end_on")
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on__isnull=False, ends_on__gte=F("starts_on")),
                name="commitments_meeting_ends_after_it_starts",
                violation_error_message=_("The meeting ends before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(window_start_on=None)
                | Q(window_end_on=None)
                | Q(window_end_on__gte=F("window_start_on")),
                name="commitments_meeting_window_ends_after_it_starts",
                violation_error_message=_("The expected period ends before it starts."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.forum.code} {self.ordinal}"

    def has_no_record(self, today: date) -> bool:
        """The row's answer to MeetingQuerySet.without_record."""
        over = self.window_end_on is not None and self.window_end_on < today
        return self.state == self.State.EXPECTED and self.starts_on is None and over

    def move_to(
        self, starts_on: date | None, *, reason: str, now: datetime, ends_on: date | None = None
    ) -> int:
        """Set or withdraw the date; what hangs on the meeting moves with it. Returns how many follow-ups moved."""
        from commitments import scheduling

        return scheduling.move_meeting(self, starts_on, ends_on=ends_on, reason=reason, now=now)

    def clean(self) -> None:
        super().clean()
        if self.state == self.State.HELD and self.starts_on is None:
            raise ValidationError({"starts_on": _("Give the day on which it was held.")})
