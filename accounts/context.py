"""What every page knows of the centre: its number, the menu of this person, the server's clock. No queries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from .models import CENTRE_ROLES, COMPANY_ROLES, Role
from .phones import format_phone


@dataclass(frozen=True)
class Place:
    """A line of the side bar. ``key`` names its counter, ``hotkey`` the F-key that leads there."""

    key: str
    title: Any
    url_name: str
    icon: str
    roles: frozenset[str]
    hotkey: str = ""


@dataclass(frozen=True)
class MenuItem:
    key: str
    title: str
    url: str
    icon: str
    active: bool
    hotkey: str


DESK = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.HEAD})
TAKES_CALLS = frozenset({Role.OPERATOR, Role.SUPERVISOR})
# Addresses are names only: the applications above this one own the pages.
PLACES = (
    Place("queue", _("Обратные звонки"), "desk:queue", "phone-outgoing", DESK),
    Place("tickets", _("Заявки"), "desk:tickets", "clipboard-list", DESK, hotkey="F3"),
    Place("unfinished", _("Незавершённые"), "desk:unfinished", "message", TAKES_CALLS),
    Place("outages", _("Отключения"), "desk:outages", "plug-off", DESK),
    Place("alarms", _("Тревоги"), "desk:alarms", "bell", DESK),
    Place("portal", _("Заявки организации"), "portal:list", "clipboard-list", COMPANY_ROLES),
    Place("figures", _("Наши показатели"), "reports:own", "chart-bar", frozenset({Role.COMPANY})),
    Place("people", _("Сотрудники"), "portal:people", "users", frozenset({Role.COMPANY})),
    Place("notes", _("Пишут организации"), "desk:notes", "message", DESK),
    Place("programs", _("Программы"), "programs:overview", "key", frozenset({Role.COMPANY})),
    Place("reports", _("Отчёты"), "reports:overview", "chart-bar", CENTRE_ROLES - {Role.OPERATOR}),
    Place("shift", _("Смена"), "desk:shift", "users", CENTRE_ROLES),
    Place("roster", _("Дежурства"), "desk:roster", "calendar", CENTRE_ROLES - {Role.OPERATOR}),
    Place("houses", _("Дома не из реестра"), "desk:unknown_houses", "map-pin", CENTRE_ROLES - {Role.OPERATOR}),
    Place("phones", _("Кто видел телефоны"), "desk:phones", "eye", CENTRE_ROLES - {Role.OPERATOR}),
    Place("watch", _("Надёжность"), "desk:watch", "checkup-list", CENTRE_ROLES - {Role.OPERATOR}),
    Place("admin", _("Справочники"), "admin:index", "database", CENTRE_ROLES - {Role.OPERATOR}),
)


class Centre:
    """Read lazily by base.html; parts refreshed by htmx pay nothing for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def phone(self) -> str:
        return format_phone(settings.CENTRE_PHONE)

    @property
    def short_phone(self) -> str:
        """56-56-02: what stands on the wall."""
        return self.phone.rpartition(") ")[2]

    @property
    def demo(self) -> bool:
        return bool(settings.DEMO)

    @cached_property
    def server_time(self) -> datetime:
        return timezone.now()

    @cached_property
    def menu(self) -> list[MenuItem]:
        return list(self._menu())

    def _menu(self) -> Iterator[MenuItem]:
        role = getattr(self.request.user, "role", None)
        for place in PLACES:
            if role not in place.roles:
                continue
            try:
                url = reverse(place.url_name)
            except NoReverseMatch:
                continue  # a face that is not installed here has no line in the menu
            active = self.request.path == url
            # On its own page the key belongs to a field of it.
            yield MenuItem(place.key, str(place.title), url, place.icon, active, "" if active else place.hotkey)


def centre(request: HttpRequest) -> dict[str, Centre]:
    return {"centre": Centre(request)}
