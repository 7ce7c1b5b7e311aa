"""The outages of the demonstration: announced, told about, with the calls of those whom they reached."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from accounts.models import User
from callbacks.models import Contact
from companies.models import Company, Locality, Service
from tickets.models import Category, Outage
from tickets.services import Address, register_ticket
from tickets.services.outage_houses import houses_of_lines, natural
from tickets.services.outage_work import accept_outage
from tickets.services.outages import Announcement, announce_outage, tell_news

MINUTE = timedelta(minutes=1)
TALK = timedelta(seconds=70)
PLACE = "г. Калуга"
Happens = Callable[[datetime, Callable[[datetime], object]], None]


@dataclass
class Incident:
    """One outage of the story: what the book says of it, and the outage itself once it is announced."""

    told: dict[str, Any]
    number: int
    until: datetime
    by: User
    intake_key: Callable[[int], UUID]
    outage: Outage | None = None

    def plan(self, happens: Happens) -> None:
        announced = self.until - self.told["ago"] * MINUTE
        happens(announced, self._announce)
        if accepted := self.told.get("accepted"):
            happens(announced + accepted * MINUTE, self._accept)
        for news in self.told.get("news", ()):
            happens(announced + news["after"] * MINUTE, partial(self._tell, news))
        for index, call in enumerate(self.told.get("call", ())):
            happens(announced + call["after"] * MINUTE, partial(self._take_call, index, call))

    def _announce(self, at: datetime) -> None:
        found = houses_of_lines(self.told["lines"], locality=Locality.objects.get(name=PLACE))
        starts_at = self.until + self.told["starts"] * MINUTE
        announcement = Announcement(
            kind=Outage.Kind(self.told["kind"]), services=Service.objects.filter(code=self.told["service"]),
            buildings=found.buildings, where=f"{PLACE}, {self.told['lines']}", starts_at=starts_at,
            ends_at=starts_at + self.told["lasts"] * MINUTE, text=self.told["text"], cause=self.told["cause"],
            company=Company.objects.get(name=self.told["company"]),
        )  # fmt: skip
        self.outage = announce_outage(announcement=announcement, by=self.by, at=at)

    def _accept(self, at: datetime) -> None:
        assert self.outage is not None
        accept_outage(outage=self.outage, said_by="дежурный, 8 (4842) 00-02-00", by=self.by, at=at)

    def _tell(self, news: dict[str, Any], at: datetime) -> None:
        assert self.outage is not None
        tell_news(outage=self.outage, text=news["text"], by=self.by, at=at, next_by=at + news["next"] * MINUTE)

    def _take_call(self, index: int, call: dict[str, Any], at: datetime) -> None:
        assert self.outage is not None
        houses = sorted(self.outage.buildings.all(), key=lambda house: natural(house.house))
        key = self.number * 100 + index
        contact = Contact(received_at=at - TALK, phone=f"+79000{key:06d}", caller_name=call["name"], taken_by=self.by)
        register_ticket(
            contact=contact, category=Category.objects.get(code=self.told["category"]), text=call["text"],
            operator=self.by, at=at, intake_key=self.intake_key(key), outage=self.outage, told_live=True,
            address=Address(building=houses[call["house"] % len(houses)], flat=str(call["flat"])),
            wants_news=call.get("wants_news", False),
        )  # fmt: skip
