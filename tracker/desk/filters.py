"""How the list of commitments is narrowed."""

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from commitments.fields import composed, refuse_unprintable
from commitments.models import Commitment, Forum


class CommitmentFilter(forms.Form):
    """What it does not understand it leaves out."""

    q = forms.CharField(label=_("Words"), max_length=200, required=False, validators=[refuse_unprintable])
    forum = forms.ModelChoiceField(
        Forum.objects.all(), label=_("Forum"), required=False, empty_label=_("all")
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("active")),
            (Commitment.Workflow.DRAFT.value, Commitment.Workflow.DRAFT.label),
            (Commitment.Workflow.CLOSED.value, Commitment.Workflow.CLOSED.label),
            ("all", _("all")),
        ],
    )
    outlook = forms.ChoiceField(
        label=_("Outlook"),
        required=False,
        choices=[("", _("all")), *Commitment.Outlook.choices[1:], ("none", Commitment.Outlook.NONE.label)],
    )
    order = forms.ChoiceField(
        label=_("Order"), required=False, choices=[("", _("by reference")), ("date", _("by next date"))]
    )

    @property
    def is_narrowing(self) -> bool:
        return any(self.data.get(name) for name in ("q", "forum", "state", "outlook"))

    def narrow(self, rows: QuerySet[Commitment]) -> QuerySet[Commitment]:
        """`rows` carry `next_on`."""
        self.is_valid()
        wanted = self.cleaned_data
        if words := composed(wanted.get("q") or ""):
            rows = rows.filter(Q(reference__icontains=words) | Commitment.objects.name_contains(words))
        if forum := wanted.get("forum"):
            rows = rows.filter(Q(forum=forum) | Q(working_group=forum))
        state = wanted.get("state") or Commitment.Workflow.ACTIVE
        if state != "all":
            rows = rows.filter(workflow=state)
        if outlook := wanted.get("outlook"):
            rows = rows.filter(outlook="" if outlook == "none" else outlook)
        if wanted.get("order") == "date":
            return rows.order_by(F("next_on").asc(nulls_last=True), "reference")
        return rows
