"""A request that has passed the door of the site (DeskSite.admin_view): somebody signed in who may."""

from django.http import HttpRequest, QueryDict

from commitments.models import User


class StaffRequest(HttpRequest):
    user: User


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to, also if nothing was filled in; None while it is only asked for."""
    return request.POST if request.method == "POST" else None
