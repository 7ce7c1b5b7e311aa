"""Addresses of registers, «край. Приморский, г. Владивосток, ул. Светланская, д. 14», told apart into their parts."""

import re
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from accounts.writes import Refused
from companies.address_text import KINDS, name_of
from companies.house_numbers import house_number, written
from companies.words import fold

# How this centre writes what a name is the name of; whatever else was typed is brought to it.
_SHORT = {
    "улица": "ул.", "проспект": "пр-кт", "проезд": "пр-д", "переулок": "пер.", "бульвар": "б-р", "шоссе": "ш.",
    "площадь": "пл.", "набережная": "наб.", "тупик": "туп.", "микрорайон": "мкр.", "квартал": "кв-л",
    "территория": "тер.", "аллея": "аллея", "город": "г.", "село": "с.", "деревня": "д.", "поселок": "п.",
    "хутор": "х.", "станция": "ст.", "пункт": "нп", "район": "р-н",
}  # fmt: skip
_SETTLEMENTS = frozenset({"город", "село", "деревня", "поселок", "хутор", "станция", "пункт"})
_STREETS = frozenset(_SHORT) - _SETTLEMENTS - {"район"}
_REGIONS = {
    "край": "край", "обл": "область", "область": "область", "респ": "Республика", "республика": "Республика",
    "ао": "АО", "аобл": "АО",
}  # fmt: skip
_HOUSE = re.compile(r"^(?:д|дом|влд|вл|владение|зд|здание)(?:\.|\s)\s*(?=\S)|^(?:д|дом)\.?(?=\d)", re.IGNORECASE)
_PART = re.compile(r"^(к|корп|корпус|стр|строение|лит|литера?)(?:\.|\s)\s*(.+)$", re.IGNORECASE)
_FLAT = re.compile(r"^(?:квартира|кв|офис|оф|помещение|пом)\.?\s*(\S.*)$", re.IGNORECASE)
_NEAR = re.compile(r"^\s*(?:рядом с|около|возле|напротив|у дома)\s+", re.IGNORECASE)
_POSTCODE = re.compile(r"^\d{6}$")
_ASIDE = re.compile(r"\(.*?\)")
_SPACES = re.compile(r"\s+")
# What people write without a comma, and no house is called.
_FLOOR = re.compile(r"[\s,]*(?:(?<!\d)(\d{1,2})-?(?:[оыи]?й)?\s*этаж\w*|(?<![а-яё])этаж\s*(\d{1,2}))", re.IGNORECASE)
_ENTRANCE = re.compile(
    r"[\s,]*(?:(?<![а-яё])(?:под[ъь]?езд|п-д|под\.)[\s№]*(\d{1,2})(?!\d)"
    r"|(?<![\d/])(\d{1,2})-?(?:[оыи]?й)?\s*под[ъь]?езд[а-я]*(?!\s*\d))",
    re.IGNORECASE,
)
_WING = re.compile(r"(?<=\d)\s*(?:корпус|корп|кор|к)\.?\s*(?=\d)", re.IGNORECASE)
_ORDINAL = re.compile(r"^\d+(?:-(?:[оыи]?й|а?я|[ео]?е|го)|[оыи]й|ая|ое)\s", re.IGNORECASE)
_SIGN = re.compile(r"(?<=[\dа-яё])\s+([/-])\s*(?=\d)|(?<=\d)\s*([/-])\s+(?=\d)", re.IGNORECASE)
_UNPARTED = (
    (re.compile(r"(?:(?<=\w)[\s.]+|(?<=\d))(?:квартира|кв)\.?\s*(?=\d)", re.IGNORECASE), ", кв. "),
    (re.compile(r"(?<=\w)[\s.]+(?:дом|д)\.?\s*(?=\d)", re.IGNORECASE), ", д. "),
)
_SAID_LAST = re.compile(r"^(.*\D)\s+(\d+\S*(?:\s+(?:к|корп|стр|лит)\.?\s*\S+)?)$")
LONGEST_STREET, LONGEST_HOUSE, LONGEST_LOCALITY = 150, 20, 120


