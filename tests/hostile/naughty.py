"""The words themselves, dealing them out to fields, and what a page must look like with them in it.

The words are the Big List of Naughty Strings (MIT), kept beside the repository.
"""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

NAUGHTY = Path(settings.BASE_DIR).parent / "shared" / "data" / "naughty-strings" / "blns.json"
# A spreadsheet would run these; a telephone begins with the same sign and must stay as it is.
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "＝1+1", '=HYPERLINK("http://example.org","x")']
XSS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}{% now 'Y' %}",
]
SHORTEST = 12
NUL = "до\0после"
# Many such words in one field are refused or cleaned together, and one must not hide the others.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def words(every: int) -> list[str]:
    if not NAUGHTY.is_file():
        pytest.skip(f"the list of naughty strings is not there: {NAUGHTY}")
    listed = json.loads(NAUGHTY.read_text(encoding="utf-8"))
    return [*FORMULAS, *XSS, NUL, *listed[::every]]


def packed(given: list[str], *, limit: int) -> list[str]:
    """The words in as few texts as fit: a line for each, cut where one alone is too long."""
    found: list[str] = []
    is_open = False
    for word in given:
        alone = CONTROL.search(word) is not None
        if is_open and not alone and len(found[-1]) + 1 + len(word) <= limit:
            found[-1] += f"\n{word}"
        else:
            found.append(word[:limit])
        is_open = not alone
    # Cut short, many are the same.
    return list(dict.fromkeys(found))


def dealt(given: list[str], limits: dict[str, int]) -> Iterator[dict[str, str]]:
    """Requests in which every field meets every word once; at one time different fields hold different words."""
    texts = {name: packed(given, limit=limit) for name, limit in limits.items()}
    for turn in range(max((len(some) for some in texts.values()), default=0)):
        yield {
            name: some[(turn + place * len(some) // len(texts)) % len(some)]
            for place, (name, some) in enumerate(texts.items())
        }


class Skeleton(HTMLParser):
    """The tags of a page with the names of their attributes: what words in it cannot change when they are escaped."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A line break in the word is one on the page.
        if tag != "br":
            self.tags.append((tag, tuple(sorted(name for name, _value in attrs))))


def alive(page: str) -> list[str]:
    """What runs on a page although ours have nothing of the kind: handlers in attributes, foreign tags."""
    found = []
    for tag, names in Skeleton(page).tags:
        found += [f"<{tag} {name}>" for name in names if name.startswith("on")]
        if tag in ("iframe", "object", "embed", "marquee", "xss", "isindex", "bgsound", "layer", "frameset"):
            found.append(f"<{tag}>")
    return found


def could_be_alive(word: str) -> bool:
    """With signs in it that mean something on a page; a word without them cannot change what tags there are."""
    return re.search("[<>\"'&{}`\\\\]", word) is not None


def unescaped(page: str, said: list[str]) -> list[str]:
    """The words with a tag in them that stand on the page as they were typed."""
    # What was cut down to «<a href=» or «<script src=» stands on every page.
    told = [word for word in said if len(word) > SHORTEST and re.search(r"<\s*/?\s*[a-z!?]", word, re.IGNORECASE)]
    return [word for word in told if word in page]
