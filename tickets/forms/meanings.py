"""What somebody means who types into the search: a number, a telephone, an address, a name, words — by its shape.

Each meaning narrows the tickets by an index of its own, so that several of them are several short looks and never one
long condition.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet
from django.db.models.functions import Reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.phones import EXTENSION, WrongPhone, parse_phone
from callbacks.models import Contact
from companies.addresses import find
from tickets.models import Category
from tickets.models.tickets import TicketQuerySet

Narrow = Callable[[TicketQuerySet], TicketQuerySet]

NUMBER = re.compile(r"№?\s*(\d{2}-\d{6,10})")
# Fewer digits than this end too many numbers to mean one; of telephones too many people share three.
LEAST_DIGITS, LEAST_OF_PHONE = 3, 4
# From here on it is a telephone with its code; less is the end of one, or of a ticket's number.
WHOLE_PHONE = 10
# So many contacts are looked up one by one sooner than they are met on the way through all tickets.
FEW = 2_000


@dataclass(frozen=True, slots=True)
class Meaning:
    """``why``: what a found ticket is said to have been found by. Several may say the same."""

    why: Promise | str
    narrow: Narrow
    is_number: bool = False


class TooShort(ValueError):
    """Two digits end every hundredth number."""

    message = _("Нужно хотя бы три цифры.")


def meanings_of(text: str) -> list[Meaning]:
    """Everything that ``text`` may mean. Raises TooShort."""
    text = " ".join(text.replace("\0", "").split())
    if found := NUMBER.fullmatch(text):
        number = found.group(1)
        # The log before this one may have numbered alike.
        either = Q(number=number) | Q(old_number=number)
        return [Meaning(_("номер"), lambda rows: rows.filter(either), is_number=True)]
    if is_digits(text):
        return list(_of_digits(text))
    return list(_of_words(text))


def is_digits(text: str) -> bool:
    """A number in whatever spelling, an extension behind it included."""
    return not re.search(r"[^\d\s()+.\-–№/]", EXTENSION.sub("", text))


# ── Digits ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _of_digits(text: str) -> Iterator[Meaning]:
    digits = re.sub(r"\D", "", EXTENSION.sub("", text))
    if len(digits) < LEAST_DIGITS:
        raise TooShort(text)
    if len(digits) < WHOLE_PHONE and not text.startswith("+"):
        yield Meaning(_("номер"), _number_ends(digits))
        yield _of_old_number(text)
    if len(digits) >= LEAST_OF_PHONE:
        yield from _of_phone(_with_country(text, digits))


def _with_country(text: str, digits: str) -> str:
    """Eight, seven and plus seven are one and the same beginning; what is no whole telephone stays an end of one."""
    if len(digits) < WHOLE_PHONE:
        return digits
    try:
        return parse_phone(text).number.lstrip("+")
    except WrongPhone:
        return digits


def _number_ends(digits: str) -> Narrow:
    return lambda rows: rows.alias(number_reversed=Reverse("number")).filter(
        number_reversed__startswith=digits[::-1]
    )  # fmt: skip


def _of_old_number(text: str) -> Meaning:
    """The number that it had in the log before this one, as that log wrote it."""
    return Meaning(_("прежний номер"), lambda rows: rows.filter(old_number=text.lstrip("№ ")))


def _of_phone(digits: str) -> Iterator[Meaning]:
    """By the last digits: of the caller, of whoever else called about it, of their second numbers, of the site."""
    ending = digits[::-1]
    people = Contact.objects.filter(phone_reversed__startswith=ending)
    yield from _of_contacts(_("телефон"), people, Q(contact__phone_reversed__startswith=ending))
    yield Meaning(
        _("телефон того, кто тоже звонил"),
        lambda rows: rows.filter(added__contact__in=list(people.values_list("pk", flat=True)[:FEW])),
    )
    yield Meaning(
        _("второй телефон"),
        lambda rows: rows.alias(second_reversed=Reverse("contact__second_phone"))
        .filter(~Q(contact__second_phone=""), second_reversed__startswith=ending),
    )  # fmt: skip
    yield Meaning(
        _("телефон на месте"),
        lambda rows: rows.alias(site_reversed=Reverse("site_phone"))
        .filter(~Q(site_phone=""), site_reversed__startswith=ending),
    )  # fmt: skip


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _of_words(text: str) -> Iterator[Meaning]:
    query = SearchQuery(text, config="russian", search_type="websearch")
    if address := _the_house(text):
        yield Meaning(_("адрес"), address)
    if not re.search(r"\d", text):
        people = Contact.objects.filter(name_search=query)
        yield from _of_contacts(_("имя"), people, Q(contact__name_search=query))
        yield from _of_category(query)
    elif " " not in text:
        yield _of_old_number(text)
    yield Meaning(_("слова"), lambda rows: rows.filter(search=query))


def _the_house(text: str) -> Narrow | None:
    """The one house that the words mean for sure, with its flat where one was typed."""
    if not re.search(r"\d", text):
        return None
    sure = next((found for found in find(text, limit=1) if found.is_sure and found.building), None)
    if sure is None:
        return None
    wanted = Q(building=sure.building)
    if sure.flat:
        wanted &= Q(flat=sure.flat)
    return lambda rows: rows.filter(wanted)


def _of_contacts(why: Promise, people: QuerySet[Contact], condition: Q) -> Iterator[Meaning]:
    """Of few people by their contacts; of many the newest are soon met among all tickets by ``condition``.

    Which of both it is, PostgreSQL cannot guess: a word that is nobody's name, or digits that end few numbers, would
    make it walk through everything.
    """
    few = list(people.values_list("pk", flat=True)[: FEW + 1])
    if len(few) > FEW:
        yield Meaning(why, lambda rows: rows.filter(condition))
    elif few:
        yield Meaning(why, lambda rows: rows.filter(contact__in=few))


def _of_category(query: SearchQuery) -> Iterator[Meaning]:
    """«лифт» is also what people say otherwise and the desk has called «Лифт стоит»."""
    names = SearchVector("group", "problem", "keywords", config="russian")
    meant = list(Category.objects.alias(names=names).filter(names=query).values_list("pk", flat=True))
    if meant:
        yield Meaning(_("категория"), lambda rows: rows.filter(category__in=meant))
