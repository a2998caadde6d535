"""What the desk adds to the pages of single entries: under a date, the proof of what was told of it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from commitments.admin.follow_ups import FollowUpAdmin
from commitments.models import FollowUp
from notifications.proof import Proof

admin.site.unregister(FollowUp)


@admin.register(FollowUp)
class ProvedFollowUpAdmin(FollowUpAdmin):
    change_form_template = "desk/follow_up_form.html"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        follow_up = kwargs.get("obj")
        if follow_up is not None:
            told = Proof([follow_up], now=timezone.now())
            context["lines"] = told.by_date()[0][1]
            context["came_back"] = told.came_back(request.user)
            context["readable"] = told.readable_by(request.user)
            context["due_on"] = follow_up.due_on
        return super().render_change_form(request, context, *args, **kwargs)
