"""One log for everything that runs: each line with the name of its process, in a colour of its own on a terminal."""

import os
import re
import sys
from collections.abc import Mapping
from typing import TextIO

OURSELVES = "centre"
WIDTH = 9
COLOURS: Mapping[str, int] = {
    OURSELVES: 1,
    "postgres": 34,
    "redis": 31,
    "prepare": 90,
    "mail": 90,
    "web": 32,
    "worker": 33,
    "beat": 35,
    "promises": 36,
}
# A program may colour its own lines, but must not move the cursor or clear the screen of the others.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-ln-z]|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]")


def prefixed(name: str, line: str, *, colour: bool) -> str:
    """``web       │ the line``: the name padded so that the lines of all processes stand in one column."""
    label = f"{name:<{WIDTH}}│"
    if colour:
        label = f"\x1b[{COLOURS.get(name, 37)}m{label}\x1b[0m"
    return f"{label} {CONTROL.sub('', line.rstrip())}\n"


class Console:
    def __init__(self, output: TextIO | None = None) -> None:
        self.output = output or sys.stdout
        self.colour = self.output.isatty() and not os.environ.get("NO_COLOR")

    def line(self, name: str, line: str) -> None:
        # Whoever read our output may be gone; the centre goes on.
        try:
            self.output.write(prefixed(name, line, colour=self.colour))
            self.output.flush()
        except (BrokenPipeError, ValueError):
            self.output = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115

    def say(self, sentence: str) -> None:
        for line in sentence.splitlines():
            self.line(OURSELVES, line)
