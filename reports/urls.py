"""Addresses."""

from datetime import date

from django.urls import path, register_converter

from .forms import EARLIEST
from .views import files, journal, orders, own, pages, report, staffing, weekly


class MondayConverter:
    """The day by which a week is named; other days are no pages of ours."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        day = date.fromisoformat(value)
        if day.weekday() or day < EARLIEST:
            raise ValueError
        return day

    def to_url(self, value: date | str) -> str:
        return str(value)


register_converter(MondayConverter, "monday")

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
    path("staffing/", staffing.staffing, name="staffing"),
    path("staffing/csv/", staffing.staffing_csv, name="staffing-csv"),
    path("tickets/", pages.rows, name="tickets"),
    path("tickets/csv/", pages.rows_csv, name="tickets-csv"),
    path("weekly/", weekly.weeks, name="weeklies"),
    path("weekly/<monday:monday>/", weekly.week, name="weekly"),
    path("weekly/<monday:monday>/sign/", weekly.sign, name="weekly-sign"),
    path("weekly/<monday:monday>/correct/", weekly.correct, name="weekly-correct"),
    path("weekly/<monday:monday>/pdf/", weekly.pdf, name="weekly-pdf"),
    # Last: a name is anything that is no page above.
    path("<slug:name>/", report.report, name="report"),
]
