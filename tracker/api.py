"""The REST interface, version 1: what there is at which address."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from commitments.api.commitments import Commitments
from commitments.api.documents import Documents, DocumentTexts, Provisions
from commitments.api.follow_ups import FollowUps, Requests
from commitments.api.forums import Forums, Meetings
from commitments.api.parties import Organisations, Parties, Posts
from commitments.api.progress import ProgressReports
from notifications.api import Reminders

RESOURCES = {
    "parties": Parties,
    "organisations": Organisations,
    "posts": Posts,
    "forums": Forums,
    "meetings": Meetings,
    "documents": Documents,
    "document-texts": DocumentTexts,
    "provisions": Provisions,
    "commitments": Commitments,
    "follow-ups": FollowUps,
    "requests": Requests,
    "progress-reports": ProgressReports,
    "reminders": Reminders,
}


class Router(DefaultRouter):
    include_format_suffixes = False


router = Router()
for address, resource in RESOURCES.items():
    router.register(address, resource)

# The page asks a person to sign in; its script and the document answer 401 to anybody else.
docs = login_required(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema", template_name="desk/api_docs.html")
)

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    *router.urls,
]
