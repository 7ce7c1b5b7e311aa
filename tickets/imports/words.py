"""What the words of an old log mean here: categories, organisations, channels, houses. Each is asked once and kept."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from accounts.writes import Refused
from callbacks.models import Contact
from companies.imports.names import company_name
from companies.imports.places import Place, UnclearAddress, house_key, locality_key, read_place, street_key, tidy_place
from companies.models import Building, Company
from companies.words import fold
from tickets.models import Category
from tickets.replay.requests import TABLE

Channel = Contact.Channel
NO_HOUSE = "б/н"
CHANNELS: dict[str, str] = {
    word: channel
    for channel, words in {
        Channel.PHONE: "телефон звонок phone call тел",
        Channel.MESSAGE: (
            "сообщение сайт портал web email e-mail почта письмо приложение мессенджер message интернет чат"
        ),
        Channel.VISIT: "приём прием лично личный visit визит",
        Channel.API: "api интеграция гис еирц система",
    }.items()
    for word in words.split()
}
# A status that says that the work is over, where no moment does.
CLOSED = frozenset(
    fold(word)
    for word in (
        "закрыта закрыто закрыт выполнена выполнено выполнен исполнена исполнено решена решено завершена завершено "
        "отменена отменено отклонена снята closed done resolved cancelled"
    ).split()
)
MEANINGS = ("categories", "channels", "companies", "closed_statuses")


class BadWords(Refused):
    """Meanings that lead nowhere: a category or an organisation that there is not."""

    code = "bad_words"


@dataclass(frozen=True, slots=True)
class Where:
    """Where the trouble is. ``remark`` where the address was not understood; the words themselves are kept then."""

    building: int | None
    locality: str
    street: str
    house: str
    flat: str = ""
    entrance: str = ""
    floor: str = ""
    remark: str = ""


@dataclass
class Words:
    """``given``: what somebody said that words mean, by kind (see ``MEANINGS``). Counts what was not understood."""

    given: Mapping[str, object]
    locality: str = ""
    categories: dict[str, Category] = field(default_factory=dict)
    companies: dict[str, int] = field(default_factory=dict)
    houses: dict[tuple[str, str], list[Where]] = field(default_factory=lambda: defaultdict(list))
    unknown: dict[str, "Counter[str]"] = field(default_factory=lambda: defaultdict(Counter))
    _places: dict[tuple[str, ...], Where] = field(default_factory=dict)

    @classmethod
    def load(cls, given: Mapping[str, object], *, locality: str = "") -> "Words":
        """Raises BadWords."""
        if unknown := sorted(set(given) - set(MEANINGS)):
            raise BadWords(_("Значения бывают для %(known)s, а не для %(given)s.") % {
                "known": ", ".join(MEANINGS), "given": ", ".join(unknown),
            })  # fmt: skip
        words = cls(given, locality)
        words._load_categories()
        for pk, name, original in Company.objects.values_list("pk", "name", "original_name"):
            for spelling in (original, name):
                if known := company_name(spelling):
                    words.companies[known.key] = pk
        for theirs, ours in words._meant("companies").items():
            known = company_name(ours)
            if known is None or known.key not in words.companies:
                raise BadWords(_("В реестре нет организации «%s».") % ours)
            words.companies[_company_key(theirs)] = words.companies[known.key]
        rows = Building.objects.values_list("pk", "locality__name", "street", "house")
        for pk, town, street, house in rows.iterator(5_000):
            words.houses[street_key(street), house_key(house)].append(Where(pk, town, street, house))
        return words

    def _load_categories(self) -> None:
        table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
        ours = {category.code: category for category in Category.objects.all()}
        if not ours:
            raise BadWords(_("Нет категорий: сначала выполните manage.py load_norms."))
        self.fallback = ours.get(table["fallback"]) or next(iter(ours.values()))
        for code, category in ours.items():
            self.categories |= {fold(code): category, fold(category.problem): category, fold(str(category)): category}
        for code, theirs in table["ours"].items():
            if code in ours:
                self.categories |= {fold(word): ours[code] for word in theirs}
        for word, code in self._meant("categories").items():
            if code not in ours:
                raise BadWords(_("Нет категории с кодом «%s».") % code)
            self.categories[fold(word)] = ours[code]
        for channel in self._meant("channels").values():
            if channel not in Channel.values:
                raise BadWords(_("Нет канала «%(channel)s», есть %(known)s.") % {
                    "channel": channel, "known": ", ".join(Channel.values),
                })  # fmt: skip

    def _meant(self, kind: str) -> dict[str, str]:
        found = self.given.get(kind, {})
        if not isinstance(found, dict):
            raise BadWords(_("Значения «%s» нужны в виде {«как в файле»: «как у нас»}.") % kind)
        return {str(theirs): str(ours) for theirs, ours in found.items()}

    # ── One word each ────────────────────────────────────────────────────────────────────────────────────────────
    def category(self, text: str) -> tuple[Category, bool]:
        """Ours, and whether it was known."""
        found = self.categories.get(fold(text))
        if found is None and text:
            self.unknown["category"][text] += 1
        return found or self.fallback, found is not None or not text

    def company(self, text: str) -> int | None:
        found = self.companies.get(_company_key(text)) if text else None
        if found is None and text:
            self.unknown["company"][text] += 1
        return found

    def channel(self, text: str) -> tuple[str, bool]:
        meant = {fold(theirs): ours for theirs, ours in self._meant("channels").items()}
        found = meant.get(fold(text)) or next((CHANNELS[word] for word in fold(text).split() if word in CHANNELS), None)
        if found is None and text:
            self.unknown["channel"][text] += 1
        return found or Channel.PHONE, found is not None or not text

    def says_closed(self, status: str) -> bool:
        given = self.given.get("closed_statuses", [])
        return fold(status) in CLOSED or (isinstance(given, list) and status in {str(word) for word in given})

    def where(self, *, address: str, locality: str = "", street: str = "", house: str = "", flat: str = "") -> Where:
        key = (address, locality, street, house, flat)
        if key not in self._places:
            if len(self._places) > 100_000:
                self._places.clear()
            self._places[key] = self._where(*key)
        found = self._places[key]
        if found.remark:
            self.unknown["address"][address or f"{street}, {house}"] += 1
        return found

    def _where(self, address: str, locality: str, street: str, house: str, flat: str) -> Where:
        try:
            if street and house:
                place = tidy_place(locality=locality or self.locality or "—", street=street, house=house)
                place = replace(place, locality=place.locality.replace("—", ""))
            else:
                place = read_place(address, locality=locality or self.locality, needs_locality=False)
        except UnclearAddress:
            said = address or ", ".join(part for part in (street, house) if part)
            return Where(
                None, (locality or self.locality)[:120], said[:150] or NO_HOUSE, NO_HOUSE, flat[:12],
                remark=_("Адрес не разобран и записан словами: «%s».") % said[:200],
            )  # fmt: skip
        building = self._building(place)
        flat = (flat or place.flat)[:12]
        found = building or Where(None, place.locality, place.street, place.house)
        return replace(found, flat=flat, entrance=place.entrance, floor=place.floor)

    def _building(self, place: Place) -> Where | None:
        """The one house that is meant; none where two towns have such a house and the log does not say which."""
        there = self.houses.get((place.street_key, house_key(place.house)), [])
        if place.locality:
            there = [one for one in there if locality_key(one.locality) == locality_key(place.locality)]
        return there[0] if len(there) == 1 else None


def _company_key(text: str) -> str:
    known = company_name(text)
    return known.key if known else fold(text)
