"""What is printed: the work order for the crew, the journal page of a ticket, the map of keys."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, roles_required
from accounts.models import CENTRE_ROLES
from callbacks.models import Deadline
from tickets.models import Ticket

from .card import NORM_CLOCKS, read_file

# Where each key does what: beside its button every page says the same; this is for paper.
KEYS = (
    (_("Везде"), (
        ("F1, ?", _("все клавиши этой страницы")),
        ("F2", _("новый звонок")),
        ("F3", _("поиск")),
        ("F4", _("следующий звонок")),
        ("Pause", _("выйти на линию, уйти с линии")),
        ("Enter", _("дальше")),
        ("Shift+Tab", _("назад по полям")),
        ("Esc", _("закрыть или назад; текст не пропадёт")),
    )),
    (_("Новый звонок"), (
        ("F6", _("звонит знакомый: взять имя и адрес")),
        ("F7", _("ответ дан сразу")),
        ("F8", _("присоединить к отключению или добавить к заявке")),
        ("F9", _("зарегистрировать")),
        ("F10", _("ошиблись номером")),
        ("1–5", _("где ещё: только здесь, стояк, подъезд, дом, улица")),
    )),
    (_("Обратный звонок"), (
        ("F8", _("звоню")),
        ("F9", _("записать разговор")),
        ("1", _("поговорили; контрольный звонок: подтвердил")),
        ("0", _("контрольный звонок: не сделано")),
        ("2", _("не отвечает")),
        ("3", _("занято")),
        ("4", _("не тот номер")),
        ("5", _("сбой связи")),
        ("6", _("просит позже")),
        ("7", _("ответил не он")),
    )),
    (_("Другие страницы"), (
        ("F6", _("заявка: ещё одна по тому же обращению, другой организации")),
        ("F8", _("заявка: присоединить к отключению")),
        ("F9", _("записать, исправить, передать, объявить, напечатать")),
        ("PageUp", _("список: предыдущая страница")),
        ("PageDown", _("список: следующая страница")),
    )),
)  # fmt: skip


@roles_required(*CENTRE_ROLES)
@require_safe
def order(request: PersonRequest, number: str) -> HttpResponse:
    """«Наряд-заказ»: what the crew needs, and room for what it did. The phone only where the caller gives it."""
    ticket = _find(request, number)
    clocks = Deadline.objects.filter(ticket_deadline__ticket=ticket, clock__in=NORM_CLOCKS).order_by("due_at", "pk")
    return render(
        request,
        "desk/order.html",
        {"ticket": ticket, "clocks": list(clocks), "photos": list(ticket.photos.in_order()), "at": clock.now()},
    )


@roles_required(*CENTRE_ROLES)
@require_safe
def journal(request: PersonRequest, number: str) -> HttpResponse:
    """The ticket as a page of the log: every field that the log must hold, and its history."""
    ticket = _find(request, number)
    at = clock.now()
    context = {"ticket": ticket, "file": read_file(ticket, at=at), "photos": list(ticket.photos.in_order()), "at": at}
    return render(request, "desk/journal.html", context)


@roles_required(*CENTRE_ROLES)
@require_safe
def keys(request: PersonRequest) -> HttpResponse:
    return render(request, "desk/keys.html", {"groups": KEYS})


def _find(request: PersonRequest, number: str) -> Ticket:
    return get_object_or_404(Ticket.objects.visible_to(request.user).with_card_details(), number=number)
