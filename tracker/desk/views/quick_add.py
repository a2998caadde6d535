"""A commitment in a line or two, and who will hear of it, said before it is saved."""

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commitments.models import Post, User
from tracker.desk import foresight
from tracker.desk.forms import QuickAddForm
from tracker.desk.requests import StaffRequest, posted

POSTS_OFFERED = 500


def quick_add(request: StaffRequest) -> HttpResponse:
    form = QuickAddForm(posted(request), user=request.user)
    preview = ""
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            preview = _foresee(form)
        elif (entered := form.enter(now=timezone.now())) is not None:
            messages.success(
                request, _("%(reference)s is in the register.") % {"reference": entered.reference}
            )
            return redirect("admin:commitment", entered.reference)
    context = {
        "title": _("Add a commitment"),
        "form": form,
        "foresight": preview,
        "posts": posts_offered(request.user),
    }
    return render(request, "desk/quick_add.html", context, status=400 if form.errors else 200)


@require_POST
def foresee(request: StaffRequest) -> JsonResponse:
    """The sentence under Save, while the form is being filled in; says nothing as long as that is not complete."""
    form = QuickAddForm(request.POST, user=request.user)
    return JsonResponse({"sentence": _foresee(form) if form.is_valid() else ""})


def _foresee(form: QuickAddForm) -> str:
    """Enter it, ask who would be told, and undo it: so the answer is that of the register itself."""
    now = timezone.now()
    with transaction.atomic():
        entered = form.enter(now=now)
        said = foresight.in_words(foresight.expected(entered, now=now)) if entered else ""
        transaction.set_rollback(True)
    return said


def posts_offered(user: User) -> QuerySet[Post]:
    """For the list that opens under the field: as many posts as a browser shows without delay."""
    return Post.objects.visible_to(user).select_related("organisation")[:POSTS_OFFERED]
