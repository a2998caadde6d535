from django.urls import path

from notifications import views

app_name = "notifications"

urlpatterns = [path("a/<str:token>/", views.answer, name="answer")]
