"""Every address of the site; tests/test_access.py holds who may open which."""

from django.contrib import admin
from django.urls import include, path

from .metrics import metrics
from .streams import events

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("callbacks.urls")),
    path("desk/", include("tickets.urls.desk")),
    path("portal/", include("tickets.urls.portal")),
    path("reports/", include("reports.urls")),
    path("api/", include("tickets.urls.api")),
    path("admin/", admin.site.urls),
    path("events/", events, name="events"),
    path("metrics", metrics, name="metrics"),
]
