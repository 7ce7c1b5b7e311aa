"""What tests of the admin share: its pages by name, and somebody who opens them."""

from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tickets.tests.factories import UserFactory

OURS = {"accounts", "companies", "callbacks", "tickets", "reports"}


def registered() -> dict[str, type[Model]]:
    return {model._meta.label_lower: model for model in admin.site._registry if model._meta.app_label in OURS}


def page(model: type[Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def signed_in(client: Client, **given: object) -> Client:
    client.force_login(UserFactory.create(**given), backend="accounts.backends.PasswordBackend")
    return client
