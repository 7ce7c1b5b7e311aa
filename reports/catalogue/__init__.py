"""The reports of the centre, each built of the figures (reports/figures) and shown the same everywhere."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.services.days import one_moment
from reports.services.reading import Reading

from .base import Build, Cell, Chart, Column, Fact, Line, Report, Section, compared
from .calls import escalations, incoming, repeats
from .organisations import organisations
from .others import access, outages
from .people import operators
from .places import categories
from .promise import promise


@dataclass(frozen=True)
class Kind:
    """One report: its title, what it tells in a sentence, and how it is built."""

    title: Promise | str
    about: Promise | str
    build: Build


REPORTS: dict[str, Kind] = {
    "promise": Kind(_("Обещание"), _("Перезвонили ли за десять минут, когда нет и сколько ждали"), promise),
    "operators": Kind(_("Диспетчеры"), _("Обращения, разговоры, обещания и время на линии"), operators),
    "organisations": Kind(
        _("Организации"), _("Кто принимает и делает в срок; рейтинг с открытой формулой"), organisations
    ),
    "categories": Kind(_("Категории и районы"), _("Что ломается, где и как чинят"), categories),
    "repeats": Kind(_("Повторные обращения"), _("«Никто не перезванивал»: кому пришлось звонить снова"), repeats),
    "incoming": Kind(_("Звонки и пропущенные"), _("Сколько ждали ответа и что стало с пропущенными"), incoming),
    "escalations": Kind(_("Эскалации"), _("Кого пришлось спрашивать и кто ответил по имени"), escalations),
    "outages": Kind(_("Отключения"), _("План и факт"), outages),
    "access": Kind(_("Персональные данные"), _("Кто и на что смотрел"), access),
}


def build(name: str, reading: Reading, words: tuple[str, ...] = ()) -> Report:
    """The report beside the period before it, all of it as of one moment. KeyError: there is none of this name."""
    kind = REPORTS[name]
    with one_moment():
        return compared(_one(name, kind, reading, words), _one(name, kind, reading.before(), words))


def _one(name: str, kind: Kind, reading: Reading, words: tuple[str, ...]) -> Report:
    facts, sections = kind.build(reading)
    shown = tuple(section for section in sections if section.columns)
    return Report(name, kind.title, reading.period, reading.period.previous(), tuple(facts), shown, words,
                  tuple(sorted(reading.unknown)))  # fmt: skip


__all__ = ["REPORTS", "Cell", "Chart", "Column", "Fact", "Kind", "Line", "Report", "Section", "build"]
