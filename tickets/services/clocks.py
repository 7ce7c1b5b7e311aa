"""The clocks of the work: acceptance by the organisation and the times of the norm."""

from datetime import datetime, timedelta

from callbacks.models import Clock, Deadline, Rung
from callbacks.models.deadlines import Mark
from callbacks.services.promises import OWN_RULE, new_deadline, stop_clock
from tickets.models import Norm, Ticket, TicketDeadline

# The centre's own rule (DOMAIN §2): so that the operator has something to say by minute ten.
ACCEPTANCE_EMERGENCY = timedelta(minutes=5)
ACCEPTANCE = timedelta(minutes=8)
NORM_CLOCKS = (Clock.LOCALISE, Clock.CHECK, Clock.FIX)


def norm_clocks(
    *, norm: Norm | None, started_at: datetime, rungs: dict[tuple[str, int], Rung], ticket: Ticket
) -> list[Deadline]:
    """The unsaved clocks that ``norm`` starts when the ticket is registered."""
    if norm is None:
        return []
    title = title_of(ticket)
    return [
        new_deadline(
            clock=clock, started_at=started_at, due_at=started_at + timedelta(minutes=minutes), source=norm.act,
            mark=norm.mark_of(clock), rungs=rungs, company=ticket.company, title=title,
        )
        for clock in NORM_CLOCKS
        if (minutes := norm.minutes_of(clock))
    ]  # fmt: skip


def acceptance_clock(*, ticket: Ticket, started_at: datetime, rungs: dict[tuple[str, int], Rung]) -> Deadline:
    """The unsaved clock within which the organisation must accept what it was handed at ``started_at``."""
    length = ACCEPTANCE_EMERGENCY if ticket.is_emergency else ACCEPTANCE
    return new_deadline(
        clock=Clock.ACCEPTANCE, started_at=started_at, due_at=started_at + length, source=OWN_RULE, mark=Mark.DEFAULT,
        rungs=rungs, company=ticket.company, title=title_of(ticket),
    )  # fmt: skip


def save_clocks(*, ticket: Ticket, deadlines: list[Deadline]) -> None:
    Deadline.objects.bulk_create(deadlines)
    tie_clocks(ticket=ticket, deadlines=deadlines)


def tie_clocks(*, ticket: Ticket, deadlines: list[Deadline]) -> None:
    """Say whose these saved clocks are."""
    TicketDeadline.objects.bulk_create([TicketDeadline(ticket=ticket, deadline=deadline) for deadline in deadlines])


def stop_clocks(*, ticket: Ticket, at: datetime, clocks: tuple[str, ...], withdrawn: bool = False) -> None:
    """Stop those of the ticket's clocks that run; ``withdrawn`` when the work is no longer wanted."""
    running = Deadline.objects.running().filter(ticket_deadline__ticket=ticket, clock__in=clocks)
    for deadline in running.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        stop_clock(deadline, at=at, withdrawn=withdrawn)


def title_of(ticket: Ticket) -> str:
    """What an alarm says it is about: problem and address, never a phone or a name."""
    return f"{ticket.category.problem} · {ticket.address}"
