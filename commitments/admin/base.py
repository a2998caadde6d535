"""One way for every entry of the register: seen, changed, refused and followed by the same rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commitments import access
from commitments.admin.deeds import DeedsMixin
from commitments.admin.forms import Refused, RegisterForm, RegisterFormSet
from commitments.admin.history import changes_of, journal
from commitments.admin.seen import cover_unseen, seen, spoken, visible
from commitments.fields import ProseField, composed
from commitments.models import writing
from commitments.refusals import as_validation

LONGEST_SEARCH = 200  # characters; SQLite refuses a LIKE of many thousand
HISTORY_PAGE = 50
NOT_YOURS = _(
    "You could not change this afterwards. Choose a forum that you keep, and stay among those who may see it."
)


class SeenMixin(BaseModelAdmin):
    """Rows and choices begin with what the person may see; rights are asked of the row itself."""

    formfield_overrides: ClassVar[Any] = {ProseField: {"widget": AdminTextareaWidget(attrs={"rows": 4})}}

    def _door(self, request: HttpRequest, action: str) -> bool:
        """Whether this kind of entry is open to the person at all; a page asks it hundreds of times."""
        known = vars(request).setdefault("_doors", {})
        permission = f"{self.opts.app_label}.{action}_{self.opts.model_name}"
        if permission not in known:
            known[permission] = request.user.has_perm(permission)
        return known[permission]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._door(request, "add")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._door(request, "view")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._door(request, "change")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return spoken(visible(super().get_queryset(request), request.user))

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> models.QuerySet:
        rows = super().get_field_queryset(db, db_field, request)
        mine = seen(db_field.related_model, request.user)
        return mine if rows is None else mine.order_by(*rows.query.order_by)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in {"from_on", "reported_on"}:
            kwargs.setdefault("initial", timezone.localdate)
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class RegisterAdmin(SeenMixin, DeedsMixin, admin.ModelAdmin):
    form = RegisterForm
    list_per_page = 50
    show_full_result_count = False
    object_history_template = "commitments/admin/history.html"

    # Whether changes ask for a reason: where dates or owners move.
    asks_why: ClassVar[bool] = False
    # The field that says whose desk keeps the entry.
    belongs_to: ClassVar[str | None] = None
    # Columns that no address may ask about, because their very presence in a row is a secret.
    secret: ClassVar[frozenset[str]] = frozenset()

    # -- who may

    def _among(self, rows: Any, request: HttpRequest, obj: Any) -> bool:
        """Whether `obj` is among `rows` (visible or editable); asked once a request."""
        known = vars(obj).setdefault("_asked", {})
        if rows not in known:
            known[rows] = rows(self.model._default_manager.filter(pk=obj.pk), request.user).exists()
        return known[rows]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_view_permission(request, obj)
        return allowed and (obj is None or obj.pk is None or self._among(visible, request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.pk is None or self._among(access.editable, request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The register forgets nothing; what was entered by mistake is closed, ended or corrected."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        obj = super().get_object(request, object_id, from_field)
        if obj is None:
            raise Http404
        cover_unseen(obj, request.user)
        return obj

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if lookup.split("__")[0] in self.secret:
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    # -- lists

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return super().get_search_results(request, queryset, composed(search_term[:LONGEST_SEARCH]))

    # -- forms

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = list(super().get_fieldsets(request, obj))
        if self.asks_why and obj is not None and self.has_change_permission(request, obj):
            fieldsets.append((None, {"fields": ["why"]}))
        return fieldsets

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        refused = _refused(request)
        form.refusal = refused.error if refused and refused.part is None else None
        return form

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        refused = _refused(request)
        if refused and refused.part == prefix:
            kwargs["refusal"] = refused.error
        return kwargs

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What the model or the database refuses is rolled back, and the page shown again with the sentence."""
        with writing(by_id=request.user.pk, via="admin"):
            try:
                return super().changeform_view(request, *args, **kwargs)
            except Refused as refused:
                request.refused = refused  # type: ignore[attr-defined]
            except (ValidationError, IntegrityError) as error:
                request.refused = Refused(as_validation(error))  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with writing(why=_reason(form)):
            self.write(obj, form, change)

    def write(self, obj: Any, form: Any, change: bool) -> None:
        """How the form's own row is stored; kinds with verbs of their own call them here."""
        obj.save()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        try:
            with writing(why=_reason(form)):
                super().save_formset(request, form, formset, change)
        except (ValidationError, IntegrityError) as error:
            raise Refused(as_validation(error), part=formset.prefix) from error

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.follow_up_write(request, form.instance)
        mine = access.editable(self.model._default_manager.filter(pk=form.instance.pk), request.user)
        if not mine.exists():
            raise Refused(ValidationError({self.belongs_to or "__all__": NOT_YOURS}))

    def follow_up_write(self, request: HttpRequest, obj: Any) -> None:
        """What has to be put in step once the row and its parts are stored."""

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        context["deeds"] = self.deeds_for(request, obj) if obj is not None else []
        page = super().render_change_form(request, context, *args, **kwargs)
        if context["errors"]:  # Django calls a refused form a success
            page.status_code = 400
        return page

    # -- history: ours instead of Django's log

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Recorded already, with the row itself."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Recorded already, with the row itself."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Recorded already, with the row itself."""

    def history_parts(self, request: HttpRequest, obj: Any) -> Sequence[tuple[type[models.Model], str]]:
        """Kinds of entries whose changes are told with those of `obj`, and their link to it."""
        own = {f.related_model: f.field.name for f in obj._meta.related_objects}
        return [
            (inline.model, inline.fk_name or own[inline.model]) for inline in self.get_inlines(request, obj)
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        changes = changes_of(obj, self.history_parts(request, obj), request.user)
        page = self.get_paginator(request, changes, HISTORY_PAGE).get_page(request.GET.get(PAGE_VAR))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %s") % obj,
            "object": obj,
            "opts": self.opts,
            "page": page,
            "entries": journal(page.object_list, obj, request.user),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_deed"
        view = self.admin_site.admin_view(self.deed_view)
        return [path("<path:object_id>/do/<slug:name>/", view, name=name), *super().get_urls()]


class NamedAdmin(RegisterAdmin):
    """What has a name in several languages."""

    @admin.display(description=_("name"), ordering="name_en")
    def called(self, row: Any) -> str:
        return row.name


class PartMixin(SeenMixin):
    """Rows of an entry, on its page. Whoever may change the entry may change them; only links are taken away."""

    formset: Any = RegisterFormSet
    extra = 0
    # Whether a row says no more than that two entries belong together.
    is_link: ClassVar[bool] = False

    def _with_its_entry(self, request: HttpRequest, obj: Any) -> bool:
        keeper = self.admin_site.get_model_admin(self.parent_model)  # type: ignore[attr-defined]
        return keeper.has_change_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request) and self._with_its_entry(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._with_its_entry(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_link and self.has_change_permission(request, obj)


class TabularPart(PartMixin, admin.TabularInline):
    classes: Any = ("unnamed",)

    class Media:
        css = {"all": ["commitments/admin/parts.css"]}


class StackedPart(PartMixin, admin.StackedInline):
    pass


class LinkPart(TabularPart):
    """That two entries belong together: made and taken away."""

    is_link = True


class ShownPart(TabularPart):
    """Shown on the page of the entry, changed on their own pages."""

    show_change_link = True
    classes: Any = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _refused(request: HttpRequest) -> Refused | None:
    return getattr(request, "refused", None)


def _reason(form: Any) -> str:
    return form.cleaned_data.get("why", "")
