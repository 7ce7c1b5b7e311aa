"""Problems as callers name them: by two or three letters, by the words of the description; offered, never chosen."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from math import log

import snowballstemmer  # type: ignore[import-untyped]
from django.core.cache import cache
from django.db.models.functions import Now

from companies.words import Vocabulary, fold, readings
from tickets.models import Category, Ticket

SHOWN = 10
# How often a problem is told: of the last month, as far as the latest calls tell, looked at now and then.
MONTH, LATEST, COUNTED_EVERY_SECONDS = timedelta(days=30), 5000, 300
COUNTS = "tickets-by-category"
# The position of a category that nobody has put in order.
UNPLACED = 100
# Said with any problem.
EMPTY = frozenset(
    "не в во на с со из у и а но по к ко от до за о об мы я нас нам меня мне вас очень уже опять снова это там тут что "
    "где как дома доме здравствуйте пожалуйста день дня дней второй третий совсем есть был была было".split()
)
# A word of the problem's other names counts less than one of the very name that is being compared.
ELSEWHERE, AS_CALLERS_SAY = 0.75, 0.97
# So few letters are the beginning of a word, even where they happen to be one: «гор» is not yet «горит».
BEGINNING, LIKE_A_BEGINNING = 3, 0.98
# A name said whole outweighs one said in part; then what is told more often; then danger.
SAID_WHOLE, FREQUENT, DANGER = 0.1, 0.08, 0.03
WORTH_SHOWING = 0.6
# In a description words stand to their end.
SAME_WORD, CLEARER_BY = 0.84, 1.15

_stem = lru_cache(maxsize=20_000)(snowballstemmer.stemmer("russian").stemWord)


@dataclass(frozen=True, slots=True)
class _Names:
    """One category: its name and the ways of callers, each as stems, and the place it speaks of."""

    own: tuple[frozenset[str], ...]
    said: tuple[frozenset[str], ...]
    place: frozenset[str]

    @property
    def phrases(self) -> tuple[frozenset[str], ...]:
        return self.own + self.said

    @property
    def words(self) -> frozenset[str]:
        return frozenset().union(self.place, *self.phrases)


@dataclass(frozen=True, slots=True)
class _Known:
    names: tuple[_Names, ...]
    vocabulary: Vocabulary
    # The rarer a word among the names, the more it tells.
    weights: dict[str, float]


def suggest_categories(text: str, *, limit: int = SHOWN) -> list[Category]:
    """Up to ``limit`` problems that the letters or words may mean; without any, those that are told most often."""
    categories = list(Category.objects.active())
    often = _often()
    if not text.strip():
        return sorted(categories, key=lambda one: (-_frequent(one, often), one.position, one.code))[:limit]
    known = _known_of(categories)
    scores: dict[Category, float] = defaultdict(float)
    for reading in readings(text):
        for category, score in zip(categories, _scores(known, _words(reading)), strict=True):
            scores[category] = max(scores[category], score)
    found = [one for one in categories if scores[one] >= WORTH_SHOWING]
    found.sort(key=lambda one: (
        -scores[one] - FREQUENT * _frequent(one, often) - DANGER * one.is_danger, one.position, one.code,
    ))  # fmt: skip
    return found[:limit]


def category_meant(text: str) -> Category | None:
    """The problem that the words of a description clearly mean; None when they say too little or more than one."""
    categories = list(Category.objects.active())
    known = _known_of(categories)
    said = {word for typed in _words(fold(text)) for word in _same_words(known, typed)}
    told = sorted(
        ((_told(known, names, said), -one.position, at) for at, (one, names) in enumerate(
            zip(categories, known.names, strict=True)
        )),
        reverse=True,
    )  # fmt: skip
    if not told or not told[0][0]:
        return None
    best, second = told[0], told[1] if len(told) > 1 else (0.0, 0, 0)
    return categories[best[2]] if best[0] >= CLEARER_BY * second[0] else None


# ── What is known ────────────────────────────────────────────────────────────────────────────────────────────────
def _known_of(categories: list[Category]) -> _Known:
    return _known(tuple((one.place, one.group, one.problem, one.keywords) for one in categories))


@lru_cache(maxsize=2)
def _known(rows: tuple[tuple[str, str, str, str], ...]) -> _Known:
    """Put together once for the categories as they stand."""
    names = tuple(
        _Names(_phrases(problem, f"{group} {problem}"), _phrases(*keywords.split(",")), frozenset(_stems(place)))
        for place, group, problem, keywords in rows
    )
    spread = Counter(word for one in names for word in one.words)
    weights = {word: 0.3 + log(len(names) / count + 1) for word, count in spread.items()}
    return _Known(names, Vocabulary(weights), weights)


def _phrases(*texts: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(stems) for stems in map(_stems, texts) if stems)


def _often() -> dict[int, float]:
    """From 0 to 1 how often each category is told."""
    counts: dict[int, int] | None = cache.get(COUNTS)
    if counts is None:
        latest = Ticket.objects.filter(registered_at__gt=Now() - MONTH).order_by("-registered_at")
        counts = dict(Counter(latest.values_list("category_id", flat=True)[:LATEST]))
        cache.set(COUNTS, counts, COUNTED_EVERY_SECONDS)
    most = log(1 + max(counts.values(), default=1))
    return {pk: log(1 + count) / most for pk, count in counts.items()}


def _frequent(category: Category, often: dict[int, float]) -> float:
    """Until calls have been counted, those that the list itself puts first."""
    return often.get(category.pk, 0.0) if often else float(category.position < UNPLACED) / 2


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _words(text: str) -> list[str]:
    words = re.findall(r"[а-я]+|\d+", text)
    return [word for word in words if word not in EMPTY] or words


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in _words(fold(text))]


def _alike(known: _Known, typed: str) -> dict[str, float]:
    """Known stems that a word, or the beginning of one, may mean."""
    found = known.vocabulary.like(typed)
    if len(typed) > 2:
        for word, likeness in known.vocabulary.like(_stem(typed)).items():
            found[word] = max(likeness, found.get(word, 0.0))
    begun = {word: likeness for word, likeness in found.items() if word.startswith(typed)}
    if begun:
        # «протек» begins «протекает»; it is no slip of «пробки».
        found = begun
    most = LIKE_A_BEGINNING if len(typed) <= BEGINNING else 1.0
    return {word: min(likeness, most) for word, likeness in found.items()}


def _same_words(known: _Known, typed: str) -> list[str]:
    like = known.vocabulary.like(_stem(typed), whole=True)
    return [word for word, likeness in like.items() if likeness >= SAME_WORD]


def _scores(known: _Known, typed: list[str]) -> list[float]:
    """How well each category explains all the words: 1 and a little more where one of its names is said whole."""
    alike = [_alike(known, word) for word in typed]
    # Of a word that nobody knows nothing can be said but that it is not explained.
    weights = [max((known.weights[word] for word in like), default=1.0) for like in alike]
    total = sum(weights) or 1.0
    scores = []
    for names in known.names:
        around = [ELSEWHERE * max((like.get(word, 0.0) for word in names.words), default=0.0) for like in alike]
        best = 0.0
        for at, phrase in enumerate(names.phrases):
            share = 1.0 if at < len(names.own) else AS_CALLERS_SAY
            met = [share * max((like.get(word, 0.0) for word in phrase), default=0.0) for like in alike]
            explained = sum(
                weight * max(here, elsewhere) for weight, here, elsewhere in zip(weights, met, around, strict=True)
            )
            said = sum(1 for word, likeness in zip(typed, met, strict=True) if likeness and len(word) > BEGINNING)
            whole = said / max(len(phrase), 1)
            best = max(best, explained / total + SAID_WHOLE * min(whole, 1.0))
        scores.append(best)
    return scores


def _told(known: _Known, names: _Names, said: set[str]) -> float:
    """The weight of the fullest of its names that stands in the text in whole."""
    whole = [phrase for phrase in names.phrases if phrase <= said]
    best = max((sum(known.weights[word] for word in phrase) for phrase in whole), default=0.0)
    return best + (0.5 * sum(known.weights[word] for word in names.place & said) if best else 0.0)
