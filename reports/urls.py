"""Addresses."""

from django.urls import path

from .views import files, journal, orders, own, pages

app_name = "reports"
urlpatterns = [
    path("", pages.overview, name="overview"),
    path("csv/", pages.overview_csv, name="csv"),
    path("companies/<int:pk>/", own.company, name="company"),
    path("files/", files.files, name="files"),
    path("files/<int:pk>/", files.file, name="file"),
    path("files/<int:pk>/cancel/", files.cancel, name="file-cancel"),
    path("journal/", journal.journal, name="journal"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<int:pk>/", orders.order, name="order"),
    path("own/", own.own, name="own"),
    path("own/tickets/", own.own_rows, name="own-tickets"),
    path("tickets/", pages.rows, name="tickets"),
    path("tickets/csv/", pages.rows_csv, name="tickets-csv"),
]
