from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from notifications import checks

        for check in (
            checks.links_work,
            checks.grace_is_longer_than_the_relay,
            checks.mail_has_a_sender,
            checks.what_is_in_doubt_is_settled,
            checks.chats_are_known,
            checks.mailboxes_can_be_read,
        ):
            register(check)
