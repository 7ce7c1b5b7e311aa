"""The address of the health check; the queue's screens belong to the tickets."""

from django.urls import path

from .views.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
]
