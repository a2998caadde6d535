from django.urls import path

from notifications import bounces_view, feed_views, preference_views, views

app_name = "notifications"

urlpatterns = [
    path("bounces/", bounces_view.bounced, name="bounces"),
    path("calendar/<str:secret>.ics", feed_views.calendar, name="calendar"),
    path("a/<str:token>/", views.answer, name="answer"),
    path("p/me/", preference_views.my_preferences, name="my_preferences"),
    path("p/<str:token>/", preference_views.preferences, name="preferences"),
    path("u/<str:token>/", preference_views.unsubscribe, name="unsubscribe"),
]
