"""Organisations and their people."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models import E164, User


class CompanyQuerySet(models.QuerySet["Company"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> Self:
        """The centre sees all organisations; an organisation's people see their own."""
        return self if user.is_of_centre else self.filter(memberships__user=user)


def _phone_is_e164(field: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{field: ""}) | Q(**{f"{field}__regex": E164}),
        name=f"company_{field}_e164",
        violation_error_message=_("Телефон нужен в виде +74842565602."),
    )


class Company(models.Model):
    """An organisation that does the work (исполнитель): УК, ТСЖ, РСО, municipal or emergency service."""

    class Kind(models.TextChoices):
        MANAGEMENT = "management", _("управляющая компания")
        HOMEOWNERS = "homeowners", _("ТСЖ, ЖСК")
        SUPPLIER = "supplier", _("ресурсоснабжающая организация")
        MUNICIPAL = "municipal", _("муниципальная служба")
        EMERGENCY = "emergency", _("экстренная служба")

    name = models.CharField(_("название"), max_length=200, unique=True)
    # As it was typed or stood in the file: the name above has its quotes and spaces put right.
    original_name = models.CharField(_("название в источнике"), max_length=300, blank=True)
    kind = models.CharField(_("вид"), max_length=16, choices=Kind.choices)
    inn = models.CharField(_("ИНН"), max_length=12, blank=True)
    kpp = models.CharField(_("КПП"), max_length=9, blank=True)
    ogrn = models.CharField(_("ОГРН"), max_length=15, blank=True)
    contract_number = models.CharField(_("номер договора"), max_length=60, blank=True)
    contract_from = models.DateField(_("договор с"), null=True, blank=True)
    contract_to = models.DateField(_("договор по"), null=True, blank=True)
    phone = PhoneNumberField(_("телефон"), max_length=16, blank=True)
    duty_phone = PhoneNumberField(_("круглосуточный телефон"), max_length=16, blank=True)
    head_name = models.CharField(_("руководитель"), max_length=120, blank=True)
    head_phone = PhoneNumberField(_("телефон руководителя"), max_length=16, blank=True)
    email = models.EmailField(_("почта"), blank=True)
    # Whom an alarm asks depends on the hour; that somebody is asked does not. Both empty: round the clock.
    works_from = models.TimeField(_("работает с"), null=True, blank=True)
    works_to = models.TimeField(_("работает до"), null=True, blank=True)
    works_weekends = models.BooleanField(_("работает в выходные"), default=False)
    is_active = models.BooleanField(_("действует"), default=True)
    # Kept by a trigger: most have no programs, and registering a call need not ask who of them listens.
    has_webhooks = models.BooleanField(default=False, db_default=False, editable=False)

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
            _phone_is_e164("phone"),
            _phone_is_e164("duty_phone"),
            _phone_is_e164("head_phone"),
            models.CheckConstraint(
                condition=Q(inn="") | Q(inn__regex=r"^([0-9]{10}|[0-9]{12})$"),
                name="company_inn_digits",
                violation_error_message=_("ИНН — десять цифр, у предпринимателя двенадцать."),
            ),
            # The tax office's own letters may stand in the middle: the reason of registration.
            models.CheckConstraint(
                condition=Q(kpp="") | Q(kpp__regex=r"^[0-9]{4}[0-9A-Z]{2}[0-9]{3}$"),
                name="company_kpp_digits",
                violation_error_message=_("КПП — девять знаков."),
            ),
            models.CheckConstraint(
                condition=Q(ogrn="") | Q(ogrn__regex=r"^([0-9]{13}|[0-9]{15})$"),
                name="company_ogrn_digits",
                violation_error_message=_("ОГРН — тринадцать цифр, у предпринимателя пятнадцать."),
            ),
            models.UniqueConstraint(
                fields=["inn", "kpp"],
                condition=~Q(inn=""),
                name="company_inn_once",
                violation_error_message=_("Организация с такими ИНН и КПП уже есть в реестре."),
            ),
            models.CheckConstraint(
                condition=Q(contract_to=None) | Q(contract_from=None) | Q(contract_to__gte=F("contract_from")),
                name="company_contract_ends_after_start",
                violation_error_message=_("Договор не может кончиться раньше, чем начался."),
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
    # May invite and disable the people of his own organisation.
    manages_users = models.BooleanField(_("ведёт пользователей организации"), default=False)
    wants_letters = models.BooleanField(_("письма о новых заявках"), default=True, db_default=True)
    # Tokens and webhooks open the organisation's tickets to programs: not everybody's business.
    manages_programs = models.BooleanField(_("ведёт токены и вебхуки организации"), default=False, db_default=False)

    class Meta:
        verbose_name = _("сотрудник организации")
        verbose_name_plural = _("сотрудники организаций")
        constraints = [
            models.CheckConstraint(condition=Q(post__in=["dispatcher", "night", "head"]), name="membership_post_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} — {self.company}"
