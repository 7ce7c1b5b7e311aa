"""Finding a house by what somebody types of its address, forgivingly: «кир 20 15», «rbhjdf 20», «20к1 ген поп»."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from .address_text import BEGUN_KINDS, KINDS, STREET_KINDS, Told, name_of, tell_apart
from .house_numbers import OTHER_SIGN, house_number, nearness, written
from .models import Building
from .street_index import Street, StreetIndex, street_index
from .words import fold, readings

# Streets whose houses are looked at; a longer list means that too little was typed.
STREETS_COMPARED = 80
# Streets this much worse than the best one are not meant.
NEAR_THE_BEST = 0.3
WORTH_SHOWING = 0.5
# A house that the register does not know is offered where the street is as sure as this.
SURE_STREET = 0.85
AS_GOOD = 0.03
# Unsaid words and numbers of a street, a wrong kind of street, and what a settlement's size or code may tip.
STREET_AS_TYPED = 0.88
UNSAID_WORDS, UNSAID_NUMBER, WRONG_KIND, RIGHT_KIND = 0.12, 0.08, 0.06, 0.01
TIP = 0.02
# What the house adds to its street.
HOUSE_MET, HOUSE_NEW = 0.3, 0.2
NEW_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A house of the register, or one that it does not know (``building`` is None) on a street that is sure."""

    building: Building | None
    street: str
    house: str
    locality: str
    flat: str
    entrance: str
    floor: str
    # Only this can be meant: the house is there, and no other is as well.
    is_sure: bool
    # Something else may be meant just as well: a person has to choose.
    is_doubtful: bool = True


@dataclass(frozen=True, slots=True)
class _StreetHit:
    """``is_whole``: every word was typed to its end, and each is explained."""

    score: float
    is_whole: bool
    # The street, where only its settlement is known.
    typed: str = ""


@dataclass(frozen=True, slots=True)
class _Hit:
    score: float
    street: Street
    told: Told
    pk: int | None
    closeness: float
    of_street: _StreetHit

    @property
    def is_met(self) -> bool:
        """The house asked for stands there."""
        return self.pk is not None and self.closeness >= OTHER_SIGN

    @property
    def likeness(self) -> float:
        """Of the street and the way of understanding, whatever houses there are."""
        return self.of_street.score - self.told.doubt


def find(text: str, *, area_code: str = "", limit: int = 10) -> list[Found]:
    """Up to ``limit`` houses that the text may mean, the likeliest first.

    ``area_code``: of the caller's telephone («48439»); of two equal streets the one of his district is meant.
    """
    index = street_index()
    best: dict[object, _Hit] = {}
    for hit in _hits(index, text, area_code=area_code):
        key = hit.pk or (hit.street.place.pk, hit.street.title, hit.told.house)
        if key not in best or hit.score > best[key].score:
            best[key] = hit
    hits = _as_typed_first(sorted(best.values(), key=lambda hit: -hit.score))
    return list(_found(hits[:limit], _sure(hits)))


def house_at(*, street: str, house: str, locality: str = "") -> Building | None:
    """The one house that an address in its parts means, whatever «ул.», capitals and «ё»; None when unsure."""
    index = street_index()
    wanted, number = name_of(fold(street)), house_number(house)
    where = name_of(fold(locality)).words
    if not number[0] or not (wanted.words or wanted.numbers):
        return None
    same = [
        pk
        for entry in index.streets
        if (entry.name.words, entry.name.numbers) == (wanted.words, wanted.numbers)
        and not _kinds_differ(entry, wanted.kinds)
        and (not where or entry.place.name.words == where)
        for pk, has in entry.houses
        if has == number
    ]
    return Building.objects.with_locality().filter(pk=same[0]).first() if len(same) == 1 else None


# ── Streets ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _hits(index: StreetIndex, text: str, *, area_code: str) -> Iterator[_Hit]:
    for reading in readings(text):
        ways: dict[tuple[str, ...], list[Told]] = defaultdict(list)
        for told in tell_apart(reading):
            ways[told.words].append(told)
        for words, tolds in ways.items():
            numbers = frozenset().union(*(told.numbers for told in tolds))
            for street, hit in _streets(index, words, numbers, area_code):
                for told in tolds:
                    yield from _houses(street, hit, told)


