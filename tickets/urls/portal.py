"""Addresses of the portal."""

from django.urls import path

from tickets.views import portal

app_name = "portal"
urlpatterns = [
    path("", portal.ticket_list, name="list"),
    path("tickets/<str:number>/", portal.card, name="card"),
    path("tickets/<str:number>/steps/<str:step>/", portal.step, name="step"),
    path("tickets/<str:number>/give/", portal.give, name="give"),
]
