"""Who owes and who is told: parties, their organisations, the posts in them and who holds a post when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.locking import exclusively
from commitments.models.calendars import Calendar, refuse_unknown_zone
from commitments.models.changes import Recorded
from commitments.models.naming import LANGUAGES, Language, Named, NamedQuerySet
from commitments.models.periods import PeriodQuerySet
from commitments.spoken_dates import long_date
from commitments.working_days import ONE_DAY

ENDS_SOON = timedelta(days=30)
LONGEST_NAME = 300


class Party(Named):
    class Kind(models.TextChoices):
        STATE = "state", pgettext_lazy("kind of party", "state")
        ORGANISATION = "organisation", _("international organisation")

    code = LineField(
        _("code"),
        max_length=12,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Z][A-Z0-9-]{1,11}$", _("Two to twelve capitals or digits, such as KOR."))
        ],
        help_text=_("For states ISO 3166 alpha-3, such as KOR."),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.STATE)
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="+", verbose_name=_("working calendar")
    )
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.ENGLISH)

    class Meta(Named.Meta):
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["code"]


class OrganisationQuerySet(NamedQuerySet):
    def headless(self, day: date, parts: models.QuerySet[Any]) -> OrganisationQuerySet:
        """Its posts have one of these `parts`, and nobody is at its head: holds a post with no superior in it."""
        inside = Q(superior__organisation=F("organisation"))
        heads = Post.objects.filter(organisation=OuterRef("pk")).exclude(inside).held_on(day)
        at_work = parts.order_by().values("post__organisation")
        return self.filter(~Exists(heads), pk__in=at_work)


class Organisation(Named):
    """A ministry, bureau or division (과). Its earlier names stay in OrganisationName."""

    trees = ("parent",)

    party = models.ForeignKey(Party, models.PROTECT, related_name="organisations", verbose_name=_("party"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    calendar = models.ForeignKey(
        Calendar,
        models.PROTECT,
        blank=True,
        related_name="+",
        verbose_name=_("working calendar"),
        help_text=_("Empty: that of the body it is part of, else of its country."),
    )
    zone = LineField(
        _("time zone"),
        max_length=60,
        blank=True,
        validators=[refuse_unknown_zone],
        help_text=_("Empty: that of the working calendar."),
    )
    language = models.CharField(_("language of its mail"), max_length=2, choices=Language, blank=True)
    telephone = LineField(_("telephone"), max_length=60, blank=True)
    demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta(Named.Meta):
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["party", "name_en", "name_ko", "id"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The calendar is filled from the parent or the party: planning joins on it, so it is never empty."""
        if self.calendar_id is None:
            self.calendar_id = (self.parent or self.party).calendar_id
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        if self.calendar_id is None and self.party_id is not None:
            self.calendar_id = (self.parent or self.party).calendar_id
        if self.parent is not None and self.parent.party_id != self.party_id:
            raise ValidationError({"parent": _("The body it is part of belongs to another party.")})
        bound = Post.objects.filter(organisation=self.pk, assignments__isnull=False)
        if bound.exclude(assignments__party=self.party_id).exists():
            message = _("Its posts are responsible for commitments of their party. Keep that party.")
            raise ValidationError({"party": message})

    @property
    def clock(self) -> ZoneInfo:
        """Its own time zone, else that of its working calendar."""
        return ZoneInfo(self.zone or self.calendar.zone)

    def name_on(self, day: date) -> str:
        """Asks nothing where the earlier names were read beforehand."""
        earlier = [name for name in self.earlier_names.all() if name.until_on >= day]
        return str(min(earlier, key=lambda name: name.until_on, default=self))

    def rename(self, names: Mapping[str, str], *, from_on: date) -> None:
        """From that day on, with the posts that carry its name. The old one stays for what was before, and finds it."""
        with exclusively(f"names of organisation {self.pk}"):
            self.refuse_name(names, from_on=from_on)
            old = {column: getattr(self, column) for column in names}
            self.earlier_names.create(until_on=from_on - ONE_DAY, **old)
            for post in self.posts.all():
                post.follow_name(old, names)
            self._take_name(names)

    def refuse_name(self, names: Mapping[str, str], *, from_on: date) -> None:
        if all(getattr(self, column) == name for column, name in names.items()):
            raise ValidationError(_("That is its name already. Change it in at least one language."))
        if not any(names.values()):
            raise ValidationError(_("Give it a name in at least one language."))
        last = self.earlier_names.order_by("until_on").last()
        if last is not None and last.until_on >= from_on - ONE_DAY:
            said = {"name": str(last), "day": long_date(last.until_on, get_language() or "en")}
            sentence = _("It was called “%(name)s” until %(day)s. Give a later day.")
            raise ValidationError({"effective_on": ValidationError(sentence, params=said)})

    def _take_name(self, names: Mapping[str, str]) -> None:
        self.aliases = with_aliases(self, names)
        for column, name in names.items():
            setattr(self, column, name)
        self.full_clean()
        self.save(update_fields=[*names, "aliases"])


