"""Who answers: serves this building ∩ answers for this category."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from companies.models import Building, Company, Responsibility
from tickets.models import Category


@dataclass(frozen=True, slots=True)
class Routing:
    """The organisation found, or None with the candidates left to choose from; ``why`` is what the desk says."""

    company: Company | None
    why: Promise | str
    candidates: tuple[Company, ...] = ()


def responsible_for(*, category: Category, building: Building | None, day: date) -> Routing:
    """Find who answers for ``category`` at ``building`` on ``day``. No match, or two: the operator decides."""
    if building is None:
        return Routing(None, _("Дома нет в реестре: выберите организацию сами."))
    found = (
        Responsibility.objects.valid_on(day)
        .filter(Q(building=building) | Q(locality=building.locality_id), service=category.service_id)
        .filter(company__is_active=True)
        .select_related("company")
    )
    rows = list(found)
    # A house named by itself outweighs its whole town.
    nearest = [row for row in rows if row.building_id] or rows
    companies = tuple({row.company_id: row.company for row in nearest}.values())
    if not companies:
        return Routing(None, _("Никто не отвечает за эту услугу в этом доме: выберите организацию сами."))
    if len(companies) > 1:
        return Routing(None, _("Отвечают несколько организаций: выберите одну."), companies)
    why = (
        _("отвечает за этот дом по реестру") if nearest[0].building_id else _("отвечает за весь населённый пункт")
    )  # fmt: skip
    return Routing(companies[0], why, companies)
