"""The queue of callbacks for programs that dial: what is owed, the next one, how it went."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clock
from accounts.idempotency import answer_once
from accounts.problems import NeedsField
from accounts.schema import IDEMPOTENCY_KEY
from accounts.writes import Refused
from callbacks.models import CallbackObligation
from callbacks.services import claim_next, record_missed_call, release
from tickets import services
from tickets.services.calls import VerdictRequired, WrongMoment

from .answers import CallbackRow, MissedCallAnswer, RecordedAttempt
from .base import Listing, Operation
from .filters import CallbackFilter
from .permissions import OfCentre, TakesCalls
from .requests import AttemptRequest, MissedCallRequest

OWNERS = ("contact", "claimed_by", "ticket", "controlled_ticket", "ticket_promise__ticket")


class NotHeld(Refused):
    message = _("Этот звонок не у вас, или по нему уже звонят.")
    code = "not_held"


class Callbacks(Listing):
    """Promises to ring back: without ``state`` those still owed, the most urgent first."""

    permission_classes = (OfCentre,)
    serializer_class = CallbackRow
    filter_backends = (DjangoFilterBackend,)
    filterset_class = CallbackFilter

    def get_keyset(self) -> Sequence[str]:
        asked = self.request.query_params.getlist("state")
        is_queue = set(asked) <= set(CallbackObligation.OUTSTANDING)
        return ("-is_danger", "queue_at", "id") if is_queue else ("-id",)

    def get_queryset(self) -> QuerySet[CallbackObligation]:
        return CallbackObligation.objects.select_related(*OWNERS)

    @extend_schema(operation_id="callbacks_list", responses=CallbackRow(many=True))
    def get(self, request: Request) -> Response:
        return super().get(request)


class MissedCalls(Operation):
    """Write down that somebody reached us unheard: he is rung back within ten minutes of his arrival.

    Further calls and messages of the same number join what is owed already and never move its time.
    """

    permission_classes = (TakesCalls,)
    serializer_class = MissedCallRequest

    @extend_schema(
        operation_id="missed_calls_record", responses={201: MissedCallAnswer}, parameters=[IDEMPOTENCY_KEY]
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        def record() -> tuple[int, Any]:
            at = clock.now()
            told = self.told(MissedCallRequest, at=at)
            promise = record_missed_call(recorded_by=self.user, at=at, **told)
            return status.HTTP_201_CREATED, self.answer(MissedCallAnswer, promise)

        return answer_once(request, self.user, record)


class NextCallback(Operation):
    """Claim the most urgent call that nobody holds; no two callers are ever given the same."""

    permission_classes = (TakesCalls,)
    serializer_class = CallbackRow

    @extend_schema(operation_id="callbacks_next", request=None, responses={200: CallbackRow, 204: None})
    def post(self, request: Request) -> Response:
        taken = claim_next(operator=self.user, at=clock.now())
        if taken is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        shown = CallbackObligation.objects.select_related(*OWNERS).get(pk=taken.pk)
        return Response(self.answer(CallbackRow, shown))


class Attempts(Operation):
    """Write down a call that was made: its start and its end in one."""

    permission_classes = (TakesCalls,)
    serializer_class = AttemptRequest

    @extend_schema(
        operation_id="callbacks_attempt", responses={201: RecordedAttempt}, parameters=[IDEMPOTENCY_KEY]
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        promise = get_object_or_404(CallbackObligation, pk=pk)

        def record() -> tuple[int, Any]:
            told = self.told(AttemptRequest)
            try:
                attempt = services.record_ring_back(
                    obligation=promise, outcome=told["outcome"], operator=self.user, at=clock.now(),
                    note=told["note"], call_again_at=told["promised_at"], confirmed=told["confirmed"],
                )  # fmt: skip
            except VerdictRequired as refusal:
                raise NeedsField("confirmed", refusal.message, refusal.code) from None
            except WrongMoment as refusal:
                raise NeedsField("promised_at", refusal.message, refusal.code) from None
            attempt.obligation.refresh_from_db()
            return status.HTTP_201_CREATED, self.answer(RecordedAttempt, attempt)

        return answer_once(request, self.user, record)


class Release(Operation):
    """Give a claimed call back to the same place in the queue."""

    permission_classes = (TakesCalls,)
    serializer_class = CallbackRow

    @extend_schema(operation_id="callbacks_release", request=None, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        promise = get_object_or_404(CallbackObligation, pk=pk)
        if not release(obligation=promise, operator=self.user, at=clock.now()):
            raise NotHeld
        return Response(status=status.HTTP_204_NO_CONTENT)