class UnclearAddress(Refused):
    """Nothing that names one house."""

    message = _("Адрес не разобран: нужны населённый пункт, улица и дом.")
    code = "unclear_address"


@dataclass(frozen=True, slots=True)
class Place:
    """A house by its address, each part as this centre writes it."""

    region: str = ""
    district: str = ""
    locality: str = ""
    street: str = ""
    house: str = ""
    flat: str = ""
    entrance: str = ""
    floor: str = ""
    # The street was said without what it is: should a street follow, this was the town.
    is_bare: bool = False

    @property
    def street_key(self) -> str:
        return street_key(self.street)


def street_key(street: str) -> str:
    """By which two spellings of a street are one: «пр-кт. 100-летия» and «Проспект 100 летия»."""
    name = name_of(fold(street))
    return " ".join((*sorted(name.words), "#", *sorted(name.numbers), "#", *sorted(name.kinds)))


def house_key(house: str) -> str:
    """By which two spellings of a house are one: «9 "А"», «9а» and «9, к. а»."""
    number, parts = house_number(house)
    return f"{number}|" + "|".join(f"{sign}{value}" for sign, value in parts)


def locality_key(locality: str) -> str:
    name = name_of(fold(locality))
    return " ".join((*name.words, *sorted(name.numbers)))


def read_place(text: str, *, locality: str = "", needs_locality: bool = True) -> Place:
    """The parts of an address that says each of them between commas. Raises UnclearAddress.

    ``locality``: where it is, when the address itself does not say.
    """
    text, floor = _taken_out(_FLOOR, _NEAR.sub("", text))
    text, entrance = _taken_out(_ENTRANCE, text)
    text = _with_town_first(text.strip(), locality)
    text = _SIGN.sub(r"\1\2", _WING.sub("к", text))
    for said, parted in _UNPARTED:
        text = said.sub(parted, text)
    place = Place(entrance=entrance, floor=floor)
    for part in _parts(text):
        place = _with(place, part)
    if place.street and not place.house and (last := _SAID_LAST.match(place.street)):
        # «Могилёвская улица 6», «Партизанский проспект 69»: what it is stood last before the house.
        street = last[1].strip()
        street = tidy_name(street.removeprefix("ул. "), kind="улица") if place.is_bare else street
        place = replace(place, street=street, house=last[2])
    if place.locality and not place.street and place.house:
        # A village without streets.
        place = replace(place, street=place.locality)
    place = replace(place, locality=place.locality or locality)
    return _checked(place, needs_locality=needs_locality)


def _taken_out(what: re.Pattern[str], text: str) -> tuple[str, str]:
    found = what.search(text)
    return (what.sub("", text), found[1] or found[2]) if found else (text, "")


def _with_town_first(text: str, locality: str) -> str:
    """An address that names the town which is known anyway: at its end, glued to the house («улица Мира 31Минск»), it
    says nothing; at its beginning it is said to be a town («Минск, Мира, 31»)."""
    kind, _space, name = locality.partition(" ")
    if not name or fold(kind.strip(".")) not in KINDS:
        return text
    town = rf"(?:г(?:ород)?\b\.?\s*)?{re.escape(name)}"
    country = r"(?:\s+\d{6})?(?:[\s,]+(?:Беларусь|Россия|РФ))?"
    text = re.sub(rf"(?<=[\w.,\s)]){town}{country}\W*$", "", text)
    return re.sub(rf"^{town}(?=[\s,.])[\s,.]*", f"{locality}, ", text, flags=re.IGNORECASE)


def tidy_place(*, region: str = "", district: str = "", locality: str, street: str, house: str) -> Place:
    """The same from columns of their own. Raises UnclearAddress."""
    place = Place(
        region=_region(region) or region.strip(), district=district.strip(), locality=tidy_name(locality),
        street=tidy_name(street, kind="улица"), house=house,
    )  # fmt: skip
    return _checked(place)


