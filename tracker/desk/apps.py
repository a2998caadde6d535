from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core.checks import Tags, register


class DeskConfig(AppConfig):
    name = "tracker.desk"
    label = "desk"

    def ready(self) -> None:
        from tracker import celery, checks  # noqa: F401 — whoever rings a task needs the Celery app

        register(checks.own_key_on_every_machine, Tags.security, deploy=True)


class DeskAdminConfig(AdminConfig):
    """Entries register on Django's default site, so that commitments need not know the desk; this is that site."""

    default_site = "tracker.desk.site.DeskSite"
