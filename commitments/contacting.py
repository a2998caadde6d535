"""“Working-level call, 12 March”: a talk is noted down with whoever took part. It is no progress and no answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.models import Contact, Organisation, Post, User, writing
from commitments.owners import called, only_one


def note_contact(*, who: str = "", by: User, now: datetime, **said: Any) -> Contact:
    """`who`: one a line, a post or an organisation by any of its names; other names are kept as written.

    `said`: commitment, meeting or forum; contacted_on, kind, level, note, letter_number, document."""
    contact = Contact(recorded_by=by, **said)
    if contact.contacted_on is not None and contact.contacted_on > timezone.localdate(now):
        raise ValidationError({"contacted_on": _("This day is still to come.")})
    with transaction.atomic(), writing(why=contact.note):
        posts, organisations, others = _who(who, by)
        contact.others = ", ".join(others)
        contact.full_clean()
        contact.save()
        contact.posts.add(*posts)
        contact.organisations.add(*organisations)
    return contact


def _who(lines: str, by: User) -> tuple[list[Post], list[Organisation], list[str]]:
    posts, organisations, others = [], [], []
    for line in filter(None, map(str.strip, lines.splitlines())):
        if post := only_one(called(Post.objects.visible_to(by), line), line):
            posts.append(post)
        elif organisation := only_one(called(Organisation.objects.visible_to(by), line), line):
            organisations.append(organisation)
        else:
            others.append(line)
    return posts, organisations, others
