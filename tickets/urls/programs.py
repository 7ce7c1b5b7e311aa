"""Addresses of the portal's pages about an organisation's own programs."""

from django.urls import path

from tickets.views.programs import overview, webhooks

app_name = "programs"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("notice/", overview.notice, name="notice"),
    path("tokens/", overview.make_token, name="make-token"),
    path("tokens/<int:pk>/revoke/", overview.revoke, name="revoke"),
    path("webhooks/", overview.add, name="add"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/deliveries/<int:delivery>/replay/", webhooks.replay, name="replay"),
    path("webhooks/<int:pk>/<slug:act>/", webhooks.act, name="act"),
]
