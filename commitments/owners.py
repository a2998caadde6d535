"""An owner in one line, “division, name, mail”: what is missing of division, person and post is entered."""

import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from commitments.fields import LINE_BREAKS, composed, refuse_unprintable
from commitments.locking import exclusively
from commitments.models import LANGUAGES, Forum, Organisation, Party, Post, PostHolding, User

SEPARATORS = re.compile(r"[,，、;；\t]")
PERSON_PARTS = re.compile(r"[,，、;；\t<>]")
HANGUL, KANA, HAN = (re.compile(f"[{span}]") for span in ("가-힣ㄱ-ㆎ", "ぁ-ヿ", "一-鿿"))
# Not translated: the post keeps this name, in the language of its division.
NAMES_OF_POSTS = {"en": "Officer in charge, {}", "ko": "{} 담당", "ja": "{} 担当"}


def owner_from_line(line: str, *, today: date, party: Party | None = None) -> Post:
    """The post that `line` means: by its name, or that of a person in a division.

    `party`: whose organisations are searched and added to; None searches all and adds nothing new.
    Raises ValidationError with a sentence."""
    refuse_unprintable(line)
    line = composed(LINE_BREAKS.sub(" ", line)).strip()
    own = Q() if party is None else Q(organisation__party=party)
    post = only_one(called(Post.objects.filter(own), line), line)
    if post is not None:
        return post
    division, person, mail = _parts(line)
    with exclusively("owners in a line"):
        if not mail:
            return _only_post(division, party)
        return _post_of(_division(division, party), _person(person, mail, party), today=today)


def person_from_line(line: str) -> tuple[str, str]:
    """Name and mail address of somebody: “name, mail”, “name <mail>”, or the address alone."""
    refuse_unprintable(line)
    parts = [
        part.strip() for part in PERSON_PARTS.split(composed(LINE_BREAKS.sub(" ", line))) if part.strip()
    ]
    mails = [part for part in parts if "@" in part]
    words = [part for part in parts if "@" not in part]
    if len(mails) != 1 or len(words) > 1:
        raise ValidationError(_("Write “name, mail address”, or choose somebody from the list."))
    _refuse_bad_mail(mails[0])
    return words[0] if words else mails[0].partition("@")[0], mails[0]


def person_of_mail(mail: str) -> User | None:
    """Somebody of the register; raises ValidationError if their account is closed."""
    known = User.objects.filter(Q(email__iexact=mail) | Q(username__iexact=mail)).order_by("id").first()
    if known is not None and not known.is_active:
        raise ValidationError(_("%(mail)s belongs to somebody who has left. Give another.") % {"mail": mail})
    return known


def entered_person(name: str, mail: str, party: Party | None) -> User:
    """Found by the address, else entered without an account."""
    with exclusively("owners in a line"):
        return _person(name, mail, party)


def home_party(forum: Forum) -> Party | None:
    """The party whose register this is: that of the forum's desk."""
    desk = forum.desk_post()
    return desk.organisation.party if desk else None


def called(rows: QuerySet[Any], text: str) -> list[Any]:
    """Those that have exactly `text` as name, title or alias in some language."""
    stem, text = rows.model.stem, composed(text).strip()
    named = Q(aliases__icontains=text)
    for code in LANGUAGES:
        named |= Q(**{f"{stem}_{code}__iexact": text})
    return [row for row in rows.filter(named) if text.casefold() in _names(row)] if text else []


def _names(row: Any) -> set[str]:
    names = [getattr(row, f"{row.stem}_{code}") for code in LANGUAGES]
    return {name.strip().casefold() for name in [*names, *row.aliases.splitlines()]}


def only_one(found: list[Any], text: str) -> Any:
    """The one that was meant, or None. What belongs to the demonstration gives way to what does not."""
    real = [row for row in found if not getattr(row, "demonstration", False)] or found
    if len(real) > 1:
        raise ValidationError(
            _("“%(name)s” is the name of several. Choose one from the list.") % {"name": text}
        )
    return real[0] if real else None


