"""Who has which part in a commitment: a new lead follows the old one, and neither day is left without."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import answers
from commitments.models import Assignment, Commitment, Post, Request, User, writing
from commitments.owners import home_party, owner_from_line
from commitments.working_days import ONE_DAY


def assign(commitment: Commitment, post: Post, *, role: str, now: datetime, reason: str = "") -> Assignment:
    """Give `post` its part from today on. The lead of the same party, if there is one, ends the day before."""
    today = timezone.localdate(now)
    with transaction.atomic(), writing(why=reason):
        if role == Assignment.Role.LEAD:
            _end_lead(commitment, post, now=now)
        assignment = Assignment(commitment=commitment, post=post, role=role, from_on=today)
        assignment.full_clean()
        assignment.save()
    return assignment


def hand_over(
    commitment: Commitment, from_post: Post, to_post: Post, *, role: str, now: datetime, reason: str = ""
) -> Assignment:
    """What `from_post` has there goes to `to_post`: the part, and the open dates that it answers for by itself."""
    today = timezone.localdate(now)
    with transaction.atomic(), writing(why=reason):
        held = commitment.assignments.active(today).filter(post=from_post, role=role).first()
        if held is None:
            raise ValidationError({"owner": _("This post does not have that part.")})
        if from_post == to_post:
            raise ValidationError({"owner": _("This post is the owner already. Choose another.")})
        held.end(on=today - ONE_DAY)
        if role == Assignment.Role.LEAD:
            for follow_up in commitment.follow_ups.open().filter(post=from_post):
                follow_up.give_to(to_post)
        return assign(commitment, to_post, role=role, now=now, reason=reason)


def _end_lead(commitment: Commitment, post: Post, *, now: datetime) -> None:
    today = timezone.localdate(now)
    for held in commitment.assignments.active(today).leads().filter(party=post.organisation.party_id):
        if held.post_id == post.pk:
            raise ValidationError({"owner": _("This post is the owner already. Choose another.")})
        held.end(on=today - ONE_DAY)


def assign_by_line(
    commitment: Commitment, line: str, *, role: str, now: datetime, reason: str = ""
) -> Assignment:
    """As assign(); the post in words, such as “division, name, mail”, and what is missing of it is entered."""
    with transaction.atomic(), writing(why=reason):
        post = _post_of(commitment, line, now=now)
        return assign(commitment, post, role=role, now=now, reason=reason)


def accept_request_by_line(
    request: Request, line: str, *, by: User, now: datetime, decision: str = ""
) -> None:
    """Do what was asked; for a hand-over, to the post that `line` names, or to nobody yet."""
    with transaction.atomic():
        commitment = request.follow_up.commitment
        to_post = _post_of(commitment, line, now=now) if commitment and line.strip() else None
        answers.accept_request(request, by=by, now=now, decision=decision, to_post=to_post)


def _post_of(commitment: Commitment, line: str, *, now: datetime) -> Post:
    """Searched in the whole register if it is a post; what is new belongs to the desk's own party."""
    return owner_from_line(line, today=timezone.localdate(now), party=home_party(commitment.forum))
