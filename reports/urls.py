"""Addresses."""

from django.urls import path

from .views import own, pages, report, staffing

app_name = "reports"
urlpatterns = [
    path("", pages.overview, name="overview"),
    path("csv/", pages.overview_csv, name="csv"),
    path("companies/<int:pk>/", own.company, name="company"),
    path("own/", own.own, name="own"),
    path("own/tickets/", own.own_rows, name="own-tickets"),
    path("staffing/", staffing.staffing, name="staffing"),
    path("staffing/csv/", staffing.staffing_csv, name="staffing-csv"),
    path("tickets/", pages.rows, name="tickets"),
    path("tickets/csv/", pages.rows_csv, name="tickets-csv"),
    # Last: a name is anything that is no page above.
    path("<slug:name>/", report.report, name="report"),
]
