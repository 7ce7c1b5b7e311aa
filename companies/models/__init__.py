"""Organisations, houses, and who answers for what since when."""

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

__all__ = [
    "Building",
    "BuildingQuerySet",
    "Company",
    "CompanyQuerySet",
    "DateRange",
    "District",
    "Locality",
    "Membership",
    "Parity",
    "ParityRange",
    "Responsibility",
    "ResponsibilityQuerySet",
    "Service",
    "Target",
    "search_text_of",
]
