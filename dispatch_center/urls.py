"""Every address of the site; tests/test_access.py holds who may open which."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path

from .metrics import metrics
from .streams import events

# People of the centre have one way in; the admin's own login page would be a second one, without its guards.
admin.site.login = login_required(admin.site.login)  # type: ignore[method-assign]

handler400 = "accounts.views.bad_request"
handler403 = "accounts.views.permission_denied"
handler404 = "accounts.views.page_not_found"
handler500 = "accounts.views.server_error"

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("callbacks.urls")),
    path("register/", include("companies.urls")),
    path("desk/", include("tickets.urls.desk")),
    path("portal/programs/", include("tickets.urls.programs")),
    path("portal/", include("tickets.urls.portal")),
    path("reports/", include("reports.urls")),
    # Before the API's «no such address».
    path("api/v1/reports/", include("reports.api_urls")),
    path("api/", include("tickets.urls.api")),
    path("admin/", admin.site.urls),
    path("events/", events, name="events"),
    path("metrics", metrics, name="metrics"),
]