def _streets(
    index: StreetIndex, words: tuple[str, ...], numbers: frozenset[str], area_code: str
) -> list[tuple[Street, _StreetHit]]:
    likes = [index.vocabulary.like(word) for word in words]
    joined = {
        at: index.vocabulary.like(first + second, whole=True)
        for at, (first, second) in enumerate(pairwise(words))
        if len(first + second) >= 6
    }
    candidates: dict[Street, float] = defaultdict(float)
    for word, like in [*zip(words, likes, strict=True), *(("", like) for like in joined.values())]:
        if len(word) == 1 and len(words) > 1:
            continue
        for known, likeness in like.items():
            for street in index.by_word.get(known, ()):
                candidates[street] += likeness
    for number in numbers:
        for street in index.by_number.get(number, ()):
            candidates[street] += 1.0
    nearest = sorted(candidates, key=lambda street: -candidates[street])[: 4 * STREETS_COMPARED]
    scored = [(street, _score(street, words, likes, joined, area_code)) for street in nearest]
    scored = [(street, hit) for street, hit in scored if hit.score >= WORTH_SHOWING]
    scored += _streets_untold(index, words, likes, area_code, known=scored)
    scored.sort(key=lambda row: -row[1].score)
    floor = scored[0][1].score - NEAR_THE_BEST if scored else 0.0
    return [(street, hit) for street, hit in scored[:STREETS_COMPARED] if hit.score >= floor]


def _streets_untold(
    index: StreetIndex, words: tuple[str, ...], likes: list[dict[str, float]], area_code: str,
    *, known: list[tuple[Street, _StreetHit]],
) -> list[tuple[Street, _StreetHit]]:  # fmt: skip
    """«обнинск кирова»: the town was said, and it has no such street; another town's is not what was said."""
    sure = {street.place.pk for street, hit in known if hit.score >= SURE_STREET}
    towns = [town for word in words for town in index.settlements.get(word, ()) if town.place.pk not in sure]
    scored = [(town, _score(town, words, likes, {}, area_code)) for town in towns]
    return [(town, hit) for town, hit in scored if hit.typed]


def _score(
    street: Street, words: tuple[str, ...], likes: list[dict[str, float]], joined: dict[int, dict[str, float]],
    area_code: str,
) -> _StreetHit:  # fmt: skip
    """How well the words are explained by the street and its settlement, less what of the street was not said."""
    explained, own, whole = _explain(street, words, likes, joined)
    if not own and street.name.words:
        return _StreetHit(0.0, is_whole=False)
    kinds = [BEGUN_KINDS[word] for at, word in enumerate(words) if word in BEGUN_KINDS and at not in explained]
    tip = _tip(street, kinds, area_code)
    left_over = [word for at, word in enumerate(words) if word not in BEGUN_KINDS and at not in explained]
    whole = whole and not left_over and all(likeness == 1.0 for likeness in explained.values())
    if not street.title and left_over and all(likeness == 1.0 for likeness in explained.values()):
        # A settlement of which no street is known: the other words are its street.
        typed = [
            word if word in KINDS else word.title()
            for at, word in enumerate(words)
            if at not in explained and not KINDS.get(word, frozenset()) & street.name.kinds
        ]
        return _StreetHit(STREET_AS_TYPED + tip, is_whole=False, typed=" ".join(typed))
    said = sum(_share(words[at]) * likeness for at, likeness in explained.items())
    # What is said beside the address weighs less: a district, «рядом с аптекой».
    weight = sum(_share(words[at]) for at in explained) + sum(map(_share, left_over)) / 2
    letters = sum(map(len, street.words))
    unsaid = 1 - sum(map(len, own)) / letters if letters and (own or not street.name.numbers) else 0.0
    return _StreetHit((said / weight if weight else 0.9) - UNSAID_WORDS * unsaid + tip, whole)


def _share(word: str) -> float:
    """A letter or two tell little."""
    return min(len(word), 4) / 4


def _tip(street: Street, kinds: list[frozenset[str]], area_code: str) -> float:
    """What decides among equals: the larger town, the caller's district, the kind of street that was said."""
    place = street.place
    tip = TIP * place.weight
    if place.area_code and area_code.startswith(place.area_code):
        tip += TIP
    for kind in kinds:
        if kind & (street.name.kinds | place.name.kinds):
            tip += RIGHT_KIND
        elif kind & STREET_KINDS and street.kinds:
            tip -= WRONG_KIND
    return tip


