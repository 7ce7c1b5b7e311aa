"""Who answers: serves this building ∩ answers for this category, as far as the trouble reaches."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from companies.models import Building, Company, Responsibility, Target
from tickets.models import Category, Scope

# The code of «Управление домом» in the list of services.
HOUSE_SERVICE = "management"
# What a supplier brings to the house and whoever manages the house leads on to the flats.
LED_THROUGH_HOUSE = frozenset({"cold_water", "hot_water", "heating", "electricity"})
WITHIN_HOUSE = frozenset({Scope.HERE, Scope.RISER, Scope.ENTRANCE})
# A choice of more is a search.
CANDIDATES = 8
NAMED = 3

WHY: dict[Target, Promise | str] = {
    Target.BUILDING: _("отвечает за этот дом по реестру"),
    Target.STREET: _("отвечает за эту часть улицы"),
    Target.LOCALITY: _("отвечает за весь населённый пункт"),
    Target.DISTRICT: _("отвечает за весь район"),
}


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

    The nearest target counts: the house named by itself, then its part of the street, the locality, the district.
    ``scope``: within the house a flat, a riser or an entrance is the managing organisation's, the whole house and
    wider the supplier's. Without it, and where there is danger, the category's own service decides.
    """
    if building is None:
        return _nobody(_("Дома нет в реестре"), category=category, wanted=Q(service=category.service_id), day=day)
    depends = scope is not None and _depends_on_scope(category)
    within = depends and scope in WITHIN_HOUSE
    own = Q(service__code=HOUSE_SERVICE) if within else Q(service=category.service_id)
    wanted = own | Q(service__code=HOUSE_SERVICE) if depends else own
    found = Responsibility.objects.valid_on(day).at(building).filter(wanted).select_related("company")
    every = list(found)
    main = [row for row in every if within or row.service_id == category.service_id]
    manages = _companies_of(_nearest([row for row in every if row not in main and row.company.is_active]))
    rows = _nearest([row for row in main if row.company.is_active])
    companies = _companies_of(rows)
    if not companies:
        return _nobody(_why_nobody(main), category=category, wanted=own, day=day, building=building)
    if len(companies) > 1:
        return Routing(None, _("Отвечают несколько организаций: выберите одну."), companies)
    why = _("внутри дома отвечает тот, кто им управляет") if within else WHY[rows[0].target]
    copy = manages[0] if len(manages) == 1 and manages[0] != companies[0] else None
    return Routing(companies[0], why, companies, copy)


def _depends_on_scope(category: Category) -> bool:
    led = category.responsible_kind == Company.Kind.SUPPLIER and category.service.code in LED_THROUGH_HOUSE
    return led and not category.is_danger


def _nearest(rows: list[Responsibility]) -> list[Responsibility]:
    """A house named by itself outweighs its part of the street, that the whole town, and that the district."""
    for target in Target:
        if found := [row for row in rows if row.target == target]:
            return found
    return []


def _companies_of(rows: list[Responsibility]) -> tuple[Company, ...]:
    return tuple({row.company_id: row.company for row in rows}.values())


# ── Nobody answers ───────────────────────────────────────────────────────────────────────────────────────────────
def _why_nobody(ceased: list[Responsibility]) -> Promise | str:
    """What stands in the register is of an organisation that has ceased."""
    if ceased:
        return format_lazy(_("{company} больше не работает"), company=ceased[0].company)
    return _("Никто не отвечает за эту услугу в этом доме")


def _nobody(
    why: Promise | str, *, category: Category, wanted: Q, day: date, building: Building | None = None
) -> Routing:
    """The operator decides, from a short list where the register has somebody near who could be meant."""
    candidates = _candidates(category=category, wanted=wanted, day=day, building=building)
    if not candidates:
        return Routing(None, format_lazy(_("{why}: выберите организацию сами."), why=why))
    names = ", ".join(company.name for company in candidates[:NAMED])
    told = _("{why}. Ближе всего: {names}. Выберите организацию сами.")
    return Routing(None, format_lazy(told, why=why, names=names), candidates)


def _candidates(*, category: Category, wanted: Q, day: date, building: Building | None) -> tuple[Company, ...]:
    """Who does the same work near by, then those of the right kind near by, then who does it anywhere."""
    rows = Responsibility.objects.valid_on(day).filter(company=OuterRef("pk"))
    near = _near(building)
    does, of_kind = Exists(rows.filter(wanted)), Q(kind=category.responsible_kind)
    rank = Case(
        When(Exists(rows.filter(near, wanted)), then=Value(1)),
        When(of_kind & Exists(rows.filter(near)), then=Value(2)),
        When(of_kind & does, then=Value(3)),
        default=Value(9), output_field=IntegerField(),
    )  # fmt: skip
    if building is None:
        rank = Case(When(of_kind & does, then=Value(3)), default=Value(9), output_field=IntegerField())
    found = Company.objects.active().annotate(rank=rank).filter(rank__lt=9).order_by("rank", "name")
    return tuple(found[:CANDIDATES])


def _near(building: Building | None) -> Q:
    """In the same locality, or in the district around it."""
    if building is None:
        return Q(pk=None)
    near = Q(locality=building.locality_id) | Q(building__locality=building.locality_id)
    district = building.district_id or building.locality.district_id
    return near | Q(district=district) if district else near
