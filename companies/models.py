"""Organisations, houses, and who answers for what since when."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models import User

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable


class Locality(models.Model):
    """A town or village of the oblast (населённый пункт), with the code that its five-digit numbers take."""

    name = models.CharField(_("название"), max_length=120)
    district = models.CharField(_("район"), max_length=120, blank=True)
    area_code = models.CharField(_("телефонный код"), max_length=5, blank=True)

    class Meta:
        verbose_name = _("населённый пункт")
        verbose_name_plural = _("населённые пункты")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name", "district"], name="locality_once")]

    def __str__(self) -> str:
        return self.name


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


class CompanyQuerySet(models.QuerySet["Company"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> Self:
        """The centre sees all organisations; an organisation's people see their own."""
        return self if user.is_of_centre else self.filter(memberships__user=user)


class Company(models.Model):
    """An organisation that does the work (исполнитель): УК, ТСЖ, РСО, municipal or emergency service."""

    class Kind(models.TextChoices):
        MANAGEMENT = "management", _("управляющая компания")
        HOMEOWNERS = "homeowners", _("ТСЖ, ЖСК")
        SUPPLIER = "supplier", _("ресурсоснабжающая организация")
        MUNICIPAL = "municipal", _("муниципальная служба")
        EMERGENCY = "emergency", _("экстренная служба")

    name = models.CharField(_("название"), max_length=200, unique=True)
    kind = models.CharField(_("вид"), max_length=16, choices=Kind.choices)
    phone = PhoneNumberField(_("телефон"), max_length=16, blank=True)
    duty_phone = PhoneNumberField(_("круглосуточный телефон"), max_length=16, blank=True)
    email = models.EmailField(_("почта"), blank=True)
    # Whom an alarm asks depends on the hour; that somebody is asked does not. Both empty: round the clock.
    works_from = models.TimeField(_("работает с"), null=True, blank=True)
    works_to = models.TimeField(_("работает до"), null=True, blank=True)
    works_weekends = models.BooleanField(_("работает в выходные"), default=False)
    is_active = models.BooleanField(_("действует"), default=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("организация")
        verbose_name_plural = _("организации")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["management", "homeowners", "supplier", "municipal", "emergency"]),
                name="company_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(works_from=None, works_to=None) | Q(works_from__lt=F("works_to")),
                name="company_hours_are_a_day",
                violation_error_message=_("Укажите начало и конец рабочего дня, начало раньше конца."),
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="company_phone_e164",
                violation_error_message=_("Телефон нужен в виде +74842565602."),
            ),
            models.CheckConstraint(
                condition=Q(duty_phone="") | Q(duty_phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="company_duty_phone_e164",
                violation_error_message=_("Телефон нужен в виде +74842565602."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Whose person a user is, and when alarms ask him: one organisation at a time (сотрудник организации)."""

    class Post(models.TextChoices):
        DISPATCHER = "dispatcher", _("диспетчер")
        NIGHT = "night", _("дежурный в нерабочее время")
        HEAD = "head", _("руководитель")

    user = models.OneToOneField(User, models.CASCADE, related_name="membership", verbose_name=_("пользователь"))
    company = models.ForeignKey(Company, models.CASCADE, related_name="memberships", verbose_name=_("организация"))
    post = models.CharField(_("когда спрашивать"), max_length=12, choices=Post.choices, default=Post.DISPATCHER)
    wants_letters = models.BooleanField(_("письма о новых заявках"), default=True, db_default=True)

    class Meta:
        verbose_name = _("сотрудник организации")
        verbose_name_plural = _("сотрудники организаций")
        constraints = [
            models.CheckConstraint(condition=Q(post__in=["dispatcher", "night", "head"]), name="membership_post_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} — {self.company}"


class BuildingQuerySet(models.QuerySet["Building"]):
    def search(self, text: str) -> Self:
        """Houses whose address holds every typed word, letters «е» and «ё» being one."""
        found = self
        for word in text.lower().replace("ё", "е").replace(",", " ").split():
            found = found.filter(search_text__contains=word)
        return found

    def with_locality(self) -> Self:
        return self.select_related("locality")

    def at_address(self, *, street: str, house: str, locality: str = "") -> "Building | None":
        """The one house that a typed address means, whatever «ул.», capitals and «ё» it came with; None when unsure."""
        from .addresses import house_at

        return house_at(street=street, house=house, locality=locality)


class Building(models.Model):
    """A house of the register (дом)."""

    locality = models.ForeignKey(Locality, models.PROTECT, related_name="buildings", verbose_name=_("населённый пункт"))
    street = models.CharField(_("улица"), max_length=150)
    house = models.CharField(_("дом"), max_length=20)
    entrances = models.PositiveSmallIntegerField(_("подъездов"), null=True, blank=True)
    floors = models.PositiveSmallIntegerField(_("этажей"), null=True, blank=True)
    flats = models.PositiveSmallIntegerField(_("квартир"), null=True, blank=True)
    search_text = models.CharField(max_length=320, editable=False, default="")

    objects = BuildingQuerySet.as_manager()

    class Meta:
        verbose_name = _("дом")
        verbose_name_plural = _("дома")
        ordering = ["street", "house"]
        constraints = [
            models.UniqueConstraint(
                fields=["locality", "street", "house"],
                name="building_once",
                violation_error_message=_("Такой дом уже есть в реестре."),
            ),
            models.CheckConstraint(condition=~Q(street="") & ~Q(house=""), name="building_address_not_blank"),
        ]
        indexes = [models.Index(fields=["street", "locality"], name="building_by_street")]

    def __str__(self) -> str:
        return f"{self.locality}, {self.street}, {self.house}"

    def save(self, *args: object, **kwargs: object) -> None:
        self.search_text = search_text_of(self.locality.name, self.street, self.house)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


def search_text_of(locality: str, street: str, house: str) -> str:
    """What address search reads: lower case, ё as е. Loaders that skip ``save()`` fill it by this."""
    return f" {locality} {street} {house} ".lower().replace("ё", "е")


class DateRange(Func):
    """``daterange(from, to)``: half-open, NULL end means «until further notice»."""

    function = "daterange"


def _same(field: str) -> "Combinable":
    """A one-value range, so that equality can take part in an exclusion constraint without btree_gist."""
    return Func(F(field), F(field), Value("[]"), function="int8range")


class ResponsibilityQuerySet(models.QuerySet["Responsibility"]):
    def valid_on(self, day: date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))


class Responsibility(models.Model):
    """Who answers for a service at a house or in a whole locality, since when (зона ответственности).

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
    valid_from = models.DateField(_("с"))
    valid_to = models.DateField(_("до (не включая)"), null=True, blank=True)

    objects = ResponsibilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("ответственность")
        verbose_name_plural = _("зоны ответственности")
        constraints = [
            models.CheckConstraint(
                condition=Q(building=None) ^ Q(locality=None),
                name="responsibility_has_one_target",
                violation_error_message=_("Укажите либо дом, либо населённый пункт."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="responsibility_ends_after_start"
            ),
            ExclusionConstraint(
                name="responsibility_of_building_once",
                expressions=[
                    (_same("building"), "&&"),
                    (_same("service"), "&&"),
                    (DateRange("valid_from", "valid_to"), "&&"),
                ],
                condition=Q(building__isnull=False),
                violation_error_message=_("В эти дни за эту услугу в доме уже отвечает организация."),
            ),
            ExclusionConstraint(
                name="responsibility_of_locality_once",
                expressions=[
                    (_same("locality"), "&&"),
                    (_same("service"), "&&"),
                    (DateRange("valid_from", "valid_to"), "&&"),
                ],
                condition=Q(locality__isnull=False),
                violation_error_message=_("В эти дни за эту услугу здесь уже отвечает организация."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.service}"
