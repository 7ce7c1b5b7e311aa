"""House numbers in any spelling: «20 корп. 1», «20к1», «17/27», «12 "А"», «12а» (дом, корпус, строение, литера)."""

import re
from functools import lru_cache

from .words import fold

# The number, then what stands after it with the sign it stands behind: «20к1/2» is (20, (("к", "1"), ("/", "2"))).
# A letter has no sign, however it is set apart.
HouseNumber = tuple[int, tuple[tuple[str, str], ...]]

SIGNS = {
    **dict.fromkeys(("к", "кор", "корп", "корпус"), "к"),
    **dict.fromkeys(("с", "стр", "строен", "строение"), "с"),
    **dict.fromkeys(("л", "лит", "литер", "литера"), ""),
    "/": "/", "-": "-",
}  # fmt: skip
_TOKENS = re.compile(r"\d+|[а-я]+|/|-")
_LATIN = str.maketrans("abcekmhopty", "авсекмнорту")
_ASIDE = re.compile(r"\(.*?\)|[\"'«»„“]")

# How near a house is to the one asked for.
SAME, OTHER_SIGN, MORE_PRECISE, LESS_PRECISE, OTHER_PART = 1.0, 0.9, 0.4, 0.35, 0.3


@lru_cache(maxsize=20_000)
def house_number(text: str) -> HouseNumber:
    """As a register has it; 0 where there is no number at all."""
    tokens = _TOKENS.findall(_ASIDE.sub("", fold(text).replace("\\", "/")).translate(_LATIN))
    while tokens and not tokens[0].isdigit():
        tokens.pop(0)
    if not tokens:
        return 0, (("", fold(text).strip()),)
    parts = []
    sign = ""
    for token in tokens[1:]:
        if token in SIGNS and not sign:
            sign = token
            continue
        parts.append(part_of(sign, token))
        sign = ""
    if sign.isalpha():
        parts.append(("", sign))
    return int(tokens[0]), tuple(parts)


def part_of(sign: str, value: str) -> tuple[str, str]:
    """«корп. А», «/А» and «-А» are nothing but the letter."""
    if not value.isdigit():
        return "", value
    return SIGNS.get(sign, sign), str(int(value))


def written(number: HouseNumber) -> str:
    """The usual short spelling: 20к1, 17/27, 12а."""
    first, parts = number
    return str(first) + "".join(f"{' стр. ' if sign == 'с' else sign}{value}" for sign, value in parts)


def nearness(asked: HouseNumber, has: HouseNumber) -> float:
    """1 for the very house, then houses of the same number, 0 for other numbers."""
    if asked == has:
        return SAME
    if asked[0] != has[0] or not asked[0]:
        return 0.0
    wanted, there = [value for _sign, value in asked[1]], [value for _sign, value in has[1]]
    if wanted == there:
        return OTHER_SIGN
    if there[: len(wanted)] == wanted:
        return MORE_PRECISE
    return LESS_PRECISE if wanted[: len(there)] == there else OTHER_PART
