"""«Повторные», «Звонки и пропущенные», «Эскалации»: what should not have happened, and what followed."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.models import CallbackObligation, Clock, Contact
from reports.asking import length_words
from reports.figures import FATES
from reports.services.reading import Reading, percent, percentile

from . import names
from .base import Cell, Column, Fact, Line, Section, Spec, Table, facts, mean, share
from .promise import KEPT, chart_of, heat

AGAIN = share("repeated_percent", gettext_lazy("Повторных, доля"), "repeated", "registered")
REPEATED: tuple[Spec, ...] = ("repeat_calls", "registered", "repeated", AGAIN, "repeated_twice")
ANSWERED = share("answered_percent", gettext_lazy("Ответили, доля"), "answered", "offered")
QUICKLY = share("quick_percent", gettext_lazy("За 20 секунд, доля"), "answered_quickly", "offered")
LAWFULLY = share("lawful_percent", gettext_lazy("За 5 минут, доля"), "answered_lawfully", "offered")
LINE: tuple[Spec, ...] = (
    "offered", "answered", "abandoned", ANSWERED, "answered_quickly", QUICKLY, "answered_lawfully", LAWFULLY,
    mean("wait_mean", gettext_lazy("Ждали ответа в среднем"), "wait_seconds", "answered"),
    mean("service_mean", gettext_lazy("Разговор в среднем"), "service_seconds", "answered"),
)  # fmt: skip
ACKNOWLEDGED = share("acknowledged_percent", gettext_lazy("Принято по имени, доля"), "acknowledged", "escalations")
HEARD = gettext_lazy(
    "Считаются звонки, о которых станция сообщила и начало, и конец. Записанные от руки не говорят, сколько человек "
    "ждал ответа. Доля — от всех звонков на линию, вместе с теми, кто не дождался."
)
# How long a caller hears the ringing, in seconds.
RINGING = (0, 10, 20, 30, 60, 120, 180, 300)


def repeats(read: Reading) -> tuple[Sequence[Fact], Sequence[Section]]:
    """«Никто не перезванивал»: whoever had to ring again is a defect that is counted."""
    sections = []
    for key, of in (("category", _("Что случилось")), ("company", _("Организация"))):
        table = Table(read, REPEATED, (key,))
        titles = names.names_of(key, (value for (value,) in table.counts))
        lines = names.most_first([table.line((value,), titles[value]) for (value,), counts in table.counts.items()
                             if counts["repeat_calls"] or counts["repeated"]])  # fmt: skip
        title = (
            _("Чаще всего звонят снова: %(name)s — %(count)s") % names.first_of(lines)
            if lines else _("Повторных обращений нет")
        )  # fmt: skip
        sections.append(Section(key, title, of, table.columns, lines, table.total(),
                                chart_of(lines[:15], ("late", 0), columns=table.columns)))  # fmt: skip
    again = Table(
        read,
        ("promised", "rang_again", share("again", _("Звонили снова, доля"), "rang_again", "promised")),
        ("reason",),
    )
    lines = tuple(again.line((reason.value,), str(reason.label).capitalize()) for reason in CallbackObligation.Reason
                  if (reason.value,) in again.counts)  # fmt: skip
    sections.append(
        Section("unheard", _("Звонили снова, не дождавшись обещанного звонка"), _("Зачем звоним"), again.columns, lines)
    )
    return facts(read, repeat_calls=False, repeated=False, repeated_twice=False, rang_again=False), sections


def incoming(read: Reading) -> tuple[Sequence[Fact], Sequence[Section]]:
    """What came in, what was answered how soon, and what became of the calls that were not."""
    ends = Table(
        read, ("contacts", "became_tickets", "added", "enquiries", "wrong_way", "missed", "unfinished"), ("channel",)
    )
    channels = tuple(ends.line((channel.value,), str(channel.label).capitalize()) for channel in Contact.Channel
                     if (channel.value,) in ends.counts)  # fmt: skip
    missed = Table(read, ("promised", *FATES, "broken", KEPT), ("reason",))
    owed = tuple(missed.line((reason.value,), str(reason.label).capitalize()) for reason in CallbackObligation.UNHEARD
                 if (reason.value,) in missed.counts)  # fmt: skip
    missed_calls = next((line for line in owed if line.key == (CallbackObligation.Reason.MISSED_CALL,)), None)
    share_kept = missed_calls.cells[-1].value if missed_calls else None
    return facts(read, contacts=None, missed=False, offered=None, abandoned=False), (
        _line_by_half_hours(read), _ringing(read),
        Section("missed", _("Пропущенным перезвонили в срок: %s") % names.said(share_kept), _("Что было"),
                missed.columns, owed),
        heat(read, "missed", _("Когда пропускаем")),
        Section("channels", _("Чем кончались обращения"), _("Канал"), ends.columns, channels, ends.total()),
    )  # fmt: skip


def _line_by_half_hours(read: Reading) -> Section:
    table = Table(read, LINE, ("half",))
    halves = sorted(half for (half,), counts in table.counts.items() if counts["offered"])
    lines = tuple(table.line((half,), f"{half // 2:02d}:{half % 2 * 30:02d}") for half in halves)
    total = table.total()
    quick = next(
        (cell for column, cell in zip(table.columns, total.cells, strict=True) if column.code == "quick_percent"), None
    )
    title = _("За 20 секунд ответили на %s звонков") % names.said(quick.value if quick else None)
    return Section("line", title, _("Получас"), table.columns, lines, total if lines else None,
                   chart_of(lines, ("kept", 1), ("late", 2), columns=table.columns),
                   note=HEARD)  # fmt: skip


def _ringing(read: Reading) -> Section:
    lasted = read.histogram("answered")
    total = lasted.total()
    lines, within = [], 0
    for low, high in (*pairwise(RINGING), (RINGING[-1], None)):
        count = sum(number for length, number in lasted.items() if length >= low and (high is None or length < high))
        within += count
        number = read.number("answered", count, wait=(low, high))
        label = (
            length_words(low, high)
            if low % 60 == 0 and (high or 0) % 60 == 0
            else _("%(low)s–%(high)s с") % {"low": low, "high": high}
        )
        lines.append(Line((low,), label, (Cell(count, "count", number.query), Cell(percent(count, total), "percent"),
                                          Cell(percent(within, total), "percent"))))  # fmt: skip
    columns = (Column("answered", names.title_of("answered")), Column("part", _("Доля"), "percent"),
               Column("within", _("Не дольше этого"), "percent"))  # fmt: skip
    middle = percentile(lasted, 0.5)
    title = (
        _("Половина дождалась ответа за %s с") % f"{middle:g}".replace(".", ",")
        if middle is not None
        else _("Сколько ждали ответа")
    )
    return Section("ringing", title, _("Ждали ответа"), columns, tuple(lines) if total else (),
                   chart=chart_of(lines, ("plain", 0), columns=columns) if total else None)  # fmt: skip


def escalations(read: Reading) -> tuple[Sequence[Fact], Sequence[Section]]:
    """Who had to be asked, on which rung, and who answered by name."""
    table = Table(read, ("escalations", "acknowledged", ACKNOWLEDGED), ("clock", "rung"))
    titles = {clock.value: str(clock.label).capitalize() for clock in Clock}
    lines = tuple(
        table.line((clock, rung), _("%(clock)s · ступень %(rung)s") % {"clock": titles.get(clock, clock), "rung": rung})
        for clock, rung in sorted(table.counts, key=lambda key: (list(titles).index(key[0]), key[1]))
    )
    rungs: Counter[int] = Counter()
    for (_clock, rung), counts in table.counts.items():
        rungs[rung] += counts["escalations"]
    high = sum(count for rung, count in rungs.items() if rung > 2)
    title = _("Выше второй ступени дошло %s") % high if rungs else _("Никого не пришлось спрашивать")
    people = Table(read, ("escalations", "acknowledged"), ("person",))
    who = names.names_of("person", (pk for (pk,) in people.counts))
    answered = names.most_first(
        [people.line((pk,), who[pk] if pk is not None else _("Никто не принял")) for (pk,) in people.counts]
    )
    return facts(read, escalations=False, acknowledged=True, now_unacknowledged=False), (
        Section("rungs", title, _("Срок и ступень"), table.columns, lines, table.total(),
                chart_of(lines, ("late", 0), columns=table.columns)),
        Section("people", _("Кто принимал эскалации"), _("Кто"), people.columns, answered, people.total()),
    )  # fmt: skip
