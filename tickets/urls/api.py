"""Addresses of the API, its description and its readable page."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from tickets.api import callbacks, photos, registers, tickets

app_name = "api"
NUMBER = r"(?P<number>[0-9]{2}-[0-9]{6,10})"

urlpatterns = [
    path("v1/tickets/", tickets.Tickets.as_view(), name="tickets"),
    path("v1/tickets/search/", tickets.TicketSearch.as_view(), name="ticket-search"),
    re_path(rf"^v1/tickets/{NUMBER}/$", tickets.OneTicket.as_view(), name="ticket"),
    re_path(rf"^v1/tickets/{NUMBER}/steps/$", tickets.TicketSteps.as_view(), name="ticket-steps"),
    re_path(rf"^v1/tickets/{NUMBER}/steps/(?P<step>[a-z_]+)/$", tickets.TakeStep.as_view(), name="ticket-step"),
    re_path(rf"^v1/tickets/{NUMBER}/photos/$", photos.TicketPhotos.as_view(), name="ticket-photos"),
    path("v1/missed-calls/", callbacks.MissedCalls.as_view(), name="missed-calls"),
    path("v1/callbacks/", callbacks.Callbacks.as_view(), name="callbacks"),
    path("v1/callbacks/next/", callbacks.NextCallback.as_view(), name="callback-next"),
    path("v1/callbacks/<int:pk>/attempts/", callbacks.Attempts.as_view(), name="callback-attempts"),
    path("v1/callbacks/<int:pk>/release/", callbacks.Release.as_view(), name="callback-release"),
    path("v1/companies/", registers.Companies.as_view(), name="companies"),
    path("v1/buildings/", registers.Buildings.as_view(), name="buildings"),
    path("v1/categories/", registers.Categories.as_view(), name="categories"),
    path("v1/outages/", registers.Outages.as_view(), name="outages"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api:schema", template_name="api/docs.html"),
        name="docs",
    ),
    re_path(r"^v1/[\s\S]*$", registers.Nothing.as_view(), name="nothing"),
]