def language_of(text: str, otherwise: str = "en") -> str:
    """By its script: Hangul is Korean, kana Japanese; Chinese characters alone do not tell."""
    if HANGUL.search(text):
        return "ko"
    if KANA.search(text):
        return "ja"
    return otherwise if HAN.search(text) and otherwise in {"ko", "ja"} else "en"


def _parts(line: str) -> tuple[str, str, str]:
    """Division, name and mail; name and mail are empty if only the division was given."""
    parts = [part.strip() for part in SEPARATORS.split(line) if part.strip()]
    mails = [part for part in parts if "@" in part]
    words = [part for part in parts if "@" not in part]
    if not words or len(words) > 2 or len(mails) > 1:
        raise ValidationError(_("Write “division, name, mail address”, or choose a post."))
    if len(words) == 2 and not mails:
        said = _("The mail address is missing. Write “%(division)s, %(name)s, mail address”.")
        raise ValidationError(said % {"division": words[0], "name": words[1]})
    mail = mails[0] if mails else ""
    if mail:
        _refuse_bad_mail(mail)
    return words[0], words[1] if len(words) == 2 else mail.partition("@")[0], mail


def _refuse_bad_mail(mail: str) -> None:
    try:
        validate_email(mail)
    except ValidationError as error:
        said = _("“%(mail)s” is no mail address. Example: kim@ministry.example.") % {"mail": mail[:100]}
        raise ValidationError(said) from error


def _only_post(name: str, party: Party | None) -> Post:
    own = Q() if party is None else Q(party=party)
    division = only_one(called(Organisation.objects.filter(own), name), name)
    if division is None:
        said = _("“%(name)s” is neither a post nor a division here. Write “division, name, mail address”.")
        raise ValidationError(said % {"name": name[:100]})
    posts = list(division.posts.all()[:2])
    if len(posts) != 1:
        said = _(
            "“%(name)s” has no post or several. Choose the post, or write “division, name, mail address”."
        )
        raise ValidationError(said % {"name": name})
    return posts[0]


def _division(name: str, party: Party | None) -> Organisation:
    own = Q() if party is None else Q(party=party)
    found = only_one(called(Organisation.objects.filter(own), name), name)
    if found is not None:
        return found
    if party is None:
        said = _(
            "“%(name)s” is not in the register, and it is not known which country it belongs to. Enter it first."
        )
        raise ValidationError(said % {"name": name[:100]})
    division = Organisation(party=party, **{f"name_{language_of(name, party.language)}": name})
    return _kept(division)


def _person(name: str, mail: str, party: Party | None) -> User:
    known = person_of_mail(mail)
    if known is not None:
        return known
    stem = f"name_{language_of(name, party.language if party else 'en')}"
    person = User(username=mail.lower(), email=mail, **{stem: name})
    person.set_unusable_password()
    return _kept(person)


def _post_of(division: Organisation, person: User, *, today: date) -> Post:
    """The person's own post there; the division's only one, if nobody holds it; else a new one."""
    held = PostHolding.objects.on(today).filter(user=person).values("post")
    own = division.posts.filter(pk__in=held).first()
    if own is not None:
        return own
    posts = list(division.posts.all())
    vacant = division.posts.vacant_on(today)
    post = posts[0] if len(posts) == 1 and vacant.exists() else _new_post(division)
    _kept(PostHolding(post=post, user=person, from_on=today))
    return post


def _new_post(division: Organisation) -> Post:
    language = next(code for code in LANGUAGES if getattr(division, f"name_{code}"))
    name = NAMES_OF_POSTS[language].format(getattr(division, f"name_{language}"))
    taken = {getattr(post, f"name_{language}") for post in division.posts.all()}
    number = next(n for n in range(1, len(taken) + 2) if _numbered(name, n) not in taken)
    return _kept(Post(organisation=division, **{f"name_{language}": _numbered(name, number)}))


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def _kept(row: Any) -> Any:
    """Raises ValidationError in one sentence: the fields of the row are no fields of the line."""
    try:
        with transaction.atomic():
            row.full_clean()
            row.save()
    except ValidationError as error:
        raise ValidationError(error.messages) from error
    return row
