"""Photos of the work, as an organisation's program sends them."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clock
from accounts.idempotency import form_key
from accounts.problems import NeedsField
from accounts.schema import IDEMPOTENCY_KEY
from tickets import services
from tickets.forms.photos import shots_of
from tickets.models import Ticket

from .answers import PhotoAnswer
from .base import Operation
from .permissions import OfOrganisation
from .requests import PhotosRequest


class TicketPhotos(Operation):
    """Photos of one stage of the work: before `report_done`, or after it while the ticket is not closed."""

    permission_classes = (OfOrganisation,)
    parser_classes = (MultiPartParser,)
    serializer_class = PhotosRequest

    @extend_schema(
        operation_id="tickets_photos", request={"multipart/form-data": PhotosRequest},
        responses={201: PhotoAnswer(many=True)}, parameters=[IDEMPOTENCY_KEY],
    )  # fmt: skip
    def post(self, request: Request, number: str) -> Response:
        """Under the same key each photo is kept once, however often it is sent."""
        ticket = get_object_or_404(Ticket.objects.visible_to(self.user), number=number)
        told = self.told(PhotosRequest)
        at = clock.now()
        try:
            shots = shots_of(
                told["photos"], stage=told["stage"], key=form_key(request, self.user), pressed_at=told["pressed_at"]
            )
            kept = [services.add_photo(ticket=ticket, shot=shot, actor=self.user, at=at) for shot in shots]
        except services.PhotoRefused as refusal:
            raise NeedsField("photos", refusal.message, refusal.code) from None
        return Response(self.answer(PhotoAnswer, kept, many=True), status=status.HTTP_201_CREATED)
