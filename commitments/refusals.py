"""What the database refuses, in a sentence: the one that a form would have said, or that of the trigger."""

import re
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import BaseConstraint
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

# The sentences of commitments/sql/facts_*.sql, so that they are translated.
TRIGGERS = {
    gettext_noop("Somebody else holds this post in that time."),
    gettext_noop("An approved text cannot be changed; enter a correction."),
    gettext_noop("An approved text cannot be deleted."),
    gettext_noop("The text changed and its fingerprint did not."),
    gettext_noop("Declared words that stand in the register would no longer stand in the text."),
    gettext_noop("The declared words do not stand in the text at that place."),
    gettext_noop("The party of the assignment is not that of the post."),
    gettext_noop("The post is responsible for commitments of its party; it cannot go to another."),
    gettext_noop("Its posts are responsible for commitments of the party; it cannot go to another."),
    gettext_noop("The party has another lead in that time, or the post validates what it leads."),
    gettext_noop(
        "It has high priority: one person proposes the closing, with evidence, and another confirms it."
    ),
    gettext_noop("A follow-up is never deleted; close it."),
    gettext_noop("A forum cannot become a demonstration."),
    gettext_noop("A commitment cannot become part of a demonstration."),
    gettext_noop("A meeting cannot become part of a demonstration."),
    gettext_noop("A document cannot become part of a demonstration."),
    gettext_noop("A follow-up cannot become part of a demonstration."),
    gettext_noop("The history cannot be changed."),
    gettext_noop("The history cannot be deleted."),
    gettext_noop("It cannot become part of a demonstration."),
    gettext_noop("The history cannot be changed or deleted."),
}
TWICE = _("This is in the register already.")
GONE = _("Something that it refers to is not in the register any more. Load the page again.")
BROKEN = _("The register refuses this, because it would break one of its rules.")


def as_validation(error: ValidationError | IntegrityError) -> ValidationError:
    """One kind of refusal for whoever shows it."""
    return error if isinstance(error, ValidationError) else ValidationError(sentence(error))


def sentence(error: IntegrityError) -> str:
    said, name = _heard(error)
    if said in TRIGGERS:
        return gettext(said)
    constraint = _constraint(name or said)
    if constraint is not None and _has_words(constraint):
        return str(constraint.get_violation_error_message())
    if "unique" in said.lower():
        return str(TWICE)
    return str(GONE if "foreign key" in said.lower() else BROKEN)


def _heard(error: IntegrityError) -> tuple[str, str]:
    """What the database said, and the constraint that it named; SQLite names it only within the words."""
    told = getattr(error.__cause__, "diag", None)
    if told is None:
        return str(error), ""
    return told.message_primary or "", told.constraint_name or ""


def _constraint(told: str) -> BaseConstraint | None:
    """By its name, or by the columns that SQLite names in its stead."""
    words = set(re.findall(r"[\w.]+", told))
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            fields: Any = [model._meta.get_field(name) for name in getattr(constraint, "fields", ())]
            columns = {f"{model._meta.db_table}.{field.column}" for field in fields}
            if constraint.name in words or (columns and columns == {w for w in words if "." in w}):
                return constraint
    return None


def _has_words(constraint: BaseConstraint) -> bool:
    return constraint.violation_error_message != constraint.default_violation_error_message
