"""The doorbell: tasks carry an id or nothing, and may be lost, doubled or late."""

import os

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections, connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")

app = Celery("tracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def refresh_connections(**_: object) -> None:
    """Drop connections that the database has closed: CELERY_DB_REUSE_MAX keeps them between tasks."""
    if not any(connection.in_atomic_block for connection in connections.all(initialized_only=True)):
        close_old_connections()
