"""People who may enter, the tokens of their programs, the duty roster, and the journal of readings of personal data."""

import hashlib
import secrets
from datetime import datetime
from typing import Any, Self

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

E164 = r"^\+[1-9][0-9]{6,14}$"


class Role(models.TextChoices):
    """What a person does at the centre; steps are allowed by role, rows by ``visible_to()``."""

    OPERATOR = "operator", _("диспетчер")
    SUPERVISOR = "supervisor", _("старший смены")
    HEAD = "head", _("руководитель центра")
    COMPANY = "company", _("диспетчер организации")
    FOREMAN = "foreman", _("мастер")
    ADMIN = "admin", _("администратор")


# Who sees every ticket and the citizen's phone: the centre itself.
CENTRE_ROLES = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.HEAD, Role.ADMIN})
COMPANY_ROLES = frozenset({Role.COMPANY, Role.FOREMAN})


def named(path: str = "") -> list[str]:
    """The fields by which a person is called, for ``only()``: behind the second wall no others can be read."""
    return [f"{path}__{name}" if path else name for name in ("username", "first_name", "last_name", "role")]


class User(AbstractUser):
    """One person, one account (пользователь)."""

    role = models.CharField(_("роль"), max_length=16, choices=Role.choices, default=Role.OPERATOR)
    # Where alarms reach him beside screen and mail, when the centre has a gateway for messages.
    phone = models.CharField(
        _("телефон для тревог"), max_length=16, blank=True, help_text=_("В виде +79101234567."),
        validators=[RegexValidator(E164, _("Телефон нужен в виде +74842565602."))],
    )  # fmt: skip

    class Meta(AbstractUser.Meta):
        verbose_name = _("пользователь")  # type: ignore[assignment]
        verbose_name_plural = _("пользователи")  # type: ignore[assignment]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_is_known"),
            models.CheckConstraint(condition=Q(phone="") | Q(phone__regex=E164), name="user_phone_e164"),
            # A company's dispatcher with staff rights would see the registers of all.
            models.CheckConstraint(
                condition=~Q(role__in=COMPANY_ROLES) | Q(is_staff=False, is_superuser=False),
                name="user_of_company_is_not_staff",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def is_of_centre(self) -> bool:
        return self.role in CENTRE_ROLES

    @property
    def is_of_company(self) -> bool:
        return self.role in COMPANY_ROLES


def digest_of(secret: str) -> str:
    """What is stored of a token: it is 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self) -> Self:
        return self.filter(revoked_at=None, user__is_active=True)


class ApiToken(models.Model):
    """A program's key (токен): has its user's role and organisation; shown once, kept as a hash."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name=_("пользователь"))
    name = models.CharField(_("название"), max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("выдан"), db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(_("последнее обращение"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("отозван"), null=True, blank=True)
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("кто выдал")
    )
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("кто отозвал")
    )

    objects = ApiTokenQuerySet.as_manager()

    # Only in the hands of whoever has just made it.
    secret = ""

    class Meta:
        verbose_name = _("токен")
        verbose_name_plural = _("токены")
        constraints = [
            models.CheckConstraint(
                condition=~Q(name__regex=r"^\s*$"),
                name="token_has_name",
                violation_error_message=_("Назовите, для чего токен."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(cls, *, user: User, name: str, by: User | None = None) -> tuple["ApiToken", str]:
        """A new token and its secret, which nobody can read again."""
        secret = secrets.token_urlsafe(32)
        return cls.objects.create(user=user, name=name, digest=digest_of(secret), issued_by=by), secret


class IdempotencyKey(models.Model):
    """An answer already given to a creating request: the same key and body get the same answer."""

    user = models.ForeignKey(User, models.CASCADE)
    key = models.CharField(max_length=200)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key


class DutyPost(models.TextChoices):
    """Whose turn it is to be asked when a promise breaks."""

    SUPERVISOR = "supervisor", _("старший смены")
    HEAD = "head", _("руководитель центра")
    MINISTRY = "ministry", _("дежурный министерства")


class DutyShiftQuerySet(models.QuerySet["DutyShift"]):
    def on_duty(self, at: datetime) -> Self:
        return self.filter(starts_at__lte=at, ends_at__gt=at)


class DutyShift(models.Model):
    """One line of the duty roster (график дежурств): who holds which post, from when to when."""

    user = models.ForeignKey(User, models.PROTECT, related_name="duty_shifts", verbose_name=_("кто"))
    post = models.CharField(_("пост"), max_length=16, choices=DutyPost.choices)
    starts_at = models.DateTimeField(_("с"))
    ends_at = models.DateTimeField(_("до"))

    objects = DutyShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("дежурство")
        verbose_name_plural = _("график дежурств")
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["post", "starts_at", "ends_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(post__in=DutyPost.values), name="duty_post_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="duty_ends_after_start",
                violation_error_message=_("Дежурство должно кончаться позже, чем начинается."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_post_display()}: {self.user}"


class AccessRecord(models.Model):
    """Who looked at whose personal data, when and why (152-ФЗ). Append-only: the database refuses changes."""

    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    what = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("обращение к персональным данным")
        verbose_name_plural = _("журнал обращений к персональным данным")
        indexes = [models.Index(fields=["recorded_at"])]

    def __str__(self) -> str:
        return f"{self.actor}: {self.what} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)


class Presence(models.Model):
    """When somebody last had a screen of ours open (присутствие); written at most once a minute.

    ``sound`` is what his browser said at ``sound_at`` of an alarm that would come now; empty: it never said.
    """

    class Sound(models.TextChoices):
        ON = "on", _("звук включён")
        BLOCKED = "blocked", _("браузер не даёт звука")
        OFF = "off", _("звук выключен")

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="presence")
    seen_at = models.DateTimeField(_("был на связи"))
    sound = models.CharField(_("звук"), max_length=8, choices=Sound.choices, blank=True, default="", db_default="")
    sound_at = models.DateTimeField(_("о звуке сказано"), null=True)

    class Meta:
        verbose_name = _("присутствие")
        verbose_name_plural = _("присутствие")
        constraints = [
            models.CheckConstraint(
                condition=Q(sound="", sound_at=None) | Q(sound__in=["on", "blocked", "off"], sound_at__isnull=False),
                name="presence_sound_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.seen_at:%d.%m.%Y %H:%M}"


class LineSpellQuerySet(models.QuerySet["LineSpell"]):
    def on_line(self) -> Self:
        return self.filter(ended_at=None)


class LineSpell(models.Model):
    """From when to when an operator took calls (на линии). Whoever has no open spell is not asked for calls."""

    user = models.ForeignKey(User, models.PROTECT, related_name="line_spells", verbose_name=_("кто"))
    started_at = models.DateTimeField(_("с"))
    ended_at = models.DateTimeField(_("до"), null=True)

    objects = LineSpellQuerySet.as_manager()

    class Meta:
        verbose_name = _("время на линии")
        verbose_name_plural = _("время на линии")
        indexes = [models.Index(fields=["-started_at"], name="line_spell_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["user"], name="line_spell_one_open", condition=Q(ended_at=None)),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="line_spell_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.started_at:%d.%m.%Y %H:%M}"
