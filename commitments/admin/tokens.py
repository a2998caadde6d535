"""Keys for other systems: made by administrators, shown once, revoked by their owner or an administrator."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from commitments.admin.base import RegisterAdmin
from commitments.admin.deeds import Deed
from commitments.admin.forms import RegisterForm
from commitments.models import ApiToken, User

SHOWN = 8  # characters of the key, enough to tell one from another


class Revoke(Deed):
    name = "revoke"
    label = _("Revoke")
    explanation = _("Whoever uses this key is refused from now on.")
    done = _("Revoked.")

    def do(self, row: ApiToken, *, by: User, now: datetime) -> None:
        row.delete()


class NewKeyForm(RegisterForm):
    days = forms.IntegerField(
        label=_("valid for … days"),
        initial=90,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
    )

    class Meta:
        model = ApiToken
        fields = ["user", "name", "scope"]


@admin.register(ApiToken)
class KeyAdmin(RegisterAdmin):
    form = NewKeyForm
    fields = ["user", "name", "scope", "days"]
    autocomplete_fields = ["user"]
    list_display = ["beginning", "name", "user", "scope", "created", "expiry"]
    list_display_links = None
    list_select_related = ["user"]
    search_fields = ["name", *(f"user__{column}" for column in User.name_columns())]
    secret = frozenset({"digest", "token_key"})
    deeds = (Revoke,)
    in_lists = ("revoke",)

    @admin.display(description=_("begins with"))
    def beginning(self, key: ApiToken) -> str:
        return f"{key.token_key[:SHOWN]}…"

    def named(self, row: ApiToken) -> str:
        return " · ".join(filter(None, [self.beginning(row), row.name, str(row.user)]))

    def may_act(self, request: HttpRequest, row: Any = None) -> bool:
        """Revoking: whoever sees a key, which is its owner or an administrator."""
        return self.has_view_permission(request, row)

    def may_act_on(self, request: HttpRequest, rows: Any) -> Any:
        return rows

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404

    def deed_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        raise Http404

    def write(self, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        made, key = ApiToken.objects.create(
            user=said["user"], expiry=timedelta(days=said["days"]), name=said["name"], scope=said["scope"]
        )
        obj.digest, obj.key = made.digest, key

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The key itself, this once: only its hash is kept."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("New access key"),
            "opts": self.opts,
            "key": obj.key,
        }
        response = TemplateResponse(request, "commitments/admin/new_key.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response
