"""Words as hands type them: the wrong keyboard layout, letters that look alike, beginnings, slips of the finger."""

import re
from bisect import bisect_left
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

# The keys of the Russian layout by what they give in the English one.
_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,." + '~{}:"<>' + "`?|"
_GIVE = "йцукенгшщзхъфывапролджэячсмитьбю" + "ехъжэбю" + "е,/"
_LAYOUT = str.maketrans(_KEYS, _GIVE)
_LOOK_ALIKE = str.maketrans("acekmhoptxyb", "асекмнортхув")
_LATIN = re.compile(r"[a-z]")
_CYRILLIC = re.compile(r"[а-я]")
_LATIN_RUN = re.compile(r"[а-я]*[a-z][a-zа-я]*")
_ONLY_LOOK_ALIKE = re.compile(r"[^a-z]*[acekmhoptxyb]+(?:[^a-z]|[acekmhoptxyb])*")
# In the wrong layout the key of the dot gives a slash; behind a digit it is meant as it stands.
_SLASH_FOR_DOT = re.compile(r"(?<!\d)/")

SHORTEST_WITH_SLIPS = 4


def fold(text: str) -> str:
    """One way of writing for comparing: small letters, «е» for «ё»."""
    return text.lower().replace("ё", "е")


def readings(text: str) -> list[str]:
    """What was meant by the keys pressed, folded; two where Latin letters may be look-alikes or another layout."""
    text = fold(text)
    if not _LATIN.search(text):
        return [text]
    if _CYRILLIC.search(text):
        return [_LATIN_RUN.sub(lambda run: _repaired(run.group()), text)]
    meant = [_SLASH_FOR_DOT.sub("\0", text).translate(_LAYOUT).replace("\0", ".")]
    if _ONLY_LOOK_ALIKE.fullmatch(text):
        meant.append(text.translate(_LOOK_ALIKE))
    return meant


def _repaired(run: str) -> str:
    """A word in the midst of Russian ones: a stray Latin «o», or typed before the layout was switched."""
    return run.translate(_LOOK_ALIKE if _ONLY_LOOK_ALIKE.fullmatch(run) else _LAYOUT)


class Vocabulary:
    """Known words, found by what somebody typed instead of them."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = sorted(set(words))
        self._beginnings: dict[int, dict[str, list[str]]] = {}

    def like(self, typed: str, *, whole: bool = False) -> dict[str, float]:
        """Words that ``typed`` may mean, each with a likeness up to 1 (the very word); ``whole``: no beginnings."""
        found: dict[str, float] = {}
        if not whole:
            for word in self._begun_by(typed):
                found[word] = 0.93 + 0.05 * len(typed) / len(word)
        if len(typed) >= SHORTEST_WITH_SLIPS:
            self._add_slips(typed, found)
            if not whole:
                self._add_slips_in_beginnings(typed, found)
        if self._knows(typed):
            found[typed] = 1.0
        return found

    def _knows(self, word: str) -> bool:
        at = bisect_left(self.words, word)
        return at < len(self.words) and self.words[at] == word

    def _begun_by(self, typed: str) -> list[str]:
        return self.words[bisect_left(self.words, typed) : bisect_left(self.words, typed + "\uffff")]

    def _add_slips(self, typed: str, found: dict[str, float]) -> None:
        slips = 1 if len(typed) < 6 else 2 if len(typed) < 10 else 3
        near = process.extract(typed, self.words, scorer=OSA.distance, score_cutoff=slips, limit=None)
        for word, distance, _at in near:
            _keep_best(found, word, 1 - 0.6 * distance / len(typed))

    def _add_slips_in_beginnings(self, typed: str, found: dict[str, float]) -> None:
        """A letter lost or doubled makes the beginning meant one longer or shorter than the typed one."""
        for length in (len(typed) - 1, len(typed), len(typed) + 1):
            begun = self._by_beginning(length)
            near = process.extract(typed, begun.keys(), scorer=OSA.distance, score_cutoff=1, limit=None)
            for beginning, distance, _at in near:
                if distance:
                    for word in begun[beginning]:
                        _keep_best(found, word, 0.9 - 0.6 * distance / len(typed) + 0.02 * len(typed) / len(word))

    def _by_beginning(self, length: int) -> dict[str, list[str]]:
        if length not in self._beginnings:
            begun: dict[str, list[str]] = {}
            for word in self.words:
                if len(word) >= length:
                    begun.setdefault(word[:length], []).append(word)
            self._beginnings[length] = begun
        return self._beginnings[length]


def _keep_best(found: dict[str, float], word: str, likeness: float) -> None:
    if likeness > found.get(word, 0.0):
        found[word] = likeness
