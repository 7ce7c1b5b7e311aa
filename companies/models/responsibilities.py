"""Who answers for what, where and since when."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from .organisations import Company
from .places import Building, District, Locality

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable


class Service(models.Model):
    """What an organisation may answer for (услуга): house management, cold water, gas, roads…"""

    code = models.SlugField(_("код"), unique=True)
    title = models.CharField(_("название"), max_length=120)

    class Meta:
        verbose_name = _("услуга")
        verbose_name_plural = _("услуги")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class DateRange(Func):
    """``daterange(from, to)``: half-open, NULL end means «until further notice»."""

    function = "daterange"


class ParityRange(Func):
    """The sides of a street: even houses are [0, 0], odd ones [1, 1], both [0, 1]; sides that share a house overlap."""

    template = (
        "(CASE %(expressions)s WHEN 'even' THEN int4range(0, 0, '[]') WHEN 'odd' THEN int4range(1, 1, '[]') "
        "ELSE int4range(0, 1, '[]') END)"
    )


def _same(field: str) -> "Combinable":
    """A one-value range, so that equality can take part in an exclusion constraint without btree_gist."""
    return Func(F(field), F(field), Value("[]"), function="int8range")


def _same_text(field: str) -> "Combinable":
    """Equality of texts as that of their 64-bit hashes."""
    number = Func(F(field), Value(0), function="hashtextextended")
    return Func(number, number, Value("[]"), function="int8range")


def _once(target: str, *parts: "Combinable", condition: Q, message: object) -> ExclusionConstraint:
    """One organisation at a time for a service; a constraint per kind of target, since NULL would equal everything."""
    expressions = [*parts, _same("service"), DateRange("valid_from", "valid_to")]
    return ExclusionConstraint(
        name=f"responsibility_of_{target}_once",
        expressions=[(part, "&&") for part in expressions],
        condition=condition,
        violation_error_message=message,  # type: ignore[arg-type]
    )


class Target(models.TextChoices):
    """What a responsibility names, the nearest first."""

    BUILDING = "building", _("дом")
    STREET = "street", _("улица")
    LOCALITY = "locality", _("населённый пункт")
    DISTRICT = "district", _("район")


class Parity(models.TextChoices):
    """Which side of a street (сторона улицы)."""

    ALL = "all", _("все дома")
    EVEN = "even", _("чётные")
    ODD = "odd", _("нечётные")


class ResponsibilityQuerySet(models.QuerySet["Responsibility"]):
    def valid_on(self, day: date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))

    def at(self, building: Building) -> Self:
        """Those whose target holds this house, of every kind of target."""
        return self.filter(_holds(building))


def _holds(building: Building) -> Q:
    """A house without a number belongs to a whole street only."""
    number = building.house_number
    street = Q(locality=building.locality_id, street=building.street)
    if number is None:
        street &= Q(house_from=None, house_to=None, parity=Parity.ALL)
    else:
        street &= Q(house_from=None) | Q(house_from__lte=number)
        street &= Q(house_to=None) | Q(house_to__gte=number)
        street &= Q(parity__in=[Parity.ALL, Parity.ODD if number % 2 else Parity.EVEN])
    holds = Q(building=building) | street | Q(locality=building.locality_id, street="")
    district = building.district_id or building.locality.district_id
    return holds | Q(district=district) if district else holds


class Responsibility(models.Model):
    """Who answers for a service at a house, along a street, in a locality or in a district, since when
    (зона ответственности).

    A change of the managing company on a date is a second row; old tickets keep the organisation they were given to.
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="responsibilities", verbose_name=_("организация"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("услуга"))
    building = models.ForeignKey(
        Building, models.CASCADE, null=True, blank=True, related_name="responsibilities", verbose_name=_("дом")
    )
    locality = models.ForeignKey(
        Locality, models.CASCADE, null=True, blank=True, related_name="responsibilities",
        verbose_name=_("населённый пункт"),
    )  # fmt: skip
    # With a street only its houses: «from» and «to» may be open; «20к1» counts as 20.
    street = models.CharField(_("улица"), max_length=150, blank=True)
    house_from = models.PositiveSmallIntegerField(_("дома с"), null=True, blank=True)
    house_to = models.PositiveSmallIntegerField(_("дома по"), null=True, blank=True)
    parity = models.CharField(_("сторона"), max_length=4, choices=Parity.choices, default=Parity.ALL)
    district = models.ForeignKey(
        District, models.CASCADE, null=True, blank=True, related_name="responsibilities", verbose_name=_("район")
    )
    valid_from = models.DateField(_("с"))
    valid_to = models.DateField(_("до (не включая)"), null=True, blank=True)

    objects = ResponsibilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("ответственность")
        verbose_name_plural = _("зоны ответственности")
        constraints = [
            models.CheckConstraint(
                condition=Q(building__isnull=False, locality=None, district=None)
                | Q(building=None, locality__isnull=False, district=None)
                | Q(building=None, locality=None, district__isnull=False),
                name="responsibility_has_one_target",
                violation_error_message=_("Укажите что-то одно: дом, населённый пункт (можно с улицей) или район."),
            ),
            models.CheckConstraint(
                condition=Q(street="") | Q(locality__isnull=False),
                name="responsibility_street_has_locality",
                violation_error_message=_("К улице нужен населённый пункт."),
            ),
            models.CheckConstraint(
                condition=~Q(street="") | Q(house_from=None, house_to=None, parity="all"),
                name="responsibility_range_has_street",
                violation_error_message=_("К номерам домов нужна улица."),
            ),
            models.CheckConstraint(
                condition=Q(house_from=None) | Q(house_to=None) | Q(house_to__gte=F("house_from")),
                name="responsibility_range_ascends",
                violation_error_message=_("Последний дом не может быть меньше первого."),
            ),
            models.CheckConstraint(
                condition=Q(parity__in=["all", "even", "odd"]), name="responsibility_parity_is_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="responsibility_ends_after_start",
                violation_error_message=_("Срок должен кончаться позже, чем начинается."),
            ),
            _once(
                "building", _same("building"), condition=Q(building__isnull=False),
                message=_("В эти дни за эту услугу в доме уже отвечает организация."),
            ),
            _once(
                "street", _same("locality"), _same_text("street"),
                Func(F("house_from"), F("house_to"), Value("[]"), function="int4range"), ParityRange("parity"),
                condition=Q(locality__isnull=False) & ~Q(street=""),
                message=_("В эти дни за эту услугу в части этих домов улицы уже отвечает организация."),
            ),
            _once(
                "locality", _same("locality"), condition=Q(locality__isnull=False, street=""),
                message=_("В эти дни за эту услугу здесь уже отвечает организация."),
            ),
            _once(
                "district", _same("district"), condition=Q(district__isnull=False),
                message=_("В эти дни за эту услугу в районе уже отвечает организация."),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["locality", "street"], condition=~Q(street=""), name="responsibility_by_street"),
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.service}"

    @property
    def where(self) -> str:
        """The house, the part of the street, the locality or the district, in words."""
        if not self.street:
            return str(self.building or self.locality or self.district)
        numbers = {
            (False, False): "",
            (True, False): _("с %s") % self.house_from,
            (False, True): _("по %s") % self.house_to,
            (True, True): f"{self.house_from}–{self.house_to}",
        }[self.house_from is not None, self.house_to is not None]
        side = "" if self.parity == Parity.ALL else self.get_parity_display()
        return ", ".join(str(part) for part in (self.locality, self.street, numbers, side) if part)

    @property
    def target(self) -> Target:
        if self.building_id:
            return Target.BUILDING
        if self.district_id:
            return Target.DISTRICT
        return Target.STREET if self.street else Target.LOCALITY