def _explain(
    street: Street, words: tuple[str, ...], likes: list[dict[str, float]], joined: dict[int, dict[str, float]]
) -> tuple[dict[int, float], set[str], bool]:
    """Which typed word is which of the street's or the settlement's; the street's own words that were met."""
    place = street.place
    around = (*place.name.words, *place.district.words) if street.title else place.district.words
    pairs = [
        (like[known], is_own, at, known)
        for at, like in enumerate(likes)
        for known, is_own in (*((word, True) for word in street.words), *((word, False) for word in around))
        if known in like
    ]
    met = _written_otherwise(street, words, likes, joined)
    if met:
        others = [pair for pair in pairs if pair[2] not in met[0] and not pair[1]]
        return met[0] | _assign(others)[0], met[1], False
    explained, own = _assign(pairs)
    return explained, own, True


def _written_otherwise(
    street: Street, words: tuple[str, ...], likes: list[dict[str, float]], joined: dict[int, dict[str, float]]
) -> tuple[dict[int, float], set[str]] | None:
    """Several words written as one («карламаркса»), or one as two («верхне портовая»)."""
    if len(street.words) > 1:
        name = "".join(street.words)
        for at, like in enumerate(likes):
            alone = max(like.get(word, 0.0) for word in street.words)
            if like.get(name, 0.0) > alone and len(words[at]) > len(street.words[0]) + 1:
                return {at: like[name]}, set(street.words)
    for at, like in joined.items():
        first, second = words[at : at + 2]
        for word in street.words:
            alone = max(likes[at].get(word, 0.0), likes[at + 1].get(word, 0.0))
            # «жел дор» is Железнодорожная.
            both = 0.9 if word.startswith(first) and second in word[len(first) :] and len(second) > 2 else 0.0
            likeness = max(like.get(word, 0.0), both)
            if likeness > alone or both > 0.0 == likes[at + 1].get(word, 0.0):
                return {at: likeness, at + 1: likeness}, {word}
    return None


def _assign(pairs: list[tuple[float, bool, int, str]]) -> tuple[dict[int, float], set[str]]:
    """Each typed word explains one word, the likest first; the street's words before the settlement's."""
    explained: dict[int, float] = {}
    own: set[str] = set()
    taken: set[tuple[bool, str]] = set()
    for likeness, is_own, at, known in sorted(pairs, reverse=True):
        if at in explained or (is_own, known) in taken:
            continue
        explained[at] = likeness
        taken.add((is_own, known))
        if is_own:
            own.add(known)
    return explained, own


def _kinds_differ(street: Street, kinds: Iterable[str]) -> bool:
    asked = frozenset(kinds) & STREET_KINDS
    return bool(asked and street.kinds and not asked & street.kinds)


# ── Houses ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _houses(street: Street, hit: _StreetHit, told: Told) -> Iterator[_Hit]:
    """The houses of a street that this way of understanding may mean; none where a number stays unexplained."""
    has = street.name.numbers | street.place.name.numbers
    if not told.numbers <= has:
        return
    unsaid = street.name.numbers - told.numbers
    if unsaid and not street.name.words and not told.words:
        return
    base = hit.score - told.doubt - (UNSAID_NUMBER if unsaid else 0.0)
    hit = replace(hit, is_whole=hit.is_whole and not unsaid)
    if told.house is None:
        for at, (pk, _number) in enumerate(sorted(street.houses, key=lambda row: row[1])[:10]):
            yield _Hit(base - at / 1000, street, told, pk, 0.0, hit)
        return
    near = sorted(((*_closeness(told, number), pk) for pk, number in street.houses), reverse=True)[:10]
    for closeness, minus_distance, pk in near:
        met = HOUSE_MET * closeness
        yield _Hit(base + met + max(minus_distance, -50) / 1000, street, told, pk, closeness, hit)
    if (not near or near[0][0] < OTHER_SIGN) and hit.score >= SURE_STREET and told.doubt < 0.1:
        yield _Hit(base + HOUSE_NEW, street, told, None, 0.0, hit)


def _closeness(told: Told, number: tuple[int, tuple[tuple[str, str], ...]]) -> tuple[float, int]:
    assert told.house is not None
    asked = told.house[0]
    near = nearness(told.house, number)
    if not near and str(number[0]).startswith(str(asked)):
        # Still being typed: after «2» may come «20».
        near = 0.2
    return near, -abs(number[0] - asked)


