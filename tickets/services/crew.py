"""Who of the organisation goes there: its dispatcher gives a ticket to a foreman."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User, named
from accounts.writes import Refused, write
from callbacks import alarms
from companies.models import Membership
from tickets.models import Ticket, TicketEvent
from tickets.workflow import WITH_COMPANY

from .steps import StepRefused


class NotOurForeman(Refused):
    message = _("Выберите мастера своей организации.")
    code = "not_our_foreman"


def foremen_of(company_id: int | None) -> QuerySet[User]:
    """The foremen of an organisation who may be given its tickets."""
    ours = User.objects.filter(is_active=True, role=Role.FOREMAN, membership__company=company_id)
    return ours.only(*named()).order_by("last_name", "first_name", "username")


@write
def give_to_foreman(*, ticket: Ticket, foreman: User, actor: User, at: datetime) -> Ticket:
    """Let ``foreman`` see and work the ticket (мастер); another one may be named later, the last one counts.

    It moves no status, so it is no step of the workflow; its line in the history has the step «give». Raises
    StepRefused when the organisation does not have the work (any more), NotOurForeman.
    """
    held = Ticket.objects.select_for_update(no_key=True, of=("self",)).get(pk=ticket.pk)
    is_own = Membership.objects.filter(user=actor, company=held.company_id).exists()
    if held.status not in WITH_COMPANY or actor.role != Role.COMPANY or not is_own:
        raise StepRefused
    if not foremen_of(held.company_id).filter(pk=foreman.pk).exists():
        raise NotOurForeman
    held.foreman = foreman
    held.save(update_fields=["foreman"])
    TicketEvent.objects.create(
        ticket=held, step="give", actor=actor, from_status=held.status, to_status=held.status,
        company_id=held.company_id, happened_at=at, details={"foreman": str(foreman)},
    )  # fmt: skip
    alarms.tell_screens("tickets")
    return held
