"""Addresses of the portal."""

from django.urls import path, re_path

from tickets.views import portal

app_name = "portal"
NUMBER = r"(?P<number>[0-9]{2}-[0-9]{6,10})"

urlpatterns = [
    path("", portal.ticket_list, name="list"),
    path("asked/<int:pk>/answer/", portal.answer, name="answer"),
    re_path(rf"^tickets/{NUMBER}/$", portal.card, name="card"),
    re_path(rf"^tickets/{NUMBER}/steps/(?P<step>[a-z_]+)/$", portal.step, name="step"),
    re_path(rf"^tickets/{NUMBER}/give/$", portal.give, name="give"),
]
