"""Addresses of the portal."""

from django.urls import path, re_path

from tickets.views.portal import answers, card, tickets

app_name = "portal"
NUMBER = r"(?P<number>[0-9]{2}-[0-9]{6,10})"

urlpatterns = [
    path("", tickets.ticket_list, name="list"),
    path("asked/<int:pk>/answer/", answers.answer, name="answer"),
    re_path(rf"^tickets/{NUMBER}/$", card.card, name="card"),
    re_path(rf"^tickets/{NUMBER}/steps/(?P<step>[a-z_]+)/$", card.step, name="step"),
    re_path(rf"^tickets/{NUMBER}/give/$", card.give, name="give"),
]
