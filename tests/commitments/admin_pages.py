"""A browser for the pages of single entries: opens a page, types into its form, presses Save."""

from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from commitments.models import Recorded, User
from tests.factories import make_user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_administrator() -> User:
    return make_user(is_staff=True, is_superuser=True)


def registered() -> list[Any]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def page_of(row: Any, page: str = "change", *args: Any) -> str:
    return address(type(row), page, row.pk, *args)


def filled_in(response: Any) -> dict[str, Any]:
    """What the browser would send back unchanged."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    sent = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                sent[field.html_name] = field.field.prepare_value(value) if value is not True else "on"
    return sent


def save(client: Client, url: str, **typed: Any) -> Any:
    """Open the page, type over what stands there (None empties), press Save."""
    opened = client.get(url)
    assert opened.status_code == 200
    sent = {**filled_in(opened), **typed}
    return client.post(url, {name: value for name, value in sent.items() if value is not None}, follow=True)


def row_of(prefix: str, number: int = 0, **typed: Any) -> dict[str, Any]:
    """A further row of a part of the page, such as row_of("assignments", post=3)."""
    cells = {f"{prefix}-{number}-{name}": value for name, value in typed.items()}
    return {f"{prefix}-TOTAL_FORMS": number + 1, **cells}


def errors(response: Any) -> list[str]:
    """The sentences that the page shows because it did not save."""
    return [str(sentence) for part in response.context["errors"] for sentence in _flat(part)]


def _flat(part: Any) -> list[Any]:
    return [part] if isinstance(part, str) else [one for inner in part for one in _flat(inner)]


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def last_reason(row: Recorded) -> str:
    """Why it was changed the last time, from the history."""
    change = row.changes.last()
    return change.why if change else ""
