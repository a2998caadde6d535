from commitments.models.assignments import Assignment, Grant
from commitments.models.calendars import Calendar, Holiday
from commitments.models.changes import (
    Authorship,
    Change,
    ChangeHorizon,
    ChangePosition,
    Recorded,
    RecordedQuerySet,
    writing,
)
from commitments.models.commitments import (
    Commitment,
    CommitmentParty,
    CommitmentProvision,
    CommitmentTopic,
    Interpretation,
    Marking,
    ReferenceCounter,
    Topic,
)
from commitments.models.documents import Authority, Document, DocumentText, Provision, Strength
from commitments.models.follow_ups import FollowUp, Request
from commitments.models.forums import Forum, ForumParty, Meeting, RelatedForum
from commitments.models.naming import LANGUAGES, Language, Named, Titled, in_language
from commitments.models.parties import (
    Membership,
    Organisation,
    OrganisationName,
    Party,
    Post,
    PostHolding,
    User,
)
from commitments.models.progress import Evidence, ProgressReport
from commitments.models.relations import CommitmentRelation
from commitments.models.tokens import ApiToken

__all__ = [
    "LANGUAGES",
    "ApiToken",
    "Assignment",
    "Authority",
    "Authorship",
    "Calendar",
    "Change",
    "ChangeHorizon",
    "ChangePosition",
    "Commitment",
    "CommitmentParty",
    "CommitmentProvision",
    "CommitmentRelation",
    "CommitmentTopic",
    "Document",
    "DocumentText",
    "Evidence",
    "FollowUp",
    "Forum",
    "ForumParty",
    "Grant",
    "Holiday",
    "Interpretation",
    "Language",
    "Marking",
    "Meeting",
    "Membership",
    "Named",
    "Organisation",
    "OrganisationName",
    "Party",
    "Post",
    "PostHolding",
    "ProgressReport",
    "Provision",
    "Recorded",
    "RecordedQuerySet",
    "ReferenceCounter",
    "RelatedForum",
    "Request",
    "Strength",
    "Titled",
    "Topic",
    "User",
    "in_language",
    "writing",
]
