"""Tickets: registering, finding, reading, and the steps of the work."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clock
from accounts.idempotency import answer_once, form_key
from accounts.schema import IDEMPOTENCY_KEY
from callbacks.models import Contact
from tickets import services
from tickets.models import Ticket
from tickets.workflow import STEPS, Step, steps_for

from .answers import StepAnswer, TicketAnswer, TicketCard, TicketRow
from .base import Listing, Operation
from .filters import TicketFilter
from .permissions import Anyone, OfCentre, TakesCalls
from .requests import PhoneRequest, StepRequest, TicketRequest

STEP = OpenApiParameter("step", str, OpenApiParameter.PATH, enum=list(STEPS))


class Tickets(Listing):
    """The tickets that the caller may see, the newest first; and the place to register one."""

    queryset = Ticket.objects.none()
    serializer_class = TicketRow
    filter_backends = (DjangoFilterBackend,)
    filterset_class = TicketFilter
    keyset = ("-registered_at", "-id")

    def get_permissions(self) -> list[Any]:
        return [TakesCalls()] if self.request.method == "POST" else [Anyone()]

    def get_queryset(self) -> QuerySet[Ticket]:
        return Ticket.objects.visible_to(self.user)

    def rows_of(self, page: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return Ticket.objects.visible_to(self.user).with_row_details().of_page(page)

    @extend_schema(operation_id="tickets_list", responses=TicketRow(many=True))
    def get(self, request: Request) -> Response:
        return super().get(request)

    @extend_schema(
        operation_id="tickets_register", request=TicketRequest, responses={201: TicketAnswer},
        parameters=[IDEMPOTENCY_KEY],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Write a call down as a ticket: it promises a callback and goes to the organisation that answers for it."""

        def register() -> tuple[int, Any]:
            at = clock.now()
            told = self.told(TicketRequest, at=at)
            address, category = told["address"], told["category"]
            routing = services.responsible_for(category=category, building=address.building, day=timezone.localdate(at))
            contact = Contact(
                received_at=told["called_at"], channel=told["channel"], phone=told["phone"],
                extension=told["extension"], caller_name=told["caller_name"], taken_by=self.user,
                no_phone_reason="" if told["phone"] else told["no_phone_reason"],
            )  # fmt: skip
            ticket = services.register_ticket(
                contact=contact, category=category, address=address, text=told["text"], operator=self.user,
                intake_key=form_key(request, self.user), at=at, company=routing.company,
                is_emergency=told["emergency"], damaged_at=told["damaged_at"],
            )  # fmt: skip
            return status.HTTP_201_CREATED, self.answer(TicketAnswer, ticket)

        return answer_once(request, self.user, register)


class TicketSearch(Operation):
    """By telephone number: personal data never stands in an address."""

    permission_classes = (OfCentre,)
    serializer_class = TicketRow

    @extend_schema(operation_id="tickets_search", request=PhoneRequest, responses={200: TicketRow(many=True)})
    def post(self, request: Request) -> Response:
        number = self.told(PhoneRequest)["phone"]
        found = Ticket.objects.visible_to(self.user).filter(contact__phone=number).with_row_details()
        return Response(self.answer(TicketRow, found.order_by("-registered_at", "-id")[:50], many=True))


class OneTicket(Operation):
    """One ticket with its clocks, its calls and its history."""

    serializer_class = TicketCard

    @extend_schema(operation_id="tickets_read")
    def get(self, request: Request, number: str) -> Response:
        ticket = get_object_or_404(Ticket.objects.visible_to(self.user).with_answer_details(), number=number)
        return Response(self.answer(TicketCard, ticket))


class TicketSteps(Operation):
    """The steps that the caller may take now, with what each needs."""

    serializer_class = StepAnswer

    @extend_schema(operation_id="tickets_steps", responses=StepAnswer(many=True))
    def get(self, request: Request, number: str) -> Response:
        ticket = get_object_or_404(Ticket.objects.visible_to(self.user), number=number)
        codes = steps_for(status=ticket.status, role=self.user.role, is_appointed=ticket.is_appointed)
        return Response(StepAnswer([_shown(code, STEPS[code]) for code in codes], many=True).data)


class TakeStep(Operation):
    """One step of the workflow; of two callers at once the second is told ``step_refused``."""

    serializer_class = StepRequest

    @extend_schema(
        operation_id="tickets_step", responses={200: TicketAnswer}, parameters=[STEP, IDEMPOTENCY_KEY],
    )  # fmt: skip
    def post(self, request: Request, number: str, step: str) -> Response:
        ticket = get_object_or_404(Ticket.objects.visible_to(self.user), number=number)
        if step not in STEPS:
            raise NotFound
        if self.user.role not in STEPS[step].roles:
            raise PermissionDenied

        def move() -> tuple[int, Any]:
            told = self.told(StepRequest, rule=STEPS[step], user=self.user)
            moved = services.move_ticket(ticket=ticket, step=step, actor=self.user, at=clock.now(), **told)
            return status.HTTP_200_OK, self.answer(TicketAnswer, moved)

        return answer_once(request, self.user, move)


def _shown(code: str, rule: Step) -> dict[str, Any]:
    reasons = rule.reasons.choices if rule.reasons else ()
    return {
        "step": code, "title": rule.title, "target": rule.target, "needs": rule.needs, "asks": rule.asks,
        "reasons": [{"code": value, "title": label} for value, label in reasons], "warning": rule.warning,
    }  # fmt: skip
