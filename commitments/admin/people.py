"""People: who may sign in, which roles they have. Kept by administrators; everybody finds them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from commitments.admin.base import NamedAdmin, ShownPart, TabularPart
from commitments.admin.forms import RegisterForm
from commitments.models import Membership, PostHolding, User

NAMES = ("name_en", "name_ko", "name_ja", "aliases")
REACHED = ("email", "language", "zone")

# Rights are roles and posts here (commitments/access.py); Django's groups would promise what nothing asks.
admin.site.unregister(Group)


class PersonForm(RegisterForm, UserChangeForm):
    class Meta(UserChangeForm.Meta):
        model = User


class NewPersonForm(RegisterForm, AdminUserCreationForm):
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username",)


class Roles(TabularPart):
    model = Membership
    fields = ["role", "forum", "organisation", "from_on", "until_on"]
    autocomplete_fields = ["organisation"]


class HeldPosts(ShownPart):
    model = PostHolding
    fields = ["post", "from_on", "until_on", "acting"]
    ordering = ["-from_on"]
    verbose_name = _("post")
    verbose_name_plural = _("posts held")
    show_change_link = False
    classes = ("unnamed",)


@admin.register(User)
class PersonAdmin(NamedAdmin, UserAdmin):
    form = PersonForm
    add_form = NewPersonForm
    change_form_template = "commitments/admin/change_form.html"
    list_display = ["called", "username", "email", "is_active", "is_staff"]
    list_display_links = ["called", "username"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["username", "email", *User.name_columns()]
    filter_horizontal = ()
    secret = User.unrecorded
    fieldsets = (
        (None, {"fields": ["username", "password", *NAMES]}),
        (_("How this person is told"), {"fields": REACHED}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
    )
    add_fieldsets = (
        (None, {"fields": ["username", *NAMES]}),
        (_("How this person is told"), {"fields": REACHED}),
        (_("Rights"), {"fields": ["is_staff", "usable_password", "password1", "password2"]}),
    )
    # What those see who keep no people.
    shown_to_all = ((None, {"fields": [*NAMES, *REACHED]}),)
    inlines = [Roles, HeldPosts]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self.has_change_permission(request, obj):
            return self.shown_to_all
        return super().get_fieldsets(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [] if obj is None else [Roles, HeldPosts]
