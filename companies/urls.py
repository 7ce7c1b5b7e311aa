"""The register as people read it and change it by the dozen; single rows are edited in the admin."""

from django.urls import path

from companies.views import binding, gaps, house

app_name = "register"

urlpatterns = [
    path("houses/<int:pk>/", house.show, name="house"),
    path("gaps/", gaps.show, name="gaps"),
    path("bind/", binding.show, name="bind"),
]
