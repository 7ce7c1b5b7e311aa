"""Names of organisations: one spelling of each, whatever quotes, spaces and legal forms it was typed with."""

import re
from dataclasses import dataclass

from companies.words import fold

# The legal form as it is written, by every way to say it. The longer is looked for first.
FORMS: dict[str, str] = {
    "общество с ограниченной ответственностью": "ООО", "ооо": "ООО",
    "закрытое акционерное общество": "ЗАО", "зао": "ЗАО",
    "открытое акционерное общество": "ОАО", "оао": "ОАО",
    "публичное акционерное общество": "ПАО", "пао": "ПАО",
    "непубличное акционерное общество": "НАО", "нао": "НАО",
    "акционерное общество": "АО", "ао": "АО",
    "некоммерческая организация товарищество собственников жилья": "ТСЖ",
    "товарищество собственников жилья": "ТСЖ", "но тсж": "ТСЖ", "тсж": "ТСЖ",
    "товарищество собственников недвижимости": "ТСН", "тсн(ж)": "ТСН", "тсн": "ТСН",
    "потребительский кооператив жск": "ЖСК", "пк жск": "ЖСК",
    "жилищно-строительный кооператив": "ЖСК", "жилищно строительный кооператив": "ЖСК", "жск": "ЖСК",
    "молодежный жилищно-строительный кооператив": "МЖСК", "мжск": "МЖСК",
    "жилищный кооператив": "ЖК", "жк": "ЖК",
    "муниципальное унитарное предприятие города владивостока": "МУПВ", "мупв": "МУПВ",
    "муниципальное унитарное предприятие": "МУП", "муп": "МУП",
    "муниципальное казенное учреждение": "МКУ", "мку": "МКУ",
    "муниципальное бюджетное учреждение": "МБУ", "мбу": "МБУ",
    "муниципальное автономное учреждение": "МАУ", "мау": "МАУ",
    "муниципальное казенное предприятие": "МКП", "мкп": "МКП",
    "государственное унитарное предприятие": "ГУП", "гуп": "ГУП",
    "федеральное государственное унитарное предприятие": "ФГУП", "фгуп": "ФГУП",
    "федеральное государственное бюджетное учреждение": "ФГБУ", "фгбу": "ФГБУ",
    "государственное казенное учреждение": "ГКУ", "гку": "ГКУ",
    "коммунальное унитарное предприятие": "КУП", "куп": "КУП",
    "республиканское унитарное предприятие": "РУП", "руп": "РУП",
    "индивидуальный предприниматель": "ИП", "ип": "ИП",
}  # fmt: skip
HOMEOWNERS = frozenset({"ТСЖ", "ТСН", "ЖСК", "МЖСК", "ЖК"})
# Said of what it is, inside the name.
ROLES = {"управляющая компания": "УК", "ук": "УК", "управляющая организация": "УО", "уо": "УО"}
LONGEST_NAME = 200

_QUOTES = re.compile(r"[\"'`«»„“”‟‹›‘’‚″＂]|&quot;")
_SPACES = re.compile(r"\s+")
_LATIN = str.maketrans("ABCEHKMOPTXacekopx", "АВСЕНКМОРТХасекорх")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_NUMBER = re.compile(r"(?:№|n|no\.?)?\s*(\d+)", re.IGNORECASE)
_EDGES = " ,;-–—"
_NUMBER_SIGN = re.compile(r"\s*№\s*")
_TOWN = re.compile(r"[,\s]+г\.\s*([А-ЯЁ][\w-]+)$")
_DASH = re.compile(r"\s+[-–—]\s+|\s*[–—]\s*")


def _starts(words: dict[str, str]) -> re.Pattern[str]:
    longest = sorted(words, key=len, reverse=True)
    spaced = ("[ -]+".join(re.escape(word) for word in re.split(r"[ -]", form)) for form in longest)
    return re.compile(rf"(?:{'|'.join(spaced)})(?![^\W\d_])")


_FORM, _ROLE = _starts(FORMS), _starts(ROLES)
_FORM_AT_END = re.compile(rf"[\s,(]+({_FORM.pattern})\W*$")


@dataclass(frozen=True, slots=True)
class CompanyName:
    """``name`` as it is shown, ``key`` by which two spellings are one, ``form`` «ООО» or ''."""

    name: str
    key: str
    form: str

    @property
    def is_homeowners(self) -> bool:
        return self.form in HOMEOWNERS


def company_name(typed: str) -> CompanyName | None:
    """One spelling of a name as it was typed; None where it says nothing."""
    bare = _SPACES.sub(" ", _QUOTES.sub(" ", typed)).strip(_EDGES)
    form, rest = _without_form(_mend_latin(bare))
    # «ООО ТСЖ на Кирова» keeps what it calls itself; «ООО ЖКП УК Мой дом» has no second form.
    role, rest = _without_role(rest)
    words = _WORD.findall(fold(rest))
    if not words and not form and not role:
        return None
    key = " ".join(part for part in (fold(form), fold(role), *words) if part)
    return CompanyName(_shown(form, role, _tidy(rest))[:LONGEST_NAME], key, form)


def _mend_latin(text: str) -> str:
    """«OOO» typed in Latin letters: a word of nothing but look-alikes that is a form once they are Russian."""
    return " ".join(
        mended if (mended := word.translate(_LATIN)) != word and fold(mended.strip("().,")) in FORMS else word
        for word in text.split(" ")
    )


def _without_form(text: str) -> tuple[str, str]:
    folded = fold(text)
    if found := _FORM.match(folded):
        return FORMS[_spelled(found.group(), FORMS)], text[found.end() :].strip(_EDGES)
    if found := _FORM_AT_END.search(folded):
        return FORMS[_spelled(found.group(1), FORMS)], text[: found.start()].strip(_EDGES)
    return "", text


def _without_role(text: str) -> tuple[str, str]:
    if found := _ROLE.match(fold(text)):
        rest = text[found.end() :].strip(_EDGES)
        # «ООО УК» has no other name than that.
        if rest:
            return ROLES[_spelled(found.group(), ROLES)], rest
    return "", text


def _spelled(found: str, words: dict[str, str]) -> str:
    """The form among ``words`` that was said with whatever spaces and hyphens."""
    said = re.sub(r"[ -]+", " ", found)
    return found if found in words else next(form for form in words if form.replace("-", " ") == said)


def _tidy(rest: str) -> str:
    rest = _NUMBER_SIGN.sub(" № ", rest).strip()
    return _SPACES.sub(" ", _DASH.sub("-", rest)).strip(_EDGES)


def _shown(form: str, role: str, rest: str) -> str:
    if town := _TOWN.search(rest):
        return f"{_shown(form, role, rest[: town.start()])} г. {town[1]}"
    if number := _NUMBER.fullmatch(rest):
        return " ".join(part for part in (form, role, f"№ {number[1]}") if part)
    if form == "ИП":
        return f"ИП {rest}".strip()
    if not form and not role:
        return rest
    if not form:
        return f"{role} «{rest}»"
    named = f"{role} {rest}".strip()
    return f"{form} «{named}»" if named else form
