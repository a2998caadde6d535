from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CommitmentsConfig(AppConfig):
    name = "commitments"
    verbose_name = _("Commitments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from commitments import checks, facts, indexing

        # SQLite rebuilds a table to alter it: its triggers go before, and are put back each time.
        pre_migrate.connect(facts.remove_before_migrate, sender=self)
        post_migrate.connect(facts.install_after_migrate, sender=self)
        post_migrate.connect(indexing.install_after_migrate, sender=self)
        register(checks.facts_are_installed, Tags.database)
        register(checks.words_are_followed, Tags.database)
