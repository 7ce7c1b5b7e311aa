"""The file of a photo, for whoever may see its ticket. There is no public address of it."""

from django.http import Http404, HttpResponse

from accounts.models import User
from tickets.models import Ticket, TicketPhoto
from tickets.services.photo_files import path_of


def photo_answer(ticket: Ticket, user: User, name: str, *, is_small: bool) -> HttpResponse:
    """Raises Http404: the photo of another ticket looks like one that does not exist."""
    photo = TicketPhoto.objects.visible_to(user).filter(ticket=ticket, name=name).first()
    if photo is None:
        raise Http404
    try:
        content = path_of(photo.name, is_small=is_small).read_bytes()
    except FileNotFoundError:
        raise Http404 from None
    answer = HttpResponse(content, content_type="image/jpeg")
    answer["Content-Disposition"] = f'inline; filename="{ticket.number}-{photo.position}.jpg"'
    # Nothing of it stays in a telephone that is passed on; and a picture is never anything but a picture.
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
