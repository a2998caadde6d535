from django.contrib import admin
from django.urls import include, path

from tracker import views

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("tracker.api")),
    path("", include("notifications.urls")),
    path("", admin.site.urls),
]

handler400 = "tracker.problems.bad_request"
handler404 = "tracker.problems.not_found"
handler500 = "tracker.problems.server_error"
