"""Bringing in a register and an old log: the commands as somebody would give them, and the memory they took."""

import csv
import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from dispatch_center.local.plan import CHECKOUT
from dispatch_center.local.stack import LocalStack

from .command import Taken, measured
from .stage import PRODUCTION
from .words import COMPANIES, DETAILS, STREETS, SURNAMES

VLADIVOSTOK = CHECKOUT.parent / "shared/data/houses-vladivostok/vladivostok.csv.gz"
HOUSES, TICKETS = 50_000, 100_000
TOWNS = 40
SEED = 1
REGISTER_GOAL, LARGE_GOAL = 20, 180
MEGABYTES_GOAL = 500
CATEGORIES = ("W03", "S03", "E02", "E03", "L02", "R01", "P02", "Y05", "Неведомая", "Нет света")


class Imports:
    """Each measure counts the rows before and after; the commands run in processes of their own."""

    def __init__(self, stack: LocalStack) -> None:
        self.env = os.environ | stack.environment() | PRODUCTION
        os.environ |= stack.environment() | PRODUCTION | {"DJANGO_SETTINGS_MODULE": "dispatch_center.settings"}
        import django

        django.setup()
        self.folder = stack.var
        self.brought = False

    # ── Measures ─────────────────────────────────────────────────────────────────────────────────────────────────
    def vladivostok(self) -> dict[str, object]:
        row = self._register("import_register_vladivostok", houses_of_vladivostok())
        self.brought = True
        return row | {"goal_seconds": REGISTER_GOAL}

    def again(self) -> dict[str, object]:
        if not self.brought:
            self._register("", houses_of_vladivostok())
        return self._register("import_register_again", houses_of_vladivostok())

    def large(self) -> dict[str, object]:
        path = self.folder / "houses.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            _write_houses(file)
        row = self._register("import_register_50k", path)
        return row | {"goal_seconds": LARGE_GOAL, "goal_mb": MEGABYTES_GOAL}

    def tickets(self) -> dict[str, object]:
        from tickets.models import Ticket

        path = self.folder / "log.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            _write_log(file)
        before = Ticket.objects.count()
        taken = self._run("import_tickets", str(path), "--tz", "Asia/Vladivostok")
        return {
            "name": "import_tickets_100k", "seconds": taken.seconds, "cpu_seconds": taken.cpu_seconds,
            "tickets": Ticket.objects.count() - before, "peak_mb": taken.peak_mb, "goal_seconds": LARGE_GOAL,
            "load": _load(),
        }  # fmt: skip

    def _register(self, name: str, path: Path) -> dict[str, object]:
        from companies.models import Building, Company, Responsibility

        counted: tuple[Any, ...] = (Building, Company, Responsibility)
        before = [model.objects.count() for model in counted]
        taken = self._run("import_register", str(path))
        new = [model.objects.count() - count for model, count in zip(counted, before, strict=True)]
        return {
            "name": name, "seconds": taken.seconds, "cpu_seconds": taken.cpu_seconds, "buildings": new[0],
            "companies": new[1], "created": sum(new), "peak_mb": taken.peak_mb, "load": _load(),
        }  # fmt: skip

    def _run(self, *words: str) -> Taken:
        return measured(*words, env=self.env, log=self.folder / "import.log")


def houses_of_vladivostok() -> Path:
    """Raises LookupError where they are not beside this checkout."""
    path = Path(os.environ.get("BENCH_HOUSES") or VLADIVOSTOK)
    if not path.exists():
        raise LookupError(f"the houses of Vladivostok are not at {path}: no import_register_vladivostok nor again")
    return path


def _load() -> float:
    """Of the machine in the last minute: a figure taken while others work says less."""
    return round(os.getloadavg()[0], 1)


# ── Files that nobody wrote ──────────────────────────────────────────────────────────────────────────────────────
def _write_houses(file: TextIO) -> None:
    """Fifty thousand houses in forty towns, their companies in several spellings each."""
    chance = random.Random(SEED)
    out = csv.writer(file)
    out.writerow(
        "HOUSE_ID ADDRESS LAT LON YEAR MGMT_COMPANY SERVICEDATE_START LEVELS_MAX DOORS ROOM_COUNT_LIVE".split()
    )
    for number, address in zip(range(HOUSES), _addresses(), strict=False):
        company = chance.choice(COMPANIES)
        spelled = chance.choice(
            [company, company.upper(), company.replace("«", '"').replace("»", '"'), f" {company}  "]
        )
        out.writerow([
            900_000_000 + number, address, f"54.{number:06d}", f"36.{number:06d}", chance.randint(1950, 2020), spelled,
            f"{chance.randint(1, 28):02d}.{chance.randint(1, 12):02d}.{chance.randint(2008, 2024)}",
            chance.randint(1, 16), chance.randint(1, 8), chance.randint(8, 300),
        ])  # fmt: skip


def _addresses() -> Iterator[str]:
    for house in range(1, 1_000):
        for town in range(1, TOWNS + 1):
            for street in STREETS:
                letter = "" if house % 5 else ", к. 1"
                yield f"обл. Калужская, г. Городок-{town}, {street}, д. {house}{letter}"


def _write_log(file: TextIO) -> None:
    """A hundred thousand tickets of two years: a fiftieth still open, a thousandth with a slip in their times."""
    chance = random.Random(SEED)
    out = csv.writer(file, delimiter=";")
    out.writerow("Номер Открыта Срок Закрыта Категория Адрес Исполнитель Телефон Канал Текст Заявитель".split())
    first = datetime(2024, 1, 1, 8)  # noqa: DTZ001  (its zone is the option's)
    for number in range(TICKETS):
        opened = first + timedelta(minutes=number * 10 + chance.randint(0, 9))
        closed = opened + timedelta(hours=chance.randint(1, 200)) * (-1 if number % 1_000 == 7 else 1)
        place = f"{chance.choice(STREETS)}, д. {chance.randint(1, 40)}, кв. {chance.randint(1, 120)}"
        local = f"{number:07d}"
        out.writerow([
            f"Ж-{number}", f"{opened:%d.%m.%Y %H:%M}", f"{opened + timedelta(days=3):%d.%m.%Y %H:%M}",
            "" if number % 50 == 3 else f"{closed:%d.%m.%Y %H:%M}", chance.choice(CATEGORIES),
            f"г. Городок-{chance.randint(1, TOWNS)}, {place}", chance.choice(COMPANIES),
            f"8 (910) {local[:3]}-{local[3:5]}-{local[5:]}",
            chance.choice(("телефон", "сайт", "голубиная почта")), chance.choice(DETAILS), chance.choice(SURNAMES),
        ])  # fmt: skip
