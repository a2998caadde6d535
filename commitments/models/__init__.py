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
from commitments.models.closings import Closing
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
from commitments.models.contacts import Contact, ContactOrganisation, ContactPost
from commitments.models.documents import Authority, Document, DocumentText, Provision, Strength
from commitments.models.findables import Findable, Unread
from commitments.models.follow_ups import FollowUp, Request
from commitments.models.forums import Forum, ForumParty, Meeting, RelatedForum
from commitments.models.imports import ColumnMapping, ImportRun
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
from commitments.models.reorganisations import MovedPost, Reorganisation
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
    "Closing",
    "ColumnMapping",
    "Commitment",
    "CommitmentParty",
    "CommitmentProvision",
    "CommitmentRelation",
    "CommitmentTopic",
    "Contact",
    "ContactOrganisation",
    "ContactPost",
    "Document",
    "DocumentText",
    "Evidence",
    "Findable",
    "FollowUp",
    "Forum",
    "ForumParty",
    "Grant",
    "Holiday",
    "ImportRun",
    "Interpretation",
    "Language",
    "Marking",
    "Meeting",
    "Membership",
    "MovedPost",
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
    "Reorganisation",
    "Request",
    "Strength",
    "Titled",
    "Topic",
    "Unread",
    "User",
    "in_language",
    "writing",
]
