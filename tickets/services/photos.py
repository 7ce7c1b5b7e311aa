"""Photos of the work: taken by whoever works there, kept with the ticket, written into its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import COMPANY_ROLES, User
from accounts.writes import write
from callbacks import alarms
from tickets.models import MOST_PHOTOS, Ticket, TicketEvent, TicketPhoto
from tickets.workflow import REPORTED, WITH_COMPANY

from .photo_files import drop, written
from .pictures import PhotoRefused, Picture
from .pressed import bounded
from .steps import StepRefused, move_ticket


class TooManyPhotos(PhotoRefused):
    message = _("К заявке уже приложено 20 фото: больше нельзя.")
    code = "too_many_photos"


class TooLateForPhotos(StepRefused):
    message = _("Заявка уже не у вас или закрыта: фото не добавить.")
    code = "too_late_for_photos"


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, and what its sender says of it."""

    picture: Picture
    stage: str
    key: UUID
    pressed_at: datetime | None = None


def sent_photo(*, actor: User, key: UUID) -> TicketPhoto | None:
    """The photo that this person has sent under this key already."""
    return TicketPhoto.objects.filter(uploaded_by=actor, upload_key=key).first()


def add_photo(*, ticket: Ticket, shot: Shot, actor: User, at: datetime) -> TicketPhoto:
    """Keep one photo. Sent again under the same key it is the photo that there is.

    Raises TooManyPhotos, TooLateForPhotos.
    """
    if known := sent_photo(actor=actor, key=shot.key):
        return known
    with written([shot.picture]) as names:
        photo = _keep(ticket=ticket, shot=shot, name=names[0], actor=actor, at=at)
    if photo.name != names[0]:
        # The same photo came by another request meanwhile.
        drop(names[0])
    return photo


def report_with_photos(*, ticket: Ticket, shots: Sequence[Shot], actor: User, at: datetime, **given: Any) -> Ticket:
    """«Работа сделана» together with its photos: all of it or nothing."""
    with written([shot.picture for shot in shots]) as names:
        return _report(ticket=ticket, named=list(zip(shots, names, strict=True)), actor=actor, at=at, **given)


@write
def _report(*, ticket: Ticket, named: list[tuple[Shot, str]], actor: User, at: datetime, **given: Any) -> Ticket:
    for shot, name in named:
        _keep(ticket=ticket, shot=shot, name=name, actor=actor, at=at)
    return move_ticket(ticket=ticket, step="report_done", actor=actor, at=at, **given)


@write
def _keep(*, ticket: Ticket, shot: Shot, name: str, actor: User, at: datetime) -> TicketPhoto:
    held = Ticket.objects.select_for_update(no_key=True, of=("self",)).get(pk=ticket.pk)
    if known := sent_photo(actor=actor, key=shot.key):
        return known
    is_own = actor.role in COMPANY_ROLES and Ticket.objects.visible_to(actor).filter(pk=held.pk).exists()
    # A photo that was taken in time may arrive after «Работа сделана».
    if not is_own or held.status not in (*WITH_COMPANY, *REPORTED):
        raise TooLateForPhotos
    position = held.photos.count() + 1
    if position > MOST_PHOTOS:
        raise TooManyPhotos
    assert held.company_id is not None
    pressed_at = bounded(shot.pressed_at or at, ticket=held, at=at)
    photo = TicketPhoto.objects.create(
        ticket=held, position=position, company_id=held.company_id, uploaded_by=actor, stage=shot.stage, name=name,
        size=len(shot.picture.full), width=shot.picture.width, height=shot.picture.height,
        pressed_at=pressed_at, received_at=at, upload_key=shot.key,
    )  # fmt: skip
    TicketEvent.objects.create(
        ticket=held, step="photo", actor=actor, from_status=held.status, to_status=held.status,
        company_id=held.company_id, happened_at=at,
        details={"stage": shot.stage, "pressed_at": pressed_at.isoformat()},
    )  # fmt: skip
    alarms.tell_screens("tickets", held.number)
    return photo
