"""What `up` does to the database before anybody may use it, in one process because starting Django is slow."""

import os
import sys

import django
from celery import current_app
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import OperationalError, connection
from kombu.exceptions import OperationalError as BrokerError

from tracker.supervisor import NOBODY_SIGNS_IN


def main() -> int:
    django.setup()
    try:
        connection.ensure_connection()
        reach_broker()
    except OperationalError as error:
        sys.exit(f"The database does not answer: {error}")
    except BrokerError as error:
        sys.exit(f"The broker does not answer: {error}")
    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_demonstration", if_empty=True, verbosity=0)
    return 0 if officer_can_sign_in() else NOBODY_SIGNS_IN


def reach_broker() -> None:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=5)


def officer_can_sign_in() -> bool:
    """Give the demonstration's officer the password that `up` is going to name, where it may be another."""
    officer = get_user_model().objects.filter(username="desk").first()
    if officer is None:
        return False
    password = os.environ["DEMO_PASSWORD"]
    if os.environ.get("DEMO_PASSWORD_IS_NEW") and not officer.check_password(password):
        officer.set_password(password)
        officer.save(update_fields=["password"])
    return True


if __name__ == "__main__":
    sys.exit(main())
