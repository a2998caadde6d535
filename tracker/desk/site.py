"""The officers' site: Django's admin for the single entries, and pages of its own for the work of every day."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_lazy as _


class DeskSite(AdminSite):
    site_title = site_header = _("Commitment tracker")
    index_title = _("My desk")
    site_url = None
    enable_nav_sidebar = False
    final_catch_all_view = False  # an unknown address is unknown to everybody, the signed-in or not

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from tracker.desk import routes

        return [*routes.own_pages(self), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Not asked on every page: the desk has a menu of its own (menu.py), which needs no query."""
        return super().get_app_list(request, app_label) if app_label else []
