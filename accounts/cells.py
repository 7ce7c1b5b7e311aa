"""Cells of the tables that are handed out: a text that somebody typed must not run in a spreadsheet.

The kept library for this, defusedcsv, puts an apostrophe before every plus sign and so breaks telephone numbers, and
knows neither tabs nor line feeds at the start of a cell.
"""

import re

# What a spreadsheet takes for the beginning of a formula, in the widths that it folds into one.
FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]")
# A number or a telephone is no formula, whatever its sign; an extension may follow.
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?|\+[1-9]\d{6,14}(?: доб\. \d{1,8})?")


def harmless(text: str) -> str:
    """``text`` that no spreadsheet takes for a formula: an apostrophe goes before what looks like one."""
    text = text.replace("\0", "")
    if FORMULA.search(text) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text
