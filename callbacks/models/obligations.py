"""The promise to ring a person back, and the attempts to keep it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from accounts.models import E164, User

from .contacts import Contact
from .deadlines import Deadline


class CallbackObligationQuerySet(models.QuerySet["CallbackObligation"]):
    def outstanding(self) -> Self:
        return self.filter(state__in=CallbackObligation.OUTSTANDING)

    def callable_at(self, at: datetime) -> Self:
        """Free to be taken now: open, or claimed by somebody whose lease has lapsed without a call in progress."""
        lapsed = Q(state=CallbackObligation.State.CLAIMED, claimed_until__lte=at)
        return self.filter(Q(state=CallbackObligation.State.OPEN) | lapsed, next_attempt_at__lte=at)

    def overdue(self, at: datetime) -> Self:
        return self.outstanding().filter(due_at__lte=at)

    def most_urgent_first(self) -> Self:
        """Threat to life first, then by the time that orders the queue."""
        return self.order_by("-is_danger", "queue_at", "id")


class CallbackObligation(models.Model):
    """A promise to ring a person back by a moment (обязательство перезвонить).

    It hangs on the contact, not on the ticket: a promise is made to a person. ``not_callable`` (no number) is recorded
    and counted and has no clock. ``kept`` needs an attempt that reached the person; a waiver needs a listed reason.
    """

    class Reason(models.TextChoices):
        FIRST_ANSWER = "first_answer", _("первый ответ")
        MISSED_CALL = "missed_call", _("пропущенный звонок")
        DROPPED_CALL = "dropped_call", _("сорвавшийся звонок")
        MESSAGE = "message", _("сообщение")
        PROMISED_LATER = "promised_later", _("обещали позвонить")
        CONTROL_CALL = "control_call", _("контрольный звонок")
        REOPENED = "reopened", _("заявка возобновлена")
        DELAY = "delay", _("срок перенесён")

    class State(models.TextChoices):
        OPEN = "open", _("ждёт звонка")
        CLAIMED = "claimed", _("взято")
        DIALLING = "dialling", _("звонят")
        EXHAUSTED = "exhausted", _("не дозвонились")
        KEPT = "kept", _("перезвонили")
        SATISFIED = "satisfied", _("позвонил сам")
        WAIVED = "waived", _("снято с причиной")
        NOT_CALLABLE = "not_callable", _("перезвонить нельзя")

    class Waiver(models.TextChoices):
        ANSWERED_AT_ONCE = "answered_at_once", _("ответ дан сразу")
        NOT_REACHED = "not_reached", _("не дозвонились")
        CALLER_DECLINED = "caller_declined", _("заявитель отказался от звонка")
        WRONG_NUMBER = "wrong_number", _("неверный номер")
        DUPLICATE = "duplicate", _("дубликат другой заявки")
        NO_NUMBER = "no_number", _("нет номера")
        IMPORTED = "imported", _("внесено из прежнего журнала")
        OTHER = "other", _("другое")

    # Somebody still owes this call.
    OUTSTANDING = (State.OPEN, State.CLAIMED, State.DIALLING, State.EXHAUSTED)
    # He reached us and was not heard: later calls of the number join what is owed already.
    UNHEARD = (Reason.MISSED_CALL, Reason.DROPPED_CALL, Reason.MESSAGE)
    # What is final stays final.
    FINAL = (State.KEPT, State.SATISFIED, State.WAIVED)

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="obligations")
    reason = models.CharField(_("зачем звоним"), max_length=16, choices=Reason.choices)
    state = models.CharField(_("состояние"), max_length=16, choices=State.choices)
    promised_at = models.DateTimeField(_("обещано"))
    promised_length = models.DurationField(_("на сколько"), null=True)
    due_at = models.DateTimeField(_("перезвонить до"), null=True)
    deadline = models.OneToOneField(Deadline, models.PROTECT, null=True, related_name="obligation")
    is_danger = models.BooleanField(_("опасность"), default=False)
    next_attempt_at = models.DateTimeField(_("звонить не раньше"), null=True)
    # Its place in the queue: due_at before the first attempt, afterwards the time of the next one.
    queue_at = models.GeneratedField(
        expression=models.Case(models.When(first_attempt_at=None, then="due_at"), default="next_attempt_at"),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )
    counted_attempts = models.PositiveSmallIntegerField(_("попыток"), default=0)
    first_attempt_at = models.DateTimeField(_("первая попытка"), null=True)
    # After enough tries the supervisor may order another round; a round counts its tries from its own first one.
    rounds = models.PositiveSmallIntegerField(_("кругов"), default=1, db_default=1)
    round_attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    round_started_at = models.DateTimeField(null=True)
    occurrences = models.PositiveSmallIntegerField(_("звонков от него"), default=1)
    claimed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("держит"))
    claimed_at = models.DateTimeField(_("держит с"), null=True)
    claimed_until = models.DateTimeField(null=True)
    # The operator who let his lease lapse is not offered this call again for a while.
    lapsed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    lapsed_at = models.DateTimeField(null=True)
    # Copied from the contact so that «one open promise per number» can be a unique index.
    number = models.CharField(max_length=16, blank=True)
    extension = models.CharField(max_length=8, blank=True)
    settled_by = models.ForeignKey("CallAttempt", models.PROTECT, null=True, related_name="settled")
    settled_at = models.DateTimeField(_("исполнено"), null=True)
    waiver = models.CharField(_("причина снятия"), max_length=20, choices=Waiver.choices, null=True)
    waiver_note = models.CharField(max_length=500, blank=True)
    waived_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CallbackObligationQuerySet.as_manager()

    class Meta:
        verbose_name = _("обязательство перезвонить")
        verbose_name_plural = _("обязательства перезвонить")
        indexes = [
            models.Index(
                F("is_danger").desc(),
                "queue_at",
                "id",
                name="obligation_queue",
                condition=Q(state__in=["open", "claimed", "dialling", "exhausted"]),
            ),
            models.Index(fields=["promised_at"], name="obligation_by_time"),
            # Nobody has settled it yet: reports count these live, of whatever day they are.
            models.Index(fields=["promised_at"], name="obligation_unsettled", condition=Q(settled_at=None)),
            # What else is owed to the same person, asked whenever a call is taken.
            models.Index(
                fields=["number"],
                name="obligation_by_number",
                condition=Q(state__in=["open", "claimed", "dialling", "exhausted"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "open",
                        "claimed",
                        "dialling",
                        "exhausted",
                        "kept",
                        "satisfied",
                        "waived",
                        "not_callable",
                    ]
                ),
                name="obligation_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    reason__in=[
                        "first_answer",
                        "missed_call",
                        "dropped_call",
                        "message",
                        "promised_later",
                        "control_call",
                        "reopened",
                        "delay",
                    ]
                ),
                name="obligation_reason_is_known",
            ),
            # No number, no timer; a number always has one, and its clock is a row (I10). Waiving «not callable»
            # leaves it without a clock, so the tie is between the number and the clock, whatever the state.
            models.CheckConstraint(
                condition=(
                    Q(number="", due_at=None, deadline=None, promised_length=None, next_attempt_at=None)
                    & Q(state__in=["not_callable", "waived"])
                )
                | (
                    ~Q(number="")
                    & Q(due_at__isnull=False, deadline__isnull=False, promised_length__isnull=False)
                    & Q(next_attempt_at__isnull=False)
                    & ~Q(state="not_callable")
                ),
                name="obligation_has_clock_unless_not_callable",
            ),
            models.CheckConstraint(
                condition=Q(due_at=None)
                | (Q(due_at__gt=F("promised_at")) & Q(due_at__lte=F("promised_at") + F("promised_length"))),
                name="obligation_due_within_promise",
            ),
            # The ten minutes may be configured, but never beyond an hour.
            models.CheckConstraint(
                condition=Q(promised_length=None)
                | ~Q(reason__in=["first_answer", "missed_call", "dropped_call", "message"])
                | Q(promised_length__lte="1:00:00"),
                name="obligation_first_answer_within_an_hour",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=["claimed", "dialling"], claimed_by__isnull=False, claimed_until__isnull=False))
                | (~Q(state__in=["claimed", "dialling"]) & Q(claimed_by=None, claimed_until=None)),
                name="obligation_claim_has_owner_and_expiry",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=["kept", "satisfied"], settled_by__isnull=False, settled_at__isnull=False))
                | (~Q(state__in=["kept", "satisfied"]) & Q(settled_by=None)),
                name="obligation_kept_by_a_talk",
            ),
            models.CheckConstraint(
                condition=(Q(state="waived", waiver__isnull=False, settled_at__isnull=False, waived_by__isnull=False))
                | (~Q(state="waived") & Q(waiver=None, waived_by=None)),
                name="obligation_waiver_has_reason_and_name",
            ),
            models.CheckConstraint(
                condition=Q(waiver=None)
                | (
                    Q(
                        waiver__in=[
                            "answered_at_once",
                            "not_reached",
                            "caller_declined",
                            "wrong_number",
                            "duplicate",
                            "no_number",
                            "imported",
                            "other",
                        ]
                    )
                    & (~Q(waiver__in=["other", "not_reached", "caller_declined"]) | ~Q(waiver_note__regex=r"^\s*$"))
                ),
                name="obligation_waiver_is_listed",
            ),
            # «Not reached» may be said only after three honest tries.
            models.CheckConstraint(
                condition=~Q(waiver="not_reached") | Q(counted_attempts__gte=3),
                name="obligation_not_reached_after_tries",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["open", "claimed", "dialling", "exhausted", "not_callable"])
                | Q(settled_at=None),
                name="obligation_outstanding_is_not_settled",
            ),
            models.CheckConstraint(
                condition=Q(round_attempts__lte=F("counted_attempts")), name="obligation_round_within_attempts"
            ),
            # One open missed call per number: later calls join it and never move it.
            models.UniqueConstraint(
                fields=["number", "extension"],
                name="obligation_one_missed_call_per_number",
                condition=Q(
                    reason__in=["missed_call", "dropped_call", "message"],
                    state__in=["open", "claimed", "dialling", "exhausted"],
                )
                & ~Q(number=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.get_state_display()}"

    @property
    def is_final(self) -> bool:
        return self.state in self.FINAL


class CallAttemptQuerySet(models.QuerySet["CallAttempt"]):
    def in_progress(self) -> Self:
        return self.filter(ended_at=None)


class CallAttempt(models.Model):
    """One dialling, or one call of the citizen that settled a promise (попытка дозвона)."""

    class Direction(models.TextChoices):
        OUT = "out", _("исходящий")
        IN = "in", _("входящий")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("поговорили")
        NO_ANSWER = "no_answer", _("не отвечает")
        BUSY = "busy", _("занято")
        WRONG_NUMBER = "wrong_number", _("не тот номер")
        LINE_FAULT = "line_fault", _("сбой связи")

    obligation = models.ForeignKey(CallbackObligation, models.PROTECT, related_name="attempts")
    operator = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("кто звонил"))
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.OUT)
    # Copied from the obligation so that «one active call per number» can be a unique index.
    number = models.CharField(max_length=16)
    started_at = models.DateTimeField(_("начало"))
    ended_at = models.DateTimeField(_("конец"), null=True)
    outcome = models.CharField(_("итог"), max_length=16, choices=Outcome.choices, null=True)
    note = models.TextField(_("что сказано"), blank=True)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CallAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("попытка дозвона")
        verbose_name_plural = _("попытки дозвона")
        ordering = ["started_at"]
        indexes = [models.Index(fields=["started_at"], name="attempt_by_time")]
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=E164), name="attempt_number_e164"),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome=None) | Q(ended_at__isnull=False, outcome__isnull=False),
                name="attempt_ended_has_outcome",
            ),
            models.CheckConstraint(
                condition=Q(outcome=None)
                | Q(outcome__in=["reached", "no_answer", "busy", "wrong_number", "line_fault"]),
                name="attempt_outcome_is_known",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="attempt_ends_after_start"
            ),
            # A conversation that says nothing keeps no promise.
            models.CheckConstraint(
                condition=~Q(outcome="reached") | ~Q(note__regex=r"^\s*$"), name="attempt_reached_says_what"
            ),
            models.CheckConstraint(condition=LessThanOrEqual(Length("note"), 8000), name="attempt_note_length"),
            models.UniqueConstraint(
                fields=["obligation"], name="attempt_one_active_per_obligation", condition=Q(ended_at=None)
            ),
            models.UniqueConstraint(
                fields=["number"], name="attempt_one_active_per_number", condition=Q(ended_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%d.%m %H:%M} {self.get_outcome_display()}"
