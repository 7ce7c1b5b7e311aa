"""Where programs ask for reports."""

from django.urls import path

from .api import OneReport

app_name = "reports-api"
urlpatterns = [path("<slug:name>/", OneReport.as_view(), name="report")]
