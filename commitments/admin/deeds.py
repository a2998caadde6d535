"""Verbs of the register on the pages of an entry and of a list: asked for in a small form, done by the model."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from commitments import access
from commitments.admin.forms import refuse
from commitments.models import User, writing
from commitments.refusals import as_validation

CONFIRMED = "_confirmed"
ONLY_OWN = _("Some of these are kept by another desk. Choose entries of your own.")
DOES_NOT_APPLY = _("This cannot be done to “%(entry)s” as it stands.")


class Deed(forms.Form):
    """One verb. Its fields are what has to be said with it."""

    required_css_class = "required"
    do_not_call_in_templates = True
    name: ClassVar[str]
    label: ClassVar[Any]
    explanation: ClassVar[Any] = ""
    done: ClassVar[Any]

    def __init__(self, *args: Any, person: User, rows: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.rows = rows
        for field in self.fields.values():
            field.label = capfirst(field.label)

    @classmethod
    def applies(cls, row: Any) -> bool:
        return True

    def do(self, row: Any, *, by: User, now: datetime) -> Any:
        raise NotImplementedError

    def carry_out(self, *, now: datetime) -> bool:
        """To all or to none. False: the form says why not."""
        try:
            with transaction.atomic(), writing(by_id=self.person.pk, via="admin"):
                for row in self.rows:
                    self._do_one(row, now)
        except (ValidationError, IntegrityError) as error:
            refuse(self, as_validation(error))
            return False
        return True

    def _do_one(self, row: Any, now: datetime) -> None:
        if not self.applies(row):
            raise ValidationError(DOES_NOT_APPLY, params={"entry": row})
        self.do(row, by=self.person, now=now)


class DeedsMixin(admin.ModelAdmin):
    """`deeds` stand as buttons on the page of an entry and, if `in_lists` names them, as actions of the list."""

    deeds: ClassVar[tuple[type[Deed], ...]] = ()
    in_lists: ClassVar[tuple[str, ...]] = ()
    change_form_template = "commitments/admin/change_form.html"

    def named(self, row: Any) -> str:
        """How the page of a deed calls what it is done to."""
        return str(row)

    def may_act(self, request: HttpRequest, row: Any = None) -> bool:
        return self.has_change_permission(request, row)

    def may_act_on(self, request: HttpRequest, rows: models.QuerySet) -> models.QuerySet:
        """may_act() of many rows."""
        return access.editable(rows, request.user)

    def deeds_for(self, request: HttpRequest, row: Any) -> list[type[Deed]]:
        return [deed for deed in self.deeds if deed.applies(row)] if self.may_act(request, row) else []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if self.may_act(request):
            for deed in self.deeds:
                if deed.name in self.in_lists:
                    actions[deed.name] = (_as_action(deed), deed.name, deed.label)
        return actions

    def deed_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        deed = {deed.name: deed for deed in self.deeds}.get(name)
        if row is None or deed is None:
            raise Http404
        if not self.may_act(request, row):
            raise PermissionDenied
        address = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return perform(self, request, deed, [row], then=reverse(address, args=[row.pk]))


def _as_action(deed: type[Deed]) -> Any:
    def act(model_admin: DeedsMixin, request: HttpRequest, rows: models.QuerySet) -> HttpResponse | None:
        own = model_admin.may_act_on(request, rows).values_list("pk", flat=True)
        chosen = list(rows)
        if {row.pk for row in chosen} - set(own):
            model_admin.message_user(request, ONLY_OWN, messages.ERROR)
            return None
        return perform(model_admin, request, deed, chosen, then=request.get_full_path())

    return act


def perform(
    model_admin: DeedsMixin, request: HttpRequest, deed: type[Deed], rows: list[Any], *, then: str
) -> HttpResponse:
    """The form first; when it comes back filled in, the deed."""
    data = request.POST if CONFIRMED in request.POST else None
    person: Any = request.user
    form = deed(data, person=person, rows=rows)
    if form.is_bound and form.is_valid() and form.carry_out(now=timezone.now()):
        model_admin.message_user(request, deed.done, messages.SUCCESS)
        return HttpResponseRedirect(then)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": deed.label,
        "opts": model_admin.opts,
        "media": model_admin.media + form.media,
        "form": form,
        "adminform": helpers.AdminForm(cast(Any, form), [(None, {"fields": list(form.fields)})], {}),
        "rows": [(row.pk, model_admin.named(row)) for row in rows],
        "deed": deed,
        "chosen": helpers.ACTION_CHECKBOX_NAME,
        "confirmed": CONFIRMED,
        "back": then,
    }
    return TemplateResponse(request, "commitments/admin/deed.html", context)
