"""Calendar feeds: made here, shown once, taken back here."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from commitments.models import Forum, User
from notifications.feeds import address_of
from notifications.models import CalendarFeed
from tracker.desk.forms import DeskForm, line
from tracker.desk.requests import StaffRequest, posted


class FeedForm(DeskForm):
    forum = forms.ModelChoiceField(
        Forum.objects.none(),
        label=_("What it shows"),
        required=False,
        empty_label=_("what one person answers for, and their meetings"),
        help_text=_(
            "Or all dates and meetings of a forum and the bodies below it, as far as the person sees them."
        ),
    )
    person = line(
        label=_("For whom"),
        required=False,
        help_text=_("Mail address of somebody else, whose rights it then has. Empty: yourself."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        choice = self.fields["forum"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.one_of_two = True  # type: ignore[attr-defined]  # none is a choice as well
        choice.queryset = Forum.objects.visible_to(user).order_by("code")
        if not user.is_superuser:
            del self.fields["person"]

    def clean_person(self) -> User:
        given = self.cleaned_data["person"]
        if not given:
            return self.user
        found = User.objects.filter(email__iexact=given, is_active=True)[:2]
        if len(found) != 1:
            raise ValidationError(gettext("Nobody, or more than one person, has this address."))
        return found[0]

    def make(self) -> tuple[CalendarFeed, str]:
        person = self.cleaned_data.get("person", self.user)
        return CalendarFeed.objects.make(person, forum=self.cleaned_data["forum"], now=timezone.now())


def feeds(request: StaffRequest) -> HttpResponse:
    form = FeedForm(posted(request), user=request.user)
    if not form.is_valid():
        return _page(request, form, status=400 if form.is_bound else 200)
    feed, secret = form.make()
    return _page(request, FeedForm(user=request.user), new=feed, address=address_of(secret))


@require_POST
def revoke(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(_listed(request), pk=pk).revoke(now=timezone.now())
    messages.success(request, _("The address is taken back. Whoever still asks there finds nothing."))
    return redirect("admin:feeds")


def _listed(request: StaffRequest) -> QuerySet[CalendarFeed]:
    """One's own; an administrator's are those of all."""
    return CalendarFeed.objects.visible_to(request.user).filter(revoked_at=None)


def _page(request: StaffRequest, form: FeedForm, *, status: int = 200, **context: Any) -> HttpResponse:
    rows = _listed(request).select_related("user", "forum").order_by("-created_at", "-pk")
    known = {"title": gettext("Calendar feeds"), "form": form, "feeds": rows, **context}
    return render(request, "desk/feeds.html", known, status=status)
