"""The work on a ticket as one table: who may move it from where to where, and what each step needs.

Buttons, URLs, API steps, refusals and docs/workflow.md are all made from STEPS; the database holds the same moves in
a trigger (a test proves that they are equal).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role


class Status(TextChoices):
    REGISTERED = "registered", _("зарегистрирована")
    ASSIGNED = "assigned", _("передана")
    ACCEPTED = "accepted", _("принята")
    REJECTED = "rejected", _("возвращена в центр")
    IN_WORK = "in_work", _("в работе")
    POSTPONED = "postponed", _("отложена")
    DONE = "done", _("выполнена")
    NOT_CONFIRMED = "not_confirmed", _("не подтвердилась на месте")
    RETURNED = "returned", _("возвращена в работу")
    CLOSED = "closed", _("закрыта")
    CLOSED_UNCONFIRMED = "closed_unconfirmed", _("закрыта без подтверждения")
    CANCELLED = "cancelled", _("отменена")
    DUPLICATE = "duplicate", _("дубликат")


S = Status

# Nothing is owed on these any more; each needs a talk or a waiver to be reached.
DEAD = (S.CLOSED, S.CLOSED_UNCONFIRMED, S.CANCELLED, S.DUPLICATE)
LIVE = tuple(status for status in Status if status not in DEAD)
# The organisation has it and has not reported yet.
WITH_COMPANY = (S.ASSIGNED, S.ACCEPTED, S.IN_WORK, S.POSTPONED, S.RETURNED)
# The organisation says it is finished; the citizen has not confirmed.
REPORTED = (S.DONE, S.NOT_CONFIRMED)


class RejectReason(TextChoices):
    HOUSE_NOT_SERVED = "house_not_served", _("дом не обслуживаем")
    NOT_OURS = "not_ours", _("не наша ответственность")
    NOT_IN_CONTRACT = "not_in_contract", _("не предусмотрено договором")
    WITHDRAWN = "withdrawn", _("отозвано заявителем")
    NO_ACCESS = "no_access", _("нет доступа")
    NO_CONTACT_DATA = "no_contact_data", _("нет данных для связи")
    OWNERS_DECISION = "owners_decision", _("нужно решение собрания собственников")
    CAPITAL_REPAIR = "capital_repair", _("капитальный ремонт")
    AUTHORITY = "authority", _("нужно решение органа власти")
    OTHER = "other", _("другое")


class PostponeReason(TextChoices):
    SEASONAL = "seasonal", _("сезонные работы")
    NO_MATERIAL = "no_material", _("нет материалов")
    NO_SPECIALIST = "no_specialist", _("нет специалиста")
    SUPPLIER_QUESTION = "supplier_question", _("вопрос к поставщику")
    AUTHORITY = "authority", _("нужно решение органа власти")
    NO_ACCESS = "no_access", _("нет доступа")
    EMERGENCY_ELSEWHERE = "emergency_elsewhere", _("авария на другом объекте")
    WRONG_SEASON = "wrong_season", _("невозможно в это время года")
    OTHER = "other", _("другое")


class CancelReason(TextChoices):
    WITHDRAWN = "withdrawn", _("отозвано заявителем")
    MISTAKE = "mistake", _("зарегистрирована по ошибке")
    NOT_HOUSING = "not_housing", _("не относится к ЖКХ")
    OTHER = "other", _("другое")


class UnconfirmedReason(TextChoices):
    NOT_REACHED = "not_reached", _("не дозвонились")
    CALLER_DECLINED = "caller_declined", _("заявитель отказался от звонка")
    NO_NUMBER = "no_number", _("нет номера")
    OTHER = "other", _("другое")


# What a step may ask for. «note» is text; the rest are what their names say.
NEEDS = ("note", "reason", "until", "company", "planned_at", "works", "act_number", "said_by", "duplicate_of")


@dataclass(frozen=True, slots=True)
class Step:
    """One legal move: ``target`` None keeps the status and only records a fact."""

    title: Promise | str
    sources: frozenset[Status]
    target: Status | None
    roles: frozenset[Role]
    needs: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    reasons: type[TextChoices] | None = None
    # The consequence, where a button must not say only its name.
    warning: Promise | str = field(default="")

    def allows(self, *, status: str, role: str) -> bool:
        return status in self.sources and role in self.roles


def _step(
    title: Promise | str,
    *sources: Status,
    to: Status | None,
    by: Iterable[Role],
    needs: tuple[str, ...] = (),
    asks: tuple[str, ...] = (),
    reasons: type[TextChoices] | None = None,
    warning: Promise | str = "",
) -> Step:
    return Step(title, frozenset(sources), to, frozenset(by), needs, asks, reasons, warning)


CENTRE: tuple[Role, ...] = (Role.OPERATOR, Role.SUPERVISOR)
SENIOR = (Role.SUPERVISOR,)
COMPANY = (Role.COMPANY,)
CREW = (Role.COMPANY, Role.FOREMAN)

STEPS: dict[str, Step] = {
    "assign": _step(
        _("Передать организации"),
        S.REGISTERED, S.ASSIGNED, S.ACCEPTED, S.REJECTED, S.IN_WORK, S.POSTPONED, S.RETURNED,
        to=S.ASSIGNED, by=CENTRE, needs=("company",), asks=("note",),
    ),
    "appoint": _step(
        _("Назначить до решения"), S.REJECTED, to=S.ASSIGNED, by=SENIOR, needs=("company", "note"),
        warning=_("Две организации отказались. Назначенная вернуть заявку не сможет, пока не решено, чья она."),
    ),
    "accept": _step(_("Принять"), S.ASSIGNED, to=S.ACCEPTED, by=COMPANY, asks=("planned_at", "note")),
    "accept_by_phone": _step(
        _("Принято по телефону"), S.ASSIGNED, to=S.ACCEPTED, by=CENTRE, needs=("said_by",), asks=("planned_at", "note"),
    ),
    "reject": _step(
        _("Не наша: вернуть в центр"), S.ASSIGNED,
        to=S.REJECTED, by=COMPANY, needs=("reason",), asks=("note",), reasons=RejectReason,
    ),
    "start": _step(
        _("Начать работу"), S.ASSIGNED, S.ACCEPTED, S.POSTPONED, S.RETURNED, to=S.IN_WORK, by=CREW, asks=("note",),
    ),
    "plan": _step(
        _("Назвать срок"), S.ACCEPTED, S.IN_WORK, S.RETURNED,
        to=None, by=COMPANY, needs=("planned_at",), asks=("note",),
    ),
    "plan_by_phone": _step(
        _("Срок назван по телефону"), S.ACCEPTED, S.IN_WORK, S.RETURNED,
        to=None, by=CENTRE, needs=("planned_at", "said_by"), asks=("note",),
    ),
    "localise": _step(_("Опасность устранена"), S.ACCEPTED, S.IN_WORK, to=None, by=CREW, asks=("note",)),
    "localise_by_phone": _step(
        _("Опасность устранена, сообщили по телефону"), S.ACCEPTED, S.IN_WORK,
        to=None, by=CENTRE, needs=("said_by",), asks=("note",),
    ),
    "postpone": _step(
        _("Отложить"), S.ACCEPTED, S.IN_WORK,
        to=S.POSTPONED, by=COMPANY, needs=("reason", "until"), asks=("note",), reasons=PostponeReason,
    ),
    "report_done": _step(
        _("Работа сделана"), S.ACCEPTED, S.IN_WORK, to=S.DONE, by=CREW, needs=("works",), asks=("act_number",),
    ),
    "done_by_phone": _step(
        _("Работа сделана, сообщили по телефону"), S.ACCEPTED, S.IN_WORK,
        to=S.DONE, by=CENTRE, needs=("works", "said_by"), asks=("act_number",),
    ),
    "not_confirmed": _step(
        _("Не подтвердилась на месте"), S.ACCEPTED, S.IN_WORK, to=S.NOT_CONFIRMED, by=CREW, needs=("note",),
    ),
    "close": _step(
        _("Закрыть: заявитель подтвердил"), S.DONE, S.NOT_CONFIRMED, to=S.CLOSED, by=CENTRE, asks=("note",),
    ),
    "close_unconfirmed": _step(
        _("Закрыть без разговора — с причиной"), S.DONE, S.NOT_CONFIRMED,
        to=S.CLOSED_UNCONFIRMED, by=SENIOR, needs=("reason", "note"), reasons=UnconfirmedReason,
        warning=_("Заявитель не подтвердил работу; причина и ваше имя останутся в журнале."),
    ),
    "return_to_work": _step(
        _("Не сделано: вернуть в работу"), S.DONE, S.NOT_CONFIRMED, to=S.RETURNED, by=CENTRE, needs=("note",),
    ),
    "cancel": _step(
        _("Отменить заявку"), S.REGISTERED, S.ASSIGNED, S.ACCEPTED, S.REJECTED,
        to=S.CANCELLED, by=CENTRE, needs=("reason", "note"), reasons=CancelReason,
        warning=_("Сначала нужен разговор с заявителем: незакрытое обещание перезвонить не даст отменить."),
    ),
    "mark_duplicate": _step(
        _("Дубликат другой заявки"), S.REGISTERED, S.ASSIGNED, S.REJECTED,
        to=S.DUPLICATE, by=CENTRE, needs=("duplicate_of",), asks=("note",),
        warning=_("Обещание перезвонить останется открытым и перейдёт к основной заявке."),
    ),
    "reopen": _step(
        _("Возобновить"), S.CLOSED, S.CLOSED_UNCONFIRMED,
        to=S.ASSIGNED, by=CENTRE, needs=("note",),
        warning=_("Появится новое обещание перезвонить."),
    ),
    "answer": _step(
        _("Ответить организации"), *WITH_COMPANY, *REPORTED, S.REJECTED, to=None, by=CENTRE, needs=("note",),
    ),
    "comment": _step(
        _("Добавить запись"), *LIVE, to=None, by=(*CENTRE, *CREW), needs=("note",),
    ),
}  # fmt: skip


# Whoever was appointed until the matter is decided cannot send the work back.
CLOSED_TO_APPOINTED = frozenset({"reject"})


def steps_for(*, status: str, role: str, is_appointed: bool = False) -> list[str]:
    """The codes of the steps that this role may take now, in the table's order."""
    closed = CLOSED_TO_APPOINTED if is_appointed else frozenset[str]()
    return [code for code, step in STEPS.items() if code not in closed and step.allows(status=status, role=role)]


def legal_moves() -> set[tuple[Status, Status]]:
    """Every pair (from, to) that some step makes."""
    return {(source, step.target) for step in STEPS.values() if step.target for source in step.sources}