def _as_typed_first(hits: list[_Hit]) -> list[_Hit]:
    """The likeliest street's own house, known or not, before a like one of another town and before turned numbers.

    «гагарина 5 1» is never house 1 of some other town, however well that one is known.
    """
    in_order = [hit for hit in hits if not hit.told.is_turned]
    lead = max(in_order, key=lambda hit: hit.likeness, default=None)
    if lead is None or lead.told.house is None:
        return hits
    at_home = [
        hit for hit in in_order
        if hit.street.place == lead.street.place and hit.likeness >= lead.likeness - AS_GOOD
    ]  # fmt: skip
    is_known = any(hit.is_met for hit in at_home)
    typed = next((hit for hit in at_home if hit.is_met or (hit.pk is None and not is_known)), None)
    hits = _with_few_new(hits, typed)
    if typed is None:
        return hits
    before = [
        hit for hit in hits
        if hit.score > typed.score and not hit.told.is_turned
        and (hit.street.place == typed.street.place or _is_other_name(hit, typed))
    ]  # fmt: skip
    rest = [hit for hit in hits if hit is not typed and hit not in before]
    # Where the very street is in several towns, each of them as it was typed.
    return [*before, typed, *sorted(rest, key=lambda hit: hit.pk is not None)]


def _is_other_name(hit: _Hit, typed: _Hit) -> bool:
    """«пушк 50» may be Пушкинская as well as Пушкина: the one that has the house is meant."""
    return not typed.of_street.is_whole and hit.street.words != typed.street.words


def _with_few_new(hits: list[_Hit], typed: _Hit | None) -> list[_Hit]:
    """Unknown houses only of the best streets, beside ``typed`` only where no street as good has that very house."""
    met = max((hit.likeness for hit in hits if hit.is_met and not hit.told.is_turned), default=0.0)
    new = [hit for hit in hits if hit.pk is None]
    if not new:
        return hits
    best: dict[Street, _Hit] = {}
    for hit in new:
        if hit is typed or (hit.score >= new[0].score - AS_GOOD and hit.score - HOUSE_NEW > met + AS_GOOD):
            best.setdefault(hit.street, hit)
    kept = list(best.values())[:NEW_SHOWN]
    return [hit for hit in hits if hit.pk is not None or hit in kept]


def _sure(hits: list[_Hit]) -> _Hit | None:
    """The one house said in whole words; else the only one whose number was met at all. Always the first."""
    if not hits or not hits[0].is_met or hits[0].told.is_turned:
        return None
    met = [hit for hit in hits if hit.is_met and hit.of_street.score >= SURE_STREET - 2 * AS_GOOD]
    whole = [hit for hit in met if hit.of_street.is_whole]
    if whole:
        whole = [hit for hit in whole if hit.score > whole[0].score - AS_GOOD]
        return whole[0] if whole == hits[:1] else None
    met = [hit for hit in met if hit.score > met[0].score - NEAR_THE_BEST]
    return met[0] if met == hits[:1] and all(hit.pk is not None for hit in hits) else None


def _only_as_typed(hits: list[_Hit]) -> bool:
    """A house that the register does not know, on a street said in whole, and no other is like it."""
    first, others = hits[0], hits[1:]
    return first.pk is None and first.of_street.is_whole and not any(hit.pk is None or hit.is_met for hit in others)


def _found(hits: list[_Hit], sure: _Hit | None) -> Iterator[Found]:
    """Houses as the database has them now: what was deleted a moment ago is passed over."""
    buildings = Building.objects.with_locality().in_bulk([hit.pk for hit in hits if hit.pk is not None])
    as_typed = hits[0] if hits and _only_as_typed(hits) else None
    for hit in hits:
        told, place = hit.told, hit.street.place
        parts = (told.flat, told.entrance, told.floor)
        if hit.pk is None and told.house is not None:
            street = hit.street.title or hit.of_street.typed or place.title
            where = (street, written(told.house), place.title)
            yield Found(None, *where, *parts, is_sure=False, is_doubtful=hit is not as_typed)
        elif building := buildings.get(hit.pk or 0):
            where = (building.street, building.house, building.locality.name)
            yield Found(building, *where, *parts, is_sure=hit is sure, is_doubtful=hit is not sure)
