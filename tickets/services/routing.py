"""Who answers: serves this building ∩ answers for this category, as far as the trouble reaches."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from companies.models import Building, Company, Responsibility
from tickets.models import Category, Scope

# The code of «Управление домом» in the list of services.
HOUSE_SERVICE = "management"
# What a supplier brings to the house and whoever manages the house leads on to the flats.
LED_THROUGH_HOUSE = frozenset({"cold_water", "hot_water", "heating", "electricity"})
WITHIN_HOUSE = frozenset({Scope.HERE, Scope.RISER, Scope.ENTRANCE})


@dataclass(frozen=True, slots=True)
class Routing:
    """The organisation found, or None with the candidates left to choose from; ``why`` is what the desk says.

    ``copy``: who manages the house and should know, where the work is the supplier's.
    """

    company: Company | None
    why: Promise | str
    candidates: tuple[Company, ...] = ()
    copy: Company | None = None


def responsible_for(*, category: Category, building: Building | None, day: date, scope: str | None = None) -> Routing:
    """Find who answers for ``category`` at ``building`` on ``day``. No match, or two: the operator decides.

    ``scope``: within the house a flat, a riser or an entrance is the managing organisation's, the whole house and
    wider the supplier's. Without it, and where there is danger, the category's own service decides.
    """
    if building is None:
        return Routing(None, _("Дома нет в реестре: выберите организацию сами."))
    depends = scope is not None and _depends_on_scope(category)
    within = depends and scope in WITHIN_HOUSE
    wanted = Q(service__code=HOUSE_SERVICE) if within else Q(service=category.service_id)
    if depends and not within:
        wanted |= Q(service__code=HOUSE_SERVICE)
    found = (
        Responsibility.objects.valid_on(day)
        .filter(Q(building=building) | Q(locality=building.locality_id), wanted, company__is_active=True)
        .select_related("company")
    )
    every = list(found)
    main = [row for row in every if within or row.service_id == category.service_id]
    manages = _companies_of([row for row in every if row not in main])
    rows, companies = _nearest(main), _companies_of(main)
    if not companies:
        return Routing(None, _("Никто не отвечает за эту услугу в этом доме: выберите организацию сами."))
    if len(companies) > 1:
        return Routing(None, _("Отвечают несколько организаций: выберите одну."), companies)
    if within:
        why: Promise | str = _("внутри дома отвечает тот, кто им управляет")
    elif rows[0].building_id:
        why = _("отвечает за этот дом по реестру")
    else:
        why = _("отвечает за весь населённый пункт")
    copy = manages[0] if len(manages) == 1 and manages[0] != companies[0] else None
    return Routing(companies[0], why, companies, copy)


def _depends_on_scope(category: Category) -> bool:
    led = category.responsible_kind == Company.Kind.SUPPLIER and category.service.code in LED_THROUGH_HOUSE
    return led and not category.is_danger


def _nearest(rows: list[Responsibility]) -> list[Responsibility]:
    """A house named by itself outweighs its whole town."""
    return [row for row in rows if row.building_id] or rows


def _companies_of(rows: list[Responsibility]) -> tuple[Company, ...]:
    return tuple({row.company_id: row.company for row in _nearest(rows)}.values())