def _checked(place: Place, *, needs_locality: bool = True) -> Place:
    house = tidy_house(place.house)
    if not ((place.locality or not needs_locality) and place.street and house):
        raise UnclearAddress
    if len(place.street) > LONGEST_STREET or len(house) > LONGEST_HOUSE or len(place.locality) > LONGEST_LOCALITY:
        raise UnclearAddress
    return replace(place, house=house)


def _parts(text: str) -> list[str]:
    found = [_SPACES.sub(" ", part).strip() for part in text.split(",")]
    return [part for part in found if part and not _POSTCODE.match(part)]


def _with(place: Place, part: str) -> Place:
    """``place`` with what one part between two commas says."""
    if place.house:
        return _after_house(place, part)
    if not place.street and (found := _FLAT.match(part)):
        return replace(place, flat=found[1][:12])
    if not place.street and (region := _region(part)):
        return replace(place, region=region)
    kinds = _kinds(part)
    is_number = (part[0].isdigit() and not _ORDINAL.match(part)) or part[0] == "№"
    if (place.street or place.locality) and (_HOUSE.match(part) or is_number):
        return replace(place, house=_HOUSE.sub("", part))
    if kinds & _SETTLEMENTS and not place.street:
        # «г. Владивосток, п. Трудовое»: the village has streets of the same names as the town it belongs to.
        return replace(place, locality=tidy_name(part), district=place.district or place.locality)
    if "район" in kinds:
        return replace(place, district=tidy_name(part))
    if place.street and place.is_bare and kinds & _STREETS:
        place = replace(place, locality=place.locality or place.street.removeprefix("ул. "))
    if not place.street or kinds & _STREETS:
        return replace(place, street=tidy_name(part, kind="улица"), is_bare=not kinds & _STREETS)
    return place


def _after_house(place: Place, part: str) -> Place:
    if found := _FLAT.match(part):
        return replace(place, flat=found[1][:12])
    if found := _PART.match(part):
        value = _ASIDE.sub("", found[2]).strip(" .'\"")
        # «к. 0, стр. 0» of a form that must be filled in means that there is none.
        if not value or value == "0":
            return place
        sign = "" if not value[0].isdigit() else "к" if found[1][0].lower() == "к" else " стр. "
        sign = "" if found[1].lower().startswith("лит") else sign
        return replace(place, house=f"{place.house}{sign}{value}")
    return place


def _region(text: str) -> str:
    """«край. Приморский», «Приморский край», «обл Калужская» as it is said; '' where it is no region."""
    words = text.replace(".", " ").split()
    if len(words) < 2:
        return ""
    for at in (0, -1):
        if kind := _REGIONS.get(fold(words[at])):
            rest = " ".join(words[1:] if at == 0 else words[:-1])
            return f"{kind} {rest}" if kind == "Республика" else f"{rest} {kind}"
    return ""


def _kinds(part: str) -> frozenset[str]:
    words = fold(part).replace(".", " ").split()
    first = KINDS.get(words[0], frozenset()) if words else frozenset()
    return first or (KINDS.get(words[-1], frozenset()) if len(words) > 1 else frozenset())


def tidy_name(text: str, *, kind: str = "") -> str:
    """«Проспект. 100-летия Владивостока» → «пр-кт 100-летия Владивостока»: what it is first, and written one way.

    ``kind``: what it is where it does not say so.
    """
    words = _SPACES.sub(" ", text.replace(".", ". ")).strip().split(" ")
    for at in (0, len(words) - 1):
        kinds = KINDS.get(fold(words[at].strip(".")), frozenset())
        named = sorted(kinds, key=lambda one: one != "проспект")
        if named and len(words) > 1:
            rest = " ".join(words[1:] if at == 0 else words[:-1])
            return f"{_SHORT[named[0]]} {rest}"
    bare = " ".join(words)
    return f"{_SHORT[kind]} {bare}" if kind and bare else bare


def tidy_house(text: str) -> str:
    """«9 "А"», «9-а_», «№9» as this centre writes houses; the typed words where they hold no number."""
    number, parts = house_number(text.lstrip("№ "))
    if not number:
        return ""
    return written((number, tuple(part for part in parts if part[1] != "0")))
