"""What the installation's own books say: `python -m tests.faults.books` prints it as JSON."""

from __future__ import annotations

import json

import django

django.setup()

from notifications.models import Delivery, Reminder  # noqa: E402


def read() -> dict[str, list]:
    deliveries = Delivery.objects.order_by("pk").values("message_id", "state", "address", "attempts", "error")
    reminders = Reminder.objects.exclude(audience="desk").values(
        "step", "state", "late", "follow_up__commitment__reference", "delivery__message_id"
    )
    return {"deliveries": list(deliveries), "reminders": list(reminders)}


if __name__ == "__main__":
    print(json.dumps(read()))
