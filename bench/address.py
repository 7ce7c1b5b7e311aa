"""Finding houses as operators type them: real houses of a real city, each typed in five ways, beside the demo's."""

import csv
import gzip
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dispatch_center.local.plan import CHECKOUT
from dispatch_center.local.stack import LocalStack

from .load import Load
from .stage import PRODUCTION, PUBLIC_HOST

if TYPE_CHECKING:
    from django.test import Client

# BENCH_HOUSES names the file where it lies elsewhere; BENCH_MISSES=20 prints so many of what was not found first.
HOUSES = Path(os.environ.get("BENCH_HOUSES", CHECKOUT.parent / "shared/data/houses-vladivostok/vladivostok.csv.gz"))
MISSES_SHOWN = int(os.environ.get("BENCH_MISSES", "0"))
DRAWN, SEED = 500, 20131021
CITY = "г. Владивосток"
FIRST, TOP = 1, 5

STREET_KINDS = {"ул": "ул.", "пр-кт": "пр-кт", "Проспект": "пр-кт", "пер": "пер.", "тер": "тер.", "п": "п."}
KEYBOARD = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
TO_LATIN = str.maketrans("йцукенгшщзхъфывапролджэячсмитьбюё.,/", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`/?|")


@dataclass(frozen=True)
class House:
    """An address as the register has it: «п. Трудовое», «ул. Лермонтова», «5а, к. 2»."""

    locality: str
    street: str
    house: str

    @property
    def kind(self) -> str:
        return self.street.split()[0]

    @property
    def name(self) -> str:
        return " ".join(self.street.split()[1:]).lower().replace("ё", "е")

    @property
    def words(self) -> list[str]:
        """Of the name alone, its numbers as they stand."""
        return self.name.split()

    @property
    def plain(self) -> str:
        """The number as a clerk would write it: 5ак2, 17/27, 15 стр 3."""
        text = re.sub(r"[\"'._№\s,]|\(.*?\)", "", self.house.lower().replace("ё", "е")).replace("\\", "/")
        text = re.sub(r"(?:к|стр|лит|-)(?=[а-я]$)", "", text)
        return re.sub(r"(стр|лит)", r" \1 ", text)


# ── The register ─────────────────────────────────────────────────────────────────────────────────────────────────
def read_houses(path: Path) -> list[House]:
    """Each house once. What the file writes twice in two spellings is one house; what is no address is left out."""
    seen: dict[tuple[str, ...], House] = {}
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            house = _house(row["ADDRESS"])
            if house:
                # «4, к. А», «4-а» and «4 а» are one; 4к1 and 4/1 are not.
                seen.setdefault((house.locality, house.kind, house.name, house.plain), house)
    return list(seen.values())


def _house(address: str) -> House | None:
    """«край. Приморский, г. Владивосток, п. Трудовое, ул. Энгельса, д. 3»"""
    parts = [" ".join(part.split()) for part in address.split(",")][2:]
    at = next((at for at, part in enumerate(parts) if part.startswith("д.")), None)
    number = ", ".join(part for part in parts[at:] if part).removeprefix("д.").strip() if at else ""
    # A floor of a hostel and remarks of the inventory are no numbers of houses.
    if not at or not re.search(r"\d", number) or re.search(r"общ|инв|дубль", number):
        return None
    kind, _dot, name = parts[at - 1].partition(". ")
    if kind not in STREET_KINDS:
        return None
    return House(parts[at - 2] if at > 1 else CITY, f"{STREET_KINDS[kind]} {name}", number[:20])


# ── Typing ───────────────────────────────────────────────────────────────────────────────────────────────────────
class Typist:
    """Types an address as people do. He says the settlement or the kind of street where it takes that to be understood:
    he sees a list of equal names as well as anybody, and types on."""

    def __init__(self, register: list[House], chance: random.Random) -> None:
        self.chance = chance
        self.towns = Counter((house.name, house.plain) for house in register)
        self.kinds = Counter((house.locality, house.name, house.plain) for house in register)
        self.begun: Counter[tuple[str, ...]] = Counter()
        for house in register:
            for length in range(3, 12):
                self.begun[(*self._beginnings(house, length), house.plain)] += 1

    def typed(self, house: House, way: Callable[["Typist", House], str]) -> str:
        return " ".join(way(self, house).split())

    # Five ways ───────────────────────────────────────────────────────────────────────────────────────────────────
    def with_a_typo(self, house: House) -> str:
        words = house.words
        at = max(range(len(words)), key=lambda at: len(words[at]))
        words[at] = self._slip(words[at])
        return f"{self._town(house)} {self._kind(house, 0.3)} {' '.join(words)} {house.plain} {self._flat(0.3)}"

    def by_beginnings(self, house: House) -> str:
        """As few letters as tell it from the others, three at least."""
        length = self.chance.choice((3, 3, 4))
        while length < 11 and self.begun[(*self._beginnings(house, length), house.plain)] > 1:
            length += 1
        words = self._beginnings(house, length)
        return f"{self._town(house)} {self._kind(house)} {' '.join(words)} {house.plain} {self._flat(0.3)}"

    def house_first(self, house: House) -> str:
        kind, town = self._kind(house, 0.5), self._town(house)
        flat = self._flat(0.3, said=True)
        name = f"{house.name} {kind}" if self.chance.random() < 0.3 else f"{kind} {house.name}"
        return f"{house.plain} {flat} {name} {town}" if self.chance.random() < 0.5 else (
            f"{town} {house.plain} {name} {flat}"
        )  # fmt: skip

    def in_the_wrong_layout(self, house: House) -> str:
        text = f"{self._town(house)} {self._kind(house, 0.3)} {house.name} {house.plain} {self._flat(0.3)}"
        return text.translate(TO_LATIN)

    def spelled_otherwise(self, house: House) -> str:
        """No kind of street, ё and е mixed up, the corpus and the letter spelled out, a flat."""
        name = house.name
        places = [at for at, letter in enumerate(name) if letter == "е"]
        if places:
            at = self.chance.choice(places)
            name = f"{name[:at]}ё{name[at + 1 :]}"
        number = house.plain
        number = re.sub(r"к(?=\d)", lambda _: self.chance.choice((" корп ", " к ", " корпус ", "к")), number)
        number = re.sub(
            r"(?<=\d)([а-я])$", lambda found: self.chance.choice((r" {}", "{}", "-{}")).format(found[1]), number
        )
        number = number.upper() if self.chance.random() < 0.3 else number
        return f"{name.title()} {self._kind(house)} {number} {self._flat(1.0)} {self._town(house)}"

    WAYS = (with_a_typo, by_beginnings, house_first, in_the_wrong_layout, spelled_otherwise)

    # Parts ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _town(self, house: House) -> str:
        here = self.kinds[house.locality, house.name, house.plain]
        is_one_of_many = self.towns[house.name, house.plain] > here
        said = is_one_of_many or (house.locality != CITY and self.chance.random() < 0.3)
        return house.locality.split(". ", 1)[1].lower() if said else ""

    def _kind(self, house: House, chance: float = 0.0) -> str:
        is_one_of_two = self.kinds[house.locality, house.name, house.plain] > 1
        if not is_one_of_two and self.chance.random() >= chance:
            return ""
        return self.chance.choice({
            "ул.": ("ул", "ул.", "улица"), "пр-кт": ("пр-кт", "проспект", "пр", "пр-т"), "пер.": ("пер", "переулок"),
            "тер.": ("тер",), "п.": ("п", "пос"),
        }[house.kind])  # fmt: skip

    def _flat(self, chance: float, *, said: bool = False) -> str:
        if self.chance.random() >= chance:
            return ""
        flat = self.chance.randint(1, 180)
        # A bare number behind a bare number is a flat; before the street it takes the word.
        return self.chance.choice((f"кв {flat}", f"кв. {flat}") if said else (f"кв {flat}", f"{flat}", f"кв.{flat}"))

    def _beginnings(self, house: House, length: int) -> list[str]:
        return [word if word[0].isdigit() else word[:length] for word in house.words]

    def _slip(self, word: str) -> str:
        """One letter: a neighbouring key, left out, doubled, or swapped with the next."""
        at = self.chance.randrange(len(word))
        match self.chance.choice(("beside", "lost", "doubled", "swapped")):
            case "lost":
                return word[:at] + word[at + 1 :]
            case "doubled":
                return word[:at] + word[at] + word[at:]
            case "swapped" if at + 1 < len(word):
                return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            case _:
                return word[:at] + self._beside(word[at]) + word[at + 1 :]

    def _beside(self, letter: str) -> str:
        row = next((row for row in KEYBOARD if letter in row), "")
        at = row.find(letter)
        return self.chance.choice([near for near in (row[at - 1 : at], row[at + 1 : at + 2]) if near] or [letter])


# ── The measure ──────────────────────────────────────────────────────────────────────────────────────────────────
class Addresses:
    def __init__(self, stack: LocalStack) -> None:
        if not HOUSES.exists():
            raise LookupError(f"{HOUSES} is not here (BENCH_HOUSES names another place); address_search is left out.")
        os.environ |= stack.environment() | PRODUCTION | {"DJANGO_SETTINGS_MODULE": "dispatch_center.settings"}
        import django

        django.setup()
        self.register = read_houses(HOUSES)
        self.numbers = self._load()

    def _everything(self) -> list[House]:
        """The demonstration's houses as well: they are in the same register."""
        from companies.models import Building

        return [House(*row) for row in Building.objects.values_list("locality__name", "street", "house")]

    def _load(self) -> dict[House, int]:
        from companies.models import Building, Locality, search_text_of

        towns = {name: Locality.objects.create(name=name) for name in {house.locality for house in self.register}}
        made = Building.objects.bulk_create(
            Building(
                locality=towns[house.locality], street=house.street, house=house.house,
                search_text=search_text_of(house.locality, house.street, house.house),
            )
            for house in self.register
        )  # fmt: skip
        return {house: building.pk for house, building in zip(self.register, made, strict=True)}

    def search(self) -> dict[str, object]:
        """Each typed address goes through the page's own view, database and template included."""
        client = self._operator()
        chance = random.Random(SEED)
        typist = Typist(self._everything(), chance)
        ranks: dict[str, list[int]] = {way.__name__: [] for way in Typist.WAYS}
        load, missed = Load(0), []
        self._places(client, "кирова 1")
        for house in chance.sample(self.register, DRAWN):
            for way in Typist.WAYS:
                text = typist.typed(house, way)
                begun = time.perf_counter()
                shown = self._places(client, text)
                load.lengths.append(time.perf_counter() - begun)
                rank = shown.index(self.numbers[house]) + 1 if self.numbers[house] in shown else 0
                ranks[way.__name__].append(rank)
                if rank != FIRST:
                    missed.append((way.__name__, text, house, rank))
        for name, text, house, rank in chance.sample(missed, min(MISSES_SHOWN, len(missed))):
            print(f"{name:20} {rank or '-':>2}  {text}  →  {house}", file=sys.stderr)
        every = [rank for of_way in ranks.values() for rank in of_way]
        return {
            "name": "address_search", "first_pct": _percent(every, FIRST), "top5_pct": _percent(every, TOP),
            "p95_ms": round(load.percentile_ms(0.95), 1), "p50_ms": round(load.percentile_ms(0.5), 1),
            "typed": len(every), "houses": len(self.register),
            "first_pct_by_way": {name: _percent(of_way, FIRST) for name, of_way in ranks.items()},
        }  # fmt: skip

    def _operator(self) -> "Client":
        from django.test import Client

        from accounts.models import User

        client = Client(headers={"x-forwarded-proto": "https", "host": PUBLIC_HOST})
        client.force_login(User.objects.get(username="operator"), backend="accounts.backends.PasswordBackend")
        return client

    @staticmethod
    def _places(client: "Client", text: str) -> list[int]:
        answer = client.post("/desk/new/buildings/", {"address": text}, secure=True)
        assert answer.status_code == 200, answer.status_code
        # What the register does not know stands in its place, too, and counts as a wrong answer.
        return [int(pk or 0) for pk in re.findall(r'data-value="(\d*)"', answer.content.decode())]


def _percent(ranks: list[int], within: int) -> float:
    return round(100 * sum(1 <= rank <= within for rank in ranks) / len(ranks), 1)
