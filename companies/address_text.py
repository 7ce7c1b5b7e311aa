"""An address as it is typed, told apart into street, house and flat, in every way that it may be meant."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from .house_numbers import SIGNS, HouseNumber, part_of

# What a name is the name of. People leave it out, shorten it, or put it last; «пр» may be two things.
KINDS: dict[str, frozenset[str]] = {
    form: frozenset(kinds.split())
    for kinds, forms in {
        "улица": "ул улица улице улицы улицу у",
        "проспект": "пр-кт пр-т просп проспект проспекте прт пркт",
        "проспект проезд": "пр",
        "проезд": "пр-д проезд проезде прд",
        "переулок": "пер пер-к переулок переулке",
        "бульвар": "б-р бул бул-р бульв бульвар бульваре бр",
        "шоссе": "ш ш-се шос шоссе",
        "площадь": "пл пл-дь площадь площади",
        "набережная": "наб наб-я набережная набережной",
        "тупик": "туп тупик",
        "микрорайон": "мкр мкр-н мкрн мк-н м-н микрорайон микрорайоне",
        "квартал": "кв-л квартал",
        "территория": "тер территория",
        "аллея": "ал аллея",
        "город": "г гор город городе",
        "село": "с село селе",
        "деревня": "д дер деревня деревне",
        "поселок": "п пос пгт рп поселок поселке",
        "хутор": "х хутор",
        "станция": "ст станция",
        "пункт": "нп",
        "район": "р-н район районе",
    }.items()
    for form in forms.split()
}  # fmt: skip
STREET_KINDS = frozenset(
    "улица проспект проезд переулок бульвар шоссе площадь набережная тупик микрорайон квартал территория аллея".split()
)
# Of a kind said in full, its beginning will do: «посе», «просп», «переул».
BEGUN_KINDS: dict[str, frozenset[str]] = {
    form[:length]: KINDS[form] for form in KINDS if len(form) >= 5 for length in range(3, len(form) + 1)
} | KINDS
FLAT = frozenset("кв кварт квартира квартире оф офис ком комн комната пом помещение".split())
ENTRANCE = frozenset("под подъезд подьезд подъезде пд п парадная".split())
FLOOR = frozenset("эт этаж этаже э".split())
HOUSE = frozenset("д дом доме влд вл владение".split())
# Said, but it says nothing about which house.
EMPTY = frozenset("на в во по у из около адрес россия рф край края округ".split())

_TENS = {
    "сто": 100, "девяносто": 90, "восемьдесят": 80, "восьмидесяти": 80, "семьдесят": 70, "семидесяти": 70,
    "шестьдесят": 60, "шестидесяти": 60, "пятьдесят": 50, "пятидесяти": 50, "сорок": 40, "сорока": 40,
    "тридцать": 30, "тридцати": 30, "двадцать": 20, "двадцати": 20, "десять": 10, "десяти": 10,
}  # fmt: skip
_ORDINALS = {
    "перв": 1, "втор": 2, "трет": 3, "четверт": 4, "пят": 5, "шест": 6, "седьм": 7, "восьм": 8, "девят": 9,
    "десят": 10, "одиннадцат": 11, "двенадцат": 12,
}  # fmt: skip
_ORDINAL = re.compile(rf"({'|'.join(_ORDINALS)})(?:ый|ой|ий|ая|ья|ое|ье|ого|ьего|ую|ью|ом|ей)")
_ANNIVERSARY = re.compile(rf"({'|'.join(_TENS)})?лет(?:ия|ие|ию|ий)?")
_WITH_ENDING = re.compile(r"(\d+)(?:-?(?:[аяоы]?[яй]|ого|го|ти)|-е)(?![а-я])")
_HYPHENED_KIND = re.compile(r"(?<![а-я\d])(?:" + "|".join(form for form in KINDS if "-" in form) + r")(?![а-я\d])")
_POSTCODE = re.compile(r"\b\d{6}\b")
_REGION = re.compile(r"\b[а-я]+(?:ая|ой) обл(?:асть|асти)?\b")
_PIECE = re.compile(r"(?P<number>\d+)(?P<ordinal>#)?|[а-я]+(?:\0[а-я]+)?|[/-]|.")
_AROUND_SLASH = re.compile(r"(?<=\d)\s*/\s*(?=[\da-я])")


@dataclass(frozen=True, slots=True)
class Token:
    """``gap``: something stood between it and what came before; ``is_name``: a number that belongs to a name, «1-я»."""

    text: str
    gap: bool
    is_name: bool = False

    @property
    def is_number(self) -> bool:
        return self.text.isdigit()


@dataclass(frozen=True, slots=True)
class Told:
    """One way to understand the text. ``words`` and ``numbers`` are those of street and settlement.

    ``is_turned``: the flat would have been said before its house, with no word beside it.
    """

    words: tuple[str, ...]
    numbers: frozenset[str]
    house: HouseNumber | None = None
    flat: str = ""
    entrance: str = ""
    floor: str = ""
    doubt: float = 0.0
    is_turned: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """A street or settlement without what it is: «1-й Академический пр.» is («академический»), {«1»}, пр."""

    words: tuple[str, ...]
    numbers: frozenset[str]
    kinds: frozenset[str]


# ── Names of the register ────────────────────────────────────────────────────────────────────────────────────────
@lru_cache(maxsize=20_000)
def name_of(text: str) -> Name:
    """``text`` is folded."""
    tokens = tokens_of(text)
    kinds = [token.text for token in tokens if token.text in KINDS]
    words = [token.text for token in tokens if not token.is_number and token.text not in KINDS and token.text.isalpha()]
    numbers = frozenset(token.text for token in tokens if token.is_number)
    if not words and kinds:
        # «Набережная ул.»: of the words for what it is, the long one is the name.
        longest = max(kinds, key=len)
        words = [longest] if len(longest) > len("улица") else []
        kinds = [kind for kind in kinds if kind not in words]
    return Name(tuple(words), numbers, frozenset().union(*(KINDS[kind] for kind in kinds)))


def tokens_of(text: str) -> list[Token]:
    text = _REGION.sub(" ", _POSTCODE.sub(" ", text.replace("\\", "/").replace("#", " ")))
    text = _AROUND_SLASH.sub("/", _HYPHENED_KIND.sub(lambda kind: kind.group().replace("-", "\0"), text))
    tokens = list(_tokens(_WITH_ENDING.sub(r"\1# ", text)))
    # «40 лет», «100-летия».
    for at, token in enumerate(tokens[1:], start=1):
        before = at - 2 if tokens[at - 1].text == "-" else at - 1
        if token.text == "лет" and before >= 0 and tokens[before].is_number:
            tokens[before] = replace(tokens[before], is_name=True)
    return tokens


def _tokens(text: str) -> Iterator[Token]:
    gap = True
    for piece in _PIECE.finditer(text):
        found = piece.group()
        if piece["number"]:
            yield Token(piece["number"], gap, is_name=bool(piece["ordinal"]))
        elif found[0].isalpha():
            yield from _word(found.replace("\0", "-"), gap=gap)
        elif found in "/-":
            yield Token(found, gap)
        else:
            gap = True
            continue
        gap = False


def _word(word: str, *, gap: bool) -> Iterator[Token]:
    """Numbers that are said in words become digits: «сто лет», «пятидесятилетия», «первая»."""
    ordinal = _ORDINAL.fullmatch(word)
    anniversary = _ANNIVERSARY.fullmatch(word)
    if ordinal:
        yield Token(str(_ORDINALS[ordinal[1]]), gap, is_name=True)
    elif anniversary:
        if anniversary[1]:
            yield Token(str(_TENS[anniversary[1]]), gap, is_name=True)
        yield Token("лет", gap or bool(anniversary[1]))
    elif word in _TENS:
        yield Token(str(_TENS[word]), gap, is_name=True)
    else:
        yield Token(word, gap)


# ── What was typed ───────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class _Marked:
    """What stood beside a word that says what it is: «кв 15», «под 2», «эт 3», «д 20»."""

    tokens: list[Token] = field(default_factory=list)
    flat: str = ""
    entrance: str = ""
    floor: str = ""
    house_at: int | None = None

    @property
    def has_one_to_spare(self) -> bool:
        """A number said just before, which need not be the house: «20, 2 подъезд»."""
        return self.tokens[-1:] != [] and self.tokens[-1].is_number and sum(one.is_number for one in self.tokens) > 1


def tell_apart(text: str) -> list[Told]:
    """Every way to understand the folded ``text``, without knowing which streets there are."""
    marked = _marked(tokens_of(text))
    tokens = marked.tokens
    places = [at for at, token in enumerate(tokens) if token.is_number and not token.is_name][:5]
    if marked.house_at is not None:
        places = [marked.house_at]
    found: dict[Told, float] = {}
    for way in _ways(tokens, places, flat_known=bool(marked.flat)):
        told = replace(way, flat=way.flat or marked.flat, entrance=marked.entrance, floor=marked.floor, doubt=0.0)
        found[told] = min(way.doubt, found.get(told, way.doubt))
    return [replace(told, doubt=doubt) for told, doubt in found.items()]


def _ways(tokens: list[Token], places: list[int], *, flat_known: bool) -> Iterator[Told]:
    yield _told(tokens, range(0))
    for start in places:
        for house, end, doubt in _houses_at(tokens, start):
            yield _told(tokens, range(start, end), house=house, doubt=doubt)
            if flat_known:
                continue
            flat, after = _flat_at(tokens, end)
            if flat:
                yield _told(tokens, range(start, after), house=house, flat=flat, doubt=doubt)
                continue
            # «20 кирова 15»
            bare = [at for at in places if at not in range(start, end)]
            if len(bare) == 1:
                rest = [token for at, token in enumerate(tokens) if at != bare[0] and at not in range(start, end)]
                told = _told(rest, range(0), house=house, flat=tokens[bare[0]].text, doubt=doubt + 0.03)
                yield told if bare[0] > start else replace(told, doubt=doubt + 0.08, is_turned=True)


def _told(
    tokens: list[Token], taken: range, *, house: HouseNumber | None = None, flat: str = "", doubt: float = 0.0
) -> Told:
    left = [token for at, token in enumerate(tokens) if at not in taken]
    words = tuple(token.text for token in left if token.text[0].isalpha() and token.text not in EMPTY)
    return Told(words, frozenset(token.text for token in left if token.is_number), house, flat, doubt=doubt)


def _houses_at(tokens: list[Token], start: int) -> Iterator[tuple[HouseNumber, int, float]]:
    """A house number that begins at ``start``: with all, some or none of what follows it; where it ends."""
    number = int(tokens[start].text)
    grown: list[tuple[tuple[tuple[str, str], ...], int, float]] = [((), start + 1, 0.0)]
    while grown:
        parts, end, doubt = grown.pop()
        more = list(_part_at(tokens, end)) if len(parts) < 3 else []
        # What is written together belongs together; a letter behind the number nearly always.
        cut = max((0.1 if sure else 0.04 if part[1].isalpha() else 0.0 for part, _end, _doubt, sure in more), default=0)
        yield (number, parts), end, doubt + cut
        grown += [((*parts, part), after, doubt + unsure) for part, after, unsure, _sure in more]


def _part_at(tokens: list[Token], at: int) -> Iterator[tuple[tuple[str, str], int, float, bool]]:
    """A letter, a corpus, a fraction: the part, where it ends, the doubt of it, whether it can be nothing else."""
    here = tokens[at] if at < len(tokens) else None
    then = tokens[at + 1] if at + 1 < len(tokens) else None
    if here is None:
        return
    is_sign = here.text in SIGNS and then is not None and not then.is_name and (then.is_number or len(then.text) == 1)
    if is_sign and then:
        is_dash_number = here.text == "-" and then.is_number
        yield part_of(here.text, then.text), at + 2, 0.03 if is_dash_number else 0.0, not is_dash_number
    if here.text.isalpha() and len(here.text) == 1:
        doubt = 0.1 if is_sign else 0.02 if here.gap else 0.0
        yield ("", here.text), at + 1, doubt, not here.gap
    elif len(here.text) == 2 and here.text[0] == "к" and not here.gap:
        # «20ка» is corpus А.
        yield ("", here.text[1]), at + 1, 0.0, True
    elif here.is_number and not here.is_name:
        # «20 1» may be 20к1 or 20/1 as well.
        yield ("", here.text), at + 1, 0.05, False


def _flat_at(tokens: list[Token], at: int) -> tuple[str, int]:
    if at < len(tokens) and tokens[at].text == "-":
        at += 1
    if at >= len(tokens) or not tokens[at].is_number or tokens[at].is_name:
        return "", at
    flat = tokens[at].text
    letter = tokens[at + 1] if at + 1 < len(tokens) else None
    if letter and len(letter.text) == 1 and letter.text.isalpha() and not letter.gap:
        return flat + letter.text, at + 2
    return flat, at + 1


def _marked(tokens: list[Token]) -> _Marked:
    said = _Marked()
    names_follow = _names_follow(tokens)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        then = tokens[at + 1] if at + 1 < len(tokens) else None
        has_number = any(kept.is_number for kept in said.tokens)
        slot = _slot(token.text, has_number=has_number) if token.gap or len(token.text) > 1 else ""
        if slot == "house" and then and then.is_number and not _may_have_letter(said.tokens):
            said.house_at = len(said.tokens)
        elif slot == "flat" and then and then.is_number:
            said.flat, at = _flat_at(tokens, at + 1)
            continue
        elif slot in {"entrance", "floor"} and not names_follow and then and then.is_number:
            setattr(said, slot, then.text)
            at += 1
        elif slot in {"entrance", "floor", "flat"} and said.has_one_to_spare:
            setattr(said, slot, said.tokens.pop().text)
        else:
            said.tokens.append(token)
        at += 1
    return said


def _may_have_letter(before: list[Token]) -> bool:
    """«13 д 5» is house 13д, flat 5; «8 марта д 5» is not."""
    return bool(before) and before[-1].is_number and not before[-1].is_name


def _names_follow(tokens: list[Token]) -> bool:
    """«2 подъезд 3 этаж» rather than «подъезд 2 этаж 3»."""
    last = max((at for at, token in enumerate(tokens) if token.text in ENTRANCE | FLOOR), default=None)
    return last is not None and not (last + 1 < len(tokens) and tokens[last + 1].is_number)


def _slot(word: str, *, has_number: bool) -> str:
    """Which part a word announces. Short ones may be the beginning of a street as long as no number has been said."""
    if word in HOUSE:
        return "house"
    if word in FLAT and (has_number or word.startswith("кв")):
        return "flat"
    if word in ENTRANCE and has_number:
        return "entrance"
    return "floor" if word in FLOOR and has_number else ""
