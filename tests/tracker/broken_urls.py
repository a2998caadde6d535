"""The site with one page that fails."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tracker.urls import handler400, handler404, handler500, urlpatterns


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of ours")


urlpatterns = [path("broken/", broken), *urlpatterns]

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]
