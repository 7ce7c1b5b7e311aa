"""The clocks of the work: whose turn it is, what the caller must be told, and the times of the norm."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.models import User
from callbacks.models import COMPANY_CLOCKS, CalendarDay, Clock, Deadline
from callbacks.services.promises import new_deadline, stop_clock
from callbacks.services.rules import Rules
from tickets.models import Norm, Ticket, TicketDeadline

from .terms import Terms, fix_due, reply_due

# From the norm, and known to whoever has the work.
NORM_CLOCKS = (Clock.LOCALISE, Clock.CHECK, Clock.FIX, Clock.WRITTEN_REPLY)
# Every clock that hangs on a ticket and stops with it.
TICKET_CLOCKS = (
    Clock.WAITING_CENTRE,
    Clock.ACCEPTANCE,
    Clock.PLANNED_TERM,
    Clock.REPEATS,
    Clock.REFUSALS,
    *NORM_CLOCKS,
)


def opening_clocks(
    *, ticket: Ticket, at: datetime, damaged_at: datetime, rules: Rules, operator: User
) -> list[Deadline]:
    """The unsaved clocks of a ticket that is registered or opened again at ``at``.

    ``damaged_at``: since when a repair runs that the law counts from the damage.
    """
    whose_turn = Clock.ACCEPTANCE if ticket.company else Clock.WAITING_CENTRE
    clocks = norm_clocks(ticket=ticket, at=at, damaged_at=damaged_at, rules=rules, operator=operator)
    clocks.append(own_clock(whose_turn, ticket=ticket, at=at, rules=rules, operator=operator))
    # Nobody can be told who left no number.
    if ticket.contact.phone:
        clocks.append(own_clock(Clock.PLANNED_TERM, ticket=ticket, at=at, rules=rules, operator=operator))
    return clocks


def acceptance_of(clocks: list[Deadline]) -> Deadline | None:
    """The one of these by which an organisation has to answer."""
    return next((clock for clock in clocks if clock.clock == Clock.ACCEPTANCE), None)


def own_clock(clock: Clock, *, ticket: Ticket, at: datetime, rules: Rules, operator: User | None) -> Deadline:
    """An unsaved clock whose length is the centre's own rule."""
    length = rules[clock].rule.length_for(is_emergency=ticket.is_emergency)
    return new_deadline(
        clock=clock, started_at=at, due_at=at + length, rules=rules, operator=operator, title=title_of(ticket),
        company=ticket.company if clock in COMPANY_CLOCKS else None,
    )  # fmt: skip


def norm_clocks(
    *, ticket: Ticket, at: datetime, damaged_at: datetime, rules: Rules, operator: User | None
) -> list[Deadline]:
    """The unsaved clocks that the norm of this ticket starts at ``at`` (see ``opening_clocks``)."""
    norm = ticket.norm
    if norm is None:
        return []
    return [
        new_deadline(
            clock=clock, started_at=started_at, due_at=due_at, source=norm.act, mark=norm.mark_of(clock), rules=rules,
            company=ticket.company, operator=operator, title=title_of(ticket),
        )
        for clock, (started_at, due_at) in norm_spans(
            norm, at=at, damaged_at=damaged_at, celsius=ticket.celsius
        ).items()
    ]  # fmt: skip


def norm_spans(
    norm: Norm, *, at: datetime, damaged_at: datetime, celsius: int | None = None
) -> dict[Clock, tuple[datetime, datetime]]:
    """Since when and until when each clock of ``norm`` runs for what is registered at ``at``.

    ``celsius``: degrees in the room, where the norm's time depends on them.
    """
    spans: dict[Clock, tuple[datetime, datetime]] = {}
    for clock in (Clock.LOCALISE, Clock.CHECK):
        if minutes := norm.minutes_of(clock):
            spans[clock] = (at, at + timedelta(minutes=minutes))
    if norm.fix_minutes:
        spans[Clock.FIX] = fix_due(terms_of(norm, celsius), registered_at=at, damaged_at=damaged_at)
    if norm.reply_working_days:
        spans[Clock.WRITTEN_REPLY] = (at, reply_due(at, norm.reply_working_days, _local_days(at)))
    return spans


def terms_of(norm: Norm, celsius: int | None = None) -> Terms:
    """The length of the repair by this norm, with its peculiarities."""
    minutes = norm.fix_minutes or 0
    if celsius is not None and norm.fix_minutes_by_celsius:
        minutes = _minutes_at(celsius, norm.fix_minutes_by_celsius)
    return Terms(
        length=timedelta(minutes=minutes),
        summer_length=timedelta(minutes=norm.summer_fix_minutes) if norm.summer_fix_minutes else None,
        summer=(norm.summer_from, norm.summer_to) if norm.summer_from else None,
        window=(norm.opens_at, norm.closes_at) if norm.opens_at and norm.closes_at else None,
        counts_from_damage=norm.counts_from_damage,
    )


def _minutes_at(celsius: int, steps: list[list[int]]) -> int:
    """The time of the warmest step that the room still reaches; colder than all of them: the shortest time."""
    reached = [minutes for degrees, minutes in sorted(steps, reverse=True) if celsius >= degrees]
    return reached[0] if reached else min(minutes for _degrees, minutes in steps)


def _local_days(at: datetime) -> dict[date, bool]:
    since = timezone.localdate(at)
    return dict(CalendarDay.objects.filter(day__gte=since).values_list("day", "is_working"))


def save_clocks(*, ticket: Ticket, deadlines: list[Deadline]) -> None:
    Deadline.objects.bulk_create(deadlines)
    tie_clocks(ticket=ticket, deadlines=deadlines)


def tie_clocks(*, ticket: Ticket, deadlines: list[Deadline]) -> None:
    """Say whose these saved clocks are."""
    TicketDeadline.objects.bulk_create([TicketDeadline(ticket=ticket, deadline=deadline) for deadline in deadlines])


def stop_clocks(*, ticket: Ticket, at: datetime, clocks: tuple[str, ...], withdrawn: bool = False) -> None:
    """Stop those of the ticket's clocks that run; ``withdrawn`` when what they time is no longer wanted."""
    running = Deadline.objects.running().filter(ticket_deadline__ticket=ticket, clock__in=clocks)
    for deadline in running.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        stop_clock(deadline.pk, at=at, withdrawn=withdrawn)


def tell_term(*, ticket: Ticket, at: datetime) -> None:
    """The caller has been talked to: where the organisation has named its term, he knows it now (ПП 416)."""
    if ticket.planned_at is None:
        return
    Ticket.objects.filter(pk=ticket.pk, term_told_at=None).update(term_told_at=at)
    stop_clocks(ticket=ticket, at=at, clocks=(Clock.PLANNED_TERM,))


def handed_over_by(ticket: Ticket) -> User | None:
    """Who of the centre gave the work away last: he is asked when it comes back."""
    last = (
        Deadline.objects.filter(ticket_deadline__ticket=ticket, clock=Clock.ACCEPTANCE)
        .select_related("operator")
        .order_by("-pk")
        .first()
    )
    return last.operator if last and last.operator else ticket.registered_by


def title_of(ticket: Ticket) -> str:
    """What an alarm says it is about: problem and address, never a phone or a name."""
    return f"{ticket.category.problem} · {ticket.address}"