class OrganisationName(Named):
    """What an organisation was called until a day: declared words keep the name of their time."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="earlier_names", verbose_name=_("organisation")
    )
    until_on = models.DateField(_("last day of this name"))

    class Meta(Named.Meta):
        verbose_name = _("earlier name")
        verbose_name_plural = _("earlier names")
        ordering = ["organisation", "until_on"]
        constraints = [
            *Named.Meta.constraints,
            models.UniqueConstraint(
                fields=["organisation", "until_on"], name="commitments_organisationname_once"
            ),
        ]


def with_aliases(row: Named, names: Mapping[str, str]) -> str:
    """Its aliases, and the names that it gives up for `names`."""
    given_up = [getattr(row, column) for column in names if getattr(row, column) != names[column]]
    return "\n".join(dict.fromkeys(filter(None, [*row.aliases.splitlines(), *given_up])))


class UserQuerySet(NamedQuerySet):
    def left(self, today: date) -> UserQuerySet:
        """Nothing goes to them: no account, or every post and role that they had has ended."""
        mine = [rows.filter(user=OuterRef("pk")) for rows in (PostHolding.objects, Membership.objects)]
        held, given = (Exists(rows) for rows in mine)
        holds, has = (Exists(rows.overlapping(today, None)) for rows in mine)
        ended = Q(held | given) & ~Q(holds | has)
        return self.filter(Q(is_active=False) | Q(ended, is_superuser=False))

    def here(self, today: date) -> UserQuerySet:
        return self.exclude(pk__in=User.objects.left(today).values("pk"))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username, **{"name_en": username, **fields})
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, Named):
    """A person. Those who only answer by mail have no account: an unusable password and no staff flag."""

    unrecorded = frozenset({"password", "last_login"})

    username = LineField(
        _("sign-in name"),
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("Somebody has this sign-in name already.")},
    )
    email = models.EmailField(_("mail address"), blank=True)
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=Language,
        blank=True,
        help_text=_("Empty: that of the organisation."),
    )
    zone = LineField(
        _("time zone"),
        max_length=60,
        blank=True,
        validators=[refuse_unknown_zone],
        help_text=_("Empty: that of the organisation."),
    )
    is_active = models.BooleanField(_("active account"), default=True)
    is_staff = models.BooleanField(_("may sign in"), default=False)
    is_superuser = models.BooleanField(_("administrator"), default=False)
    demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    objects = UserManager()

    class Meta(Named.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    get_short_name = get_full_name

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        """Rights are memberships, asked row by row (commitments/access.py); this opens or shuts the door."""
        from commitments import access

        return access.may(self, permission)

    def has_perms(self, permissions: list[str], obj: Any = None) -> bool:
        return all(self.has_perm(permission, obj) for permission in permissions)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class PostQuerySet(NamedQuerySet):
    def known_by(self, words: str, today: date) -> PostQuerySet:
        """Posts that somebody means by the name of the post, of its division, or of who holds it today."""
        people = User.objects.filter(User.objects.name_contains(words) | Q(email__iexact=words))
        held = PostHolding.objects.on(today).filter(user__in=people.order_by().values("pk"))
        divisions = Organisation.objects.named(words).order_by().values("pk")
        by_holder = Q(pk__in=held.order_by().values("post"))
        return self.filter(self.name_contains(words) | Q(organisation__in=divisions) | by_holder)

    def held_on(self, day: date) -> PostQuerySet:
        held = PostHolding.objects.on(day).filter(user__is_active=True)
        return self.filter(pk__in=held.values("post"))

    def vacant_on(self, day: date) -> PostQuerySet:
        held = PostHolding.objects.on(day).filter(user__is_active=True)
        return self.exclude(pk__in=held.values("post"))


class Post(Named):
    """An office, such as “Director, Critical Minerals Division”. It owns; people come and go."""

    trees = ("superior",)

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="posts", verbose_name=_("organisation")
    )
    superior = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="subordinates", verbose_name=_("superior")
    )
    alternate = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stands_in_for",
        verbose_name=_("alternate"),
        help_text=_("The post that is told while nobody holds this one."),
    )
    demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta(Named.Meta):
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["organisation", "name_en", "name_ko", "id"]
        constraints = [
            *Named.Meta.constraints,
            models.CheckConstraint(
                condition=Q(alternate=None) | ~Q(alternate=F("id")),
                name="commitments_post_is_not_its_alternate",
                violation_error_message=_("A post cannot be its own alternate."),
            ),
        ]

    def clean(self) -> None:
        super().clean()
        if self.pk is None or self.organisation_id is None:
            return
        if self.assignments.exclude(party=self.organisation.party_id).exists():
            message = _(
                "This post is responsible for commitments of its party. Choose an organisation of that."
            )
            raise ValidationError({"organisation": message})

    def holder_on(self, day: date) -> User | None:
        """Who answers for the post on `day`: an acting holder (leave, vacancy) before the holder."""
        holdings = self.holdings.on(day).filter(user__is_active=True).select_related("user")
        found = holdings.order_by("-acting", "-from_on").first()
        return found.user if found else None

    def give_to(
        self, user: User, *, from_on: date, acting: bool = False, until_on: date | None = None
    ) -> PostHolding:
        """The post changes hands: the present holding ends the day before `from_on`; one agreed for later stands."""
        with exclusively(f"holdings of post {self.pk}"):
            for held in self.holdings.on(from_on).filter(acting=acting):
                held.end(on=from_on)
            later = self.holdings.filter(from_on__gt=from_on, acting=acting).order_by("from_on").first()
            ends_on = [day for day in (until_on, later and later.from_on - ONE_DAY) if day]
            return self.holdings.create(
                user=user, from_on=from_on, until_on=min(ends_on, default=None), acting=acting
            )

    def hand_over(self, user: User | None, *, from_on: date, today: date) -> None:
        """The holder leaves the day before, with any leave; nobody comes yet if `user` is None."""
        with exclusively(f"holdings of post {self.pk}"):
            self.refuse_hand_over(user, from_on=from_on, today=today)
            for leave in self.holdings.filter(acting=True).overlapping(from_on, None):
                leave.end(on=from_on)
            if user is not None:
                self.give_to(user, from_on=from_on)
                return
            for held in self.holdings.filter(acting=False).on(from_on):
                held.end(on=from_on)

    def refuse_hand_over(self, user: User | None, *, from_on: date, today: date) -> None:
        held = self.holdings.filter(acting=False).on(from_on).select_related("user").first()
        if held is None and user is None:
            raise ValidationError({"comes": _("Nobody holds the post on that day. Say who comes.")})
        if held is not None and held.user == user:
            raise ValidationError({"comes": _("This person holds the post already. Choose another.")})
        begun = self.holdings.filter(acting=False, from_on__lte=today).order_by("from_on").last()
        if begun is not None and from_on < begun.from_on:
            said = {"name": begun.user.name, "day": long_date(begun.from_on, get_language() or "en")}
            sentence = _("%(name)s holds the post since %(day)s. Give that day or a later one.")
            raise ValidationError({"from_on": ValidationError(sentence, params=said)})

    def organisation_on(self, day: date) -> Organisation:
        """Where it belonged on `day`, before it went elsewhere; asks nothing where its moves were read beforehand."""
        moves = (move.reorganisation for move in self.moves.all())
        later = [each for each in moves if each.done_at is not None and each.effective_on > day]
        first = min(later, key=lambda each: (each.effective_on, each.pk), default=None)
        return first.organisation if first else self.organisation

    def named_after(self, old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
        """What changes in its own names when the body it is named after changes its name."""
        found = {}
        for code in LANGUAGES:
            column = f"name_{code}"
            was, becomes, own = old.get(column, ""), new.get(column, ""), getattr(self, column)
            if was and becomes and was != becomes and was in own:
                found[column] = own.replace(was, becomes)[:LONGEST_NAME]
        return found

    def follow_name(self, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        names = self.named_after(old, new)
        if not names:
            return
        self.aliases = with_aliases(self, names)
        for column, name in names.items():
            setattr(self, column, name)
        self.save(update_fields=[*names, "aliases"])

    def let_act(self, user: User, *, from_on: date, until_on: date) -> PostHolding:
        """Leave: somebody acts for the holder until a day, and nobody else in that time."""
        with exclusively(f"holdings of post {self.pk}"):
            self._refuse_second_leave(from_on, until_on)
            if self.holdings.on(from_on).filter(acting=False, user=user).exists():
                raise ValidationError({"acting": _("Who holds the post cannot act for it as well.")})
            return self.give_to(user, from_on=from_on, until_on=until_on, acting=True)

    def _refuse_second_leave(self, from_on: date, until_on: date) -> None:
        if until_on < from_on:
            raise ValidationError({"until_on": _("The leave ends before it starts.")})
        other = self.holdings.filter(acting=True).overlapping(from_on, until_on).order_by("from_on").first()
        if other is not None:
            raise ValidationError({"from_on": _acts_already(other)})


def _acts_already(other: PostHolding) -> ValidationError:
    language = get_language() or "en"
    said = {"name": other.user.name, "from": long_date(other.from_on, language)}
    if other.until_on is None:
        sentence = _("%(name)s acts for this post since %(from)s. End that first.")
        return ValidationError(sentence, params=said)
    sentence = _(
        "%(name)s acts for this post from %(from)s until %(until)s. End that leave first, or choose other days."
    )
    return ValidationError(sentence, params=said | {"until": long_date(other.until_on, language)})


class PostHoldingQuerySet(PeriodQuerySet):
    def ending_without_successor(self, today: date) -> PostHoldingQuerySet:
        """They end within 30 days, and nobody is to hold the post afterwards."""
        ending = self.filter(acting=False, until_on__range=(today, today + ENDS_SOON))
        after = PostHolding.objects.filter(
            post=OuterRef("post"), acting=False, from_on__gt=OuterRef("until_on")
        )
        return ending.exclude(Exists(after))


class PostHolding(Recorded):
    """Who holds a post, from and until which day (both included). Leave is a dated acting holding."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="holdings", verbose_name=_("post"))
    user = models.ForeignKey(User, models.PROTECT, related_name="holdings", verbose_name=_("holder"))
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"), null=True, blank=True)
    acting = models.BooleanField(_("acting"), default=False)

    objects = PostHoldingQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("holding of a post")
        verbose_name_plural = _("holdings of posts")
        ordering = ["post", "from_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="commitments_postholding_ends_after_it_starts",
                violation_error_message=_("The holding ends before it starts."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.post}"

    def clean(self) -> None:
        """The same rule as the trigger postholding_overlap, said before the database refuses."""
        super().clean()
        if self.post_id is None or self.from_on is None:
            return
        others = PostHolding.objects.filter(post=self.post_id, acting=self.acting).exclude(pk=self.pk)
        if others.overlapping(self.from_on, self.until_on).exists():
            raise ValidationError({"from_on": _("Somebody else holds this post in that time.")})

    def end(self, *, on: date) -> None:
        """Somebody else begins on that day. A holding that began the same day is withdrawn."""
        if self.from_on >= on:
            self.delete()
            return
        self.until_on = on - ONE_DAY
        self.save(update_fields=["until_on"])


class Membership(Recorded):
    """A person's role where it does not follow from a post: see commitments/access.py for what it opens."""

    class Role(models.TextChoices):
        DESK_OFFICER = "desk_officer", _("desk officer")
        COORDINATOR = "coordinator", _("coordinator")
        READER = "reader", _("reader")
        AUDITOR = "auditor", _("auditor")

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=12, choices=Role)
    forum = models.ForeignKey(
        "commitments.Forum",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("forum"),
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("organisation"),
    )
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"), null=True, blank=True)

    objects = PeriodQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["user", "role", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(role="desk_officer", forum__isnull=False, organisation=None)
                    | Q(role="coordinator", forum=None, organisation__isnull=False)
                    | Q(role="reader", forum__isnull=False, organisation=None)
                    | Q(role="reader", forum=None, organisation__isnull=False)
                    | Q(role="auditor", forum=None, organisation=None)
                ),
                name="commitments_membership_has_its_scope",
                violation_error_message=_(
                    "A desk officer belongs to a forum, a coordinator to an organisation, "
                    "a reader to one of the two, an auditor to neither."
                ),
            ),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="commitments_membership_ends_after_it_starts",
                violation_error_message=_("The role ends before it starts."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
