"""Which column of somebody's table is which of our fields: known exports, words people use, what was chosen before."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.writes import Refused
from companies.models import ImportMapping
from companies.words import fold

_LETTERS = re.compile(r"[^a-zа-я0-9]+")


class BadColumns(Refused):
    """A mapping that names what is not there, or leaves out what cannot be done without."""

    code = "bad_columns"


@dataclass(frozen=True, slots=True)
class Field:
    """``words``: headings by which it is known, the likelier first, folded and without signs."""

    name: str
    title: Promise | str
    words: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of table: its fields, exports known by all their headings, and what it cannot do without."""

    name: str
    fields: tuple[Field, ...]
    known: tuple[Mapping[str, str], ...]
    # Of each group one has to be there whole.
    needed: tuple[tuple[tuple[str, ...], ...], ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields)


# Headings of the export of reformagkh.ru.
REFORMAGKH = {
    "register_code": "HOUSE_ID", "address": "ADDRESS", "latitude": "LAT", "longitude": "LON", "built_year": "YEAR",
    "company": "MGMT_COMPANY", "valid_from": "SERVICEDATE_START", "floors": "LEVELS_MAX", "entrances": "DOORS",
    "flats": "ROOM_COUNT_LIVE",
}  # fmt: skip
REGISTER = Kind(
    "register",
    (
        Field(
            "register_code",
            gettext_lazy("Код дома в исходном реестре"),
            "house id | houseid | код дома | код | id дома | id",
        ),
        Field("address", gettext_lazy("Адрес целиком"), "address | адрес | адрес дома"),
        Field("region", gettext_lazy("Регион"), "регион | область | region | субъект"),
        Field("district", gettext_lazy("Район"), "район | district | муниципальный район | округ"),
        Field("locality", gettext_lazy("Населённый пункт"), "населенный пункт | город | нас пункт | locality | city"),
        Field("street", gettext_lazy("Улица"), "улица | street"),
        Field("house", gettext_lazy("Дом"), "дом | номер дома | house | дом корпус"),
        Field("latitude", gettext_lazy("Широта"), "lat | latitude | широта"),
        Field("longitude", gettext_lazy("Долгота"), "lon | lng | longitude | долгота"),
        Field("built_year", gettext_lazy("Год постройки"), "year | год постройки | год | год ввода"),
        Field(
            "floors",
            gettext_lazy("Этажей"),
            "levels max | этажей | этажность | этажи | floors | количество этажей",
        ),
        Field(
            "entrances",
            gettext_lazy("Подъездов"),
            "doors | подъездов | подъезды | entrances | количество подъездов",
        ),
        Field("flats", gettext_lazy("Квартир"), "room count live | квартир | квартиры | flats | количество квартир"),
        Field(
            "company",
            gettext_lazy("Управляющая организация"),
            "mgmt company | ук | управляющая компания | управляющая организация | организация | company | управляющая",
        ),
        Field("inn", gettext_lazy("ИНН"), "инн | inn | инн ук"),
        Field("kpp", gettext_lazy("КПП"), "кпп | kpp"),
        Field("ogrn", gettext_lazy("ОГРН"), "огрн | ogrn"),
        Field(
            "valid_from",
            gettext_lazy("Управляет с"),
            "servicedate start | дата начала | дата начала управления | управляет с | с даты | valid from",
        ),
    ),
    (REFORMAGKH,),
    ((("address",), ("locality", "street", "house"), ("street", "house")),),
)


def folded(heading: str) -> str:
    return _LETTERS.sub(" ", fold(heading)).strip()


def fingerprint(header: Sequence[str]) -> str:
    """The same set of headings, in whatever order."""
    return hashlib.sha256("\n".join(sorted(folded(heading) for heading in header)).encode()).hexdigest()


def guess(kind: Kind, header: Sequence[str]) -> dict[str, str]:
    """Field → heading: as chosen before for these headings, as in a known export, else by the words of the headings."""
    kept = ImportMapping.objects.filter(kind=kind.name, fingerprint=fingerprint(header)).first()
    if kept is not None and set(kept.columns.values()) <= set(header):
        return dict(kept.columns)
    for known in kind.known:
        if set(known.values()) <= set(header):
            return dict(known)
    found: dict[str, str] = {}
    for field in kind.fields:
        by_word = {folded(heading): heading for heading in header if heading and heading not in found.values()}
        for word in field.words.split(" | "):
            if word in by_word:
                found[field.name] = by_word[word]
                break
    return found


def checked(kind: Kind, header: Sequence[str], columns: Mapping[str, object]) -> dict[str, str]:
    """``columns`` with nothing in them that cannot be used. Raises BadColumns."""
    chosen = {name: str(heading) for name, heading in columns.items() if heading}
    if unknown := sorted(set(chosen) - kind.names):
        raise BadColumns(_("Нет такого поля: %s.") % ", ".join(unknown))
    if missing := sorted(set(chosen.values()) - set(header)):
        raise BadColumns(_("В файле нет столбца: %s.") % ", ".join(missing))
    if len(set(chosen.values())) < len(chosen):
        raise BadColumns(_("Один столбец выбран для двух полей."))
    for ways in kind.needed:
        if not any(all(name in chosen for name in way) for way in ways):
            titles = {field.name: str(field.title) for field in kind.fields}
            told = _(" или ").join("«" + "», «".join(titles[name] for name in way) + "»" for way in ways)
            raise BadColumns(_("Укажите столбцы: %s.") % told)
    return chosen


def words_of(kind: Kind, header: Sequence[str]) -> dict[str, object]:
    """What the words of such a file meant the last time."""
    kept = ImportMapping.objects.filter(kind=kind.name, fingerprint=fingerprint(header)).first()
    return dict(kept.words) if kept else {}


def remember(
    kind: Kind, header: Sequence[str], columns: Mapping[str, str], words: Mapping[str, object] | None = None
) -> None:
    """Next time these headings are understood by themselves."""
    ImportMapping.objects.update_or_create(
        kind=kind.name, fingerprint=fingerprint(header),
        defaults={"columns": dict(columns), "words": dict(words or {})},
    )  # fmt: skip


def places_of(header: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Field → position of its column."""
    return {name: list(header).index(heading) for name, heading in columns.items()}
