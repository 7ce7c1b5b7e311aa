"""Organisations, houses, and who answers for what since when."""

from .imports import ImportMapping, ImportRun
from .organisations import Company, CompanyQuerySet, Membership
from .places import Building, BuildingQuerySet, District, Locality, search_text_of
from .responsibilities import (
    DateRange,
    Parity,
    ParityRange,
    Responsibility,
    ResponsibilityQuerySet,
    Service,
    Target,
)
from .webhooks import SUBSCRIBED, WebhookDelivery, WebhookEndpoint, WebhookEvent

__all__ = [
    "SUBSCRIBED",
    "Building",
    "BuildingQuerySet",
    "Company",
    "CompanyQuerySet",
    "DateRange",
    "District",
    "ImportMapping",
    "ImportRun",
    "Locality",
    "Membership",
    "Parity",
    "ParityRange",
    "Responsibility",
    "ResponsibilityQuerySet",
    "Service",
    "Target",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "search_text_of",
]
