"""One piece of a register: what is new, what changes, who manages since when. Written in sets, or only counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from companies.models import Building, Company, District, Locality, Responsibility, search_text_of
from companies.words import fold

from .houses import FACTS, House
from .known import Known, Term, district_is_of_town, management
from .places import house_key
from .report import Report
from .tables import Line

# Rows that are only planned get numbers that no row has.
_never = count(-1, -1)
CHANGED = [*FACTS, "register_code", "locality", "district", "street", "house", "search_text"]


@dataclass(slots=True)
class _Taken:
    house: House
    line: Line
    locality: int
    building: Building
    is_new: bool = False
    # Somebody of the same file has said before what this house is like.
    is_repeat: bool = False
    company: int | None = None


class Piece:
    """``touched``: houses that an earlier row of the file has spoken of. Nothing is told before it is written."""

    def __init__(self, known: Known, touched: set[int], *, today: date, is_dry: bool) -> None:
        self.known, self.touched, self.today, self.is_dry = known, touched, today, is_dry
        self.counts: Counter[str] = Counter()
        self.told: list[tuple[str, str, object, object]] = []
        self.remarks: list[tuple[House, Line, str]] = []
        self.errors: list[tuple[House, Line, str]] = []
        self.spelled: list[tuple[str, str]] = []
        self._seen_now: set[int] = set()

    def take(self, rows: Sequence[tuple[House, Line]]) -> None:
        self._towns(rows)
        self._companies(rows)
        taken = self._houses(rows)
        self._terms(taken)
        for house, line in rows:
            self.remarks += [(house, line, note) for note in house.notes]

    def tell(self, report: Report) -> None:
        """It is written: say so."""
        self.touched |= self._seen_now
        report.counts.update(self.counts)
        for where, what, was, becomes in self.told:
            report.differ(where, what, was, becomes)
        for house, line, reason in self.errors:
            report.error(house.row, line.cells, reason)
        for house, line, reason in self.remarks:
            report.remark(house.row, line.cells, reason)
        for name, typed in self.spelled:
            report.spelled(name, typed)

    # ── Districts, towns, companies ──────────────────────────────────────────────────────────────────────────────
    def _towns(self, rows: Iterable[tuple[House, Line]]) -> None:
        places = [house.place for house, _line in rows]
        named = {fold(place.district): place.district for place in places if place.district}
        new = [District(name=name) for key, name in named.items() if key not in self.known.districts]
        for district in self._create(District, new):
            self.known.districts[fold(district.name)] = district.pk
        self.counts["districts_created"] += len(new)
        wanted: dict[tuple[str, str], Locality] = {}
        for place in places:
            district = "" if district_is_of_town(place.locality) else place.district
            if self.known.locality(place.locality, district) is None:
                wanted.setdefault(
                    (fold(place.locality), fold(district)),
                    Locality(name=place.locality, district_id=self.known.districts.get(fold(district))),
                )
        for (_name, district), locality in zip(wanted, self._create(Locality, list(wanted.values())), strict=True):
            self.known.add_locality(locality.pk, locality.name, district)
            self.told.append((locality.name, _("населённый пункт"), None, _("новый")))
        self.counts["localities_created"] += len(wanted)

    def _companies(self, rows: Iterable[tuple[House, Line]]) -> None:
        new: dict[str, tuple[Company, str]] = {}
        for house, _line in rows:
            if house.company is None:
                continue
            known = self._company(house)
            if known is not None:
                self.known.companies.setdefault(house.company.key, known)
            elif house.company.key not in new:
                kind = Company.Kind.HOMEOWNERS if house.company.is_homeowners else Company.Kind.MANAGEMENT
                company = Company(
                    name=house.company.name, original_name=house.typed, kind=kind, **house.numbers
                )  # fmt: skip
                new[house.company.key] = (company, house.typed)
        created = self._create(Company, [company for company, _typed in new.values()])
        for company in created:
            self.known.add_company(company.pk, company.name, company.original_name, company.inn, company.kpp)
            self.told.append((company.name, _("организация"), None, _("новая")))
        self.counts["companies_created"] += len(new)
        for house, _line in rows:
            if house.company is not None and (pk := self.known.companies.get(house.company.key)):
                self.spelled.append((self.known.names[pk], house.typed))

    def _company(self, house: House) -> int | None:
        """By its number of the tax office, else by its name."""
        assert house.company is not None
        inn = house.numbers.get("inn", "")
        by_number = self.known.by_number.get((inn, house.numbers.get("kpp", ""))) if inn else None
        return by_number or self.known.companies.get(house.company.key)

    # ── Houses ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _houses(self, rows: Sequence[tuple[House, Line]]) -> list[_Taken]:
        known = self.known
        asked: list[tuple[House, Line, tuple[int, str, str], int | None]] = []
        for house, line in rows:
            place = house.place
            district = "" if district_is_of_town(place.locality) else place.district
            locality = known.locality(place.locality, district)
            assert locality is not None, place
            address = (locality, place.street_key, house_key(place.house))
            asked.append((house, line, address, known.by_code.get(house.code) or known.by_address.get(address)))
        stored = Building.objects.select_related("locality").in_bulk({pk for *_row, pk in asked if pk and pk > 0})
        new: dict[tuple[int, str, str], Building] = {}
        codes: dict[str, Building] = {}
        taken, changed = [], []
        for house, line, address, pk in asked:
            if building := codes.get(house.code) or new.get(address):
                taken.append(self._repeated(house, line, address, building))
            elif pk is None:
                building = new[address] = self._new(house, address)
                if house.code:
                    codes[house.code] = building
                taken.append(_Taken(house, line, address[0], building, is_new=True))
            elif pk in self.touched or pk in self._seen_now or pk < 0:
                taken.append(self._repeated(house, line, address, stored.get(pk) or Building(pk=pk)))
            else:
                self._seen_now.add(pk)
                building = stored[pk]
                if self._change(building, house, line, address):
                    changed.append(building)
                taken.append(_Taken(house, line, address[0], building))
        created = self._create(Building, list(new.values()))
        for address, building in zip(new, created, strict=True):
            known.add_house(building.pk, address, building.register_code)
            self._seen_now.add(building.pk)
        self.counts.update(buildings_created=len(new), buildings_changed=len(changed))
        self.counts["buildings_same"] += sum(not (row.is_new or row.is_repeat) for row in taken) - len(changed)
        if changed and not self.is_dry:
            Building.objects.bulk_update(changed, CHANGED, batch_size=500)
        return taken

    def _repeated(self, house: House, line: Line, address: tuple[int, str, str], building: Building) -> _Taken:
        self.counts["repeats"] += 1
        self.remarks.append((house, line, _("Этот дом в файле уже был: учтена только управляющая организация.")))
        return _Taken(house, line, address[0], building, is_repeat=True)

    def _new(self, house: House, address: tuple[int, str, str]) -> Building:
        place = house.place
        self.told.append((self._where(house), _("дом"), None, _("новый")))
        return Building(
            locality_id=address[0], district_id=self._district(house), street=place.street, house=place.house,
            register_code=house.code, search_text=search_text_of(place.locality, place.street, place.house),
            **house.facts,
        )  # fmt: skip

    def _district(self, house: House) -> int | None:
        place = house.place
        is_inside = bool(place.district) and district_is_of_town(place.locality)
        return self.known.districts.get(fold(place.district)) if is_inside else None

    def _change(self, building: Building, house: House, line: Line, address: tuple[int, str, str]) -> bool:
        """Bring a stored house up to the file; empty cells change nothing. Whether it is another now."""
        where, before = str(building), len(self.told)
        for name, fact in house.facts.items():
            if getattr(building, name) != fact:
                self.told.append((where, str(FACTS[name][1]), getattr(building, name), fact))
                setattr(building, name, fact)
        if house.code and not building.register_code:
            self.told.append((where, _("код"), "", house.code))
            building.register_code = house.code
            self.known.by_code[house.code] = building.pk
        district = self._district(house)
        if district and building.district_id != district:
            self.told.append((where, _("район города"), building.district_id, house.place.district))
            building.district_id = district
        self._move(building, house, line, address)
        return len(self.told) > before

    def _move(self, building: Building, house: House, line: Line, address: tuple[int, str, str]) -> None:
        """The same code at another address: the street was renamed, or the address put right."""
        there = self.known.by_address.get(address)
        if there == building.pk:
            return
        if there is not None:
            self.errors.append((house, line, _("По этому адресу в реестре другой дом: адрес не изменён.")))
            return
        place = house.place
        was = str(building)
        building.locality_id, building.street, building.house = address[0], place.street, place.house
        building.search_text = search_text_of(place.locality, place.street, place.house)
        self.known.by_address[address] = building.pk
        self.told.append((was, _("адрес"), was, self._where(house)))

    @staticmethod
    def _where(house: House) -> str:
        return f"{house.place.locality}, {house.place.street}, {house.place.house}"

    # ── Who manages ──────────────────────────────────────────────────────────────────────────────────────────────
    def _terms(self, taken: Sequence[_Taken]) -> None:
        new: list[tuple[Responsibility, Term]] = []
        ended: dict[int, date] = {}
        service = management() if not self.is_dry and any(row.house.company for row in taken) else None
        for row in taken:
            if row.house.company is None:
                self.counts["without_company"] += 1
                continue
            row.company = self.known.companies[row.house.company.key]
            term = self._term(row, ended)
            if term is not None:
                new.append((Responsibility(building=row.building, service=service, company_id=row.company), term))
        self.counts.update(terms_created=len(new), terms_ended=len(ended))
        if self.is_dry:
            return
        if ended:
            rows = list(Responsibility.objects.filter(pk__in=ended))
            for stored in rows:
                stored.valid_to = ended[stored.pk]
            Responsibility.objects.bulk_update(rows, ["valid_to"], batch_size=500)
        for responsibility, term in new:
            # Set only now: a later row of the same piece may have ended it.
            responsibility.valid_from, responsibility.valid_to = term.valid_from, term.valid_to
        for responsibility, (_row, term) in zip(
            Responsibility.objects.bulk_create([responsibility for responsibility, _term in new]), new, strict=True
        ):
            term.pk = responsibility.pk

    def _term(self, row: _Taken, ended: dict[int, date]) -> Term | None:
        """The new term that the row asks for; None where the company already has the house, or it cannot be."""
        terms = self.known.terms[row.building.pk]
        since = row.house.since
        assert row.company is not None
        if any(term.company == row.company and _holds(term, since or self.today) for term in terms):
            return None
        last = terms[-1] if terms else None
        if last is not None and last.company == row.company and last.valid_to is None:
            # It manages now, and that it does since another day is no change of company.
            return None
        if since is None and last is not None and row.is_repeat:
            self._refuse(row, _("Нет даты начала: не ясно, какая из двух организаций управляет теперь."))
            return None
        if since is None:
            self.remarks.append((row.house, row.line, _("Нет даты начала управления: записан день импорта.")))
        since = since or self.today
        if last is not None and (since <= last.valid_from or (last.valid_to and since < last.valid_to)):
            told = {"since": f"{last.valid_from:%d.%m.%Y}", "company": self.known.names[last.company]}
            self._refuse(row, _("С %(since)s домом управляет %(company)s: более ранняя дата не записана.") % told)
            return None
        if last is not None and last.valid_to is None:
            last.valid_to = since
            if last.pk is not None:
                ended[last.pk] = since
            self.counts["changes_of_company"] += 1
            self.told.append(
                (
                    self._where(row.house),
                    _("управляет"),
                    self.known.names[last.company],
                    _with_date(self.known.names[row.company], since),
                )
            )
        term = Term(row.company, since, None)
        terms.append(term)
        return term

    def _refuse(self, row: _Taken, reason: str) -> None:
        self.counts["conflicts"] += 1
        self.remarks.append((row.house, row.line, reason))

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _create(self, model: type[Model], rows: list[Any]) -> list[Any]:
        if not self.is_dry:
            return list(manager_of(model).bulk_create(rows, batch_size=500))
        for row in rows:
            row.pk = next(_never)
        return rows


def manager_of(model: Any) -> Any:
    return model.objects


def _holds(term: Term, day: date) -> bool:
    return term.valid_from <= day and (term.valid_to is None or day < term.valid_to)


def _with_date(name: str, since: date) -> str:
    return _("%(company)s с %(since)s") % {"company": name, "since": f"{since:%d.%m.%Y}"}
