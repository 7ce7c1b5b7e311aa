"""Addresses."""

from django.urls import path

from . import own, views

app_name = "reports"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("csv/", views.overview_csv, name="csv"),
    path("companies/<int:pk>/", own.company, name="company"),
    path("own/", own.own, name="own"),
    path("own/tickets/", own.own_rows, name="own-tickets"),
    path("tickets/", views.rows, name="tickets"),
    path("tickets/csv/", views.rows_csv, name="tickets-csv"),
]
