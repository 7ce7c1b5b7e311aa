"""«Дома не из реестра»: addresses that were taken as they were said, to be written into the register."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import Role
from accounts.writes import Refused
from companies.models import Locality
from tickets.forms.unknown_houses import HouseForm, proposed, titled
from tickets.services.unknown_houses import UnknownHouse, add_house, unknown_houses

READERS = (Role.SUPERVISOR, Role.HEAD, Role.ADMIN)
KEEPS_REGISTER = frozenset({Role.SUPERVISOR, Role.ADMIN})
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Row:
    told: UnknownHouse
    form: HouseForm


@sensitive_post_parameters()
@roles_required(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: PersonRequest) -> HttpResponse:
    """The list; a sent form writes one house down."""
    may_add = request.user.role in KEEPS_REGISTER
    localities = list(Locality.objects.select_related("district"))
    sent = None
    if request.method == "POST":
        if not may_add:
            raise Http404
        sent = HouseForm(request.POST, localities=localities, auto_id="sent-%s")
        if sent.is_valid() and _add(request, sent):
            return redirect("desk:unknown_houses")
    found = unknown_houses(at=clock.now(), limit=SHOWN + 1)
    context = {
        "rows": [_row(number, told, sent, localities) for number, told in enumerate(found[:SHOWN])],
        "has_more": len(found) > SHOWN,
        "localities": [titled(one) for one in localities],
        "may_add": may_add,
    }
    return render(request, "desk/unknown_houses.html", context)


def _row(number: int, told: UnknownHouse, sent: HouseForm | None, localities: list[Locality]) -> Row:
    """What was sent and refused keeps what was typed into it."""
    address = (told.locality, told.street, told.house)
    if sent and tuple(sent[f"told_{name}"].value() for name in ("locality", "street", "house")) == address:
        return Row(told, sent)
    initial = proposed(told, localities=localities)
    return Row(told, HouseForm(initial=initial, localities=localities, auto_id=f"house-{number}-%s"))


def _add(request: PersonRequest, form: HouseForm) -> bool:
    said = form.cleaned_data
    try:
        building, tied = add_house(
            locality=said["locality"], street=said["street"], house=said["house"], told=form.told
        )
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return False
    told = _("%(house)s есть в реестре, заявок с этого адреса: %(count)s. Кто за дом отвечает, укажите в справочниках.")
    messages.success(request, told % {"house": building, "count": tied})
    return True
