"""Addresses."""

from django.urls import path

from . import views

app_name = "reports"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("csv/", views.overview_csv, name="csv"),
    path("tickets/", views.rows, name="tickets"),
    path("tickets/csv/", views.rows_csv, name="tickets-csv"),
]
