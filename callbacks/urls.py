"""Addresses of the health checks; the queue's screens belong to the tickets."""

from django.urls import path

from .views.health import banner, healthz, livez

urlpatterns = [
    path("livez", livez, name="livez"),
    path("healthz", healthz, name="healthz"),
    path("healthz/banner", banner, name="health-banner"),
]
