"""That somebody spoke with somebody: no progress and no answer, but next time the desk knows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments.fields import LineField, ProseField
from commitments.models.changes import Recorded
from commitments.models.commitments import Commitment
from commitments.models.documents import Document
from commitments.models.forums import Forum, Meeting
from commitments.models.parties import Organisation, Post, User


class Contact(Recorded):
    """“Working-level call, 12 March”: of a commitment, a meeting or a forum. It closes nothing and silences nothing."""

    class Kind(models.TextChoices):
        CALL = "call", _("call")
        VIDEO_CALL = "video_call", _("video call")
        MAIL = "mail", _("mail")
        LETTER = "letter", _("letter")
        TALKS = "talks", _("talks")
        MARGINS = "margins", _("in the margins of a meeting")
        OTHER = "other", pgettext_lazy("kind of contact", "other")

    class Level(models.TextChoices):
        WORKING = "working", _("working level")
        DIRECTOR_GENERAL = "director_general", _("directors-general")
        VICE_MINISTER = "vice_minister", _("vice-ministers")
        MINISTER = "minister", _("ministers")

    commitment = models.ForeignKey(
        Commitment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("commitment"),
    )
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name=_("meeting")
    )
    forum = models.ForeignKey(
        Forum, models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name=_("forum")
    )
    contacted_on = models.DateField(pgettext_lazy("contact", "on"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CALL)
    level = models.CharField(_("level"), max_length=16, choices=Level, default=Level.WORKING)
    posts = models.ManyToManyField(
        Post,
        through="ContactPost",
        related_name="contacts",
        blank=True,
        verbose_name=_("with posts"),
    )
    organisations = models.ManyToManyField(
        Organisation,
        through="ContactOrganisation",
        related_name="contacts",
        blank=True,
        verbose_name=_("with organisations"),
    )
    others = LineField(_("with others"), max_length=500, blank=True)
    note = ProseField(_("note"), blank=True)
    letter_number = LineField(_("letter number of the minutes"), max_length=100, blank=True)
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("minutes")
    )
    recorded_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    class Meta(Recorded.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-contacted_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(commitment__isnull=False, meeting=None, forum=None)
                | Q(commitment=None, meeting__isnull=False, forum=None)
                | Q(commitment=None, meeting=None, forum__isnull=False),
                name="commitments_contact_of_one_thing",
                violation_error_message=_("A contact is about one commitment, one meeting or one forum."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}, {self.get_kind_display()}"

    @property
    def subject(self) -> Commitment | Meeting | Forum | None:
        return self.commitment or self.meeting or self.forum


class ContactPost(Recorded):
    contact = models.ForeignKey(Contact, models.PROTECT, verbose_name=_("contact"))
    post = models.ForeignKey(Post, models.PROTECT, verbose_name=_("post"))

    class Meta(Recorded.Meta):
        verbose_name = _("post of a contact")
        verbose_name_plural = _("posts of contacts")
        ordering = ["contact", "post"]
        constraints = [
            models.UniqueConstraint(fields=["contact", "post"], name="commitments_contactpost_once")
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.post_id}"


class ContactOrganisation(Recorded):
    contact = models.ForeignKey(Contact, models.PROTECT, verbose_name=_("contact"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name=_("organisation"))

    class Meta(Recorded.Meta):
        verbose_name = _("organisation of a contact")
        verbose_name_plural = _("organisations of contacts")
        ordering = ["contact", "organisation"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "organisation"], name="commitments_contactorganisation_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.organisation_id}"
