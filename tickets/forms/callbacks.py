"""How a ring-back ended, and what a supervisor decides where nobody was reached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.models import CallAttempt, CallbackObligation
from tickets.models import Ticket
from tickets.services.calls import Undone, Verdict

from .fields import MomentField
from .later import LaterField

Outcome = CallAttempt.Outcome
Waiver = CallbackObligation.Waiver


class Result(TextChoices):
    """What the operator presses: an outcome of the call, with the answer to a control call in it."""

    TALKED = "talked", gettext_lazy("Поговорили")
    CONFIRMED = "confirmed", gettext_lazy("Подтвердил")
    NOT_DONE = "not_done", gettext_lazy("Не сделано")
    NO_ANSWER = "no_answer", gettext_lazy("Не отвечает")
    BUSY = "busy", gettext_lazy("Занято")
    WRONG_NUMBER = "wrong_number", gettext_lazy("Не тот номер")
    LINE_FAULT = "line_fault", gettext_lazy("Сбой связи")
    LATER = "later", gettext_lazy("Просит позже")
    # Somebody or something answered, and it was not a conversation with him: a try like «не отвечает».
    VOICEMAIL = "voicemail", gettext_lazy("Автоответчик")
    CHILD = "child", gettext_lazy("Ребёнок")
    STRANGER = "stranger", gettext_lazy("Посторонний")


NOT_HIM = frozenset({Result.VOICEMAIL, Result.CHILD, Result.STRANGER})
# What each result has to say; nobody reached says nothing.
OWN_FIELDS = {
    Result.TALKED: frozenset({"note", "call_again_at", "also"}),
    Result.CONFIRMED: frozenset({"note", "mark", "also"}),
    Result.NOT_DONE: frozenset({"undone", "undone_words", "undone_mark", "also"}),
    Result.LATER: frozenset({"later_at", "later_note", "also"}),
    **dict.fromkeys(NOT_HIM, frozenset({"not_him_note"})),
}
MARKS = [(str(mark), str(mark)) for mark in range(1, 6)]


@dataclass(frozen=True, slots=True)
class Beside:
    """What else is owed to the same number. ``is_held``: somebody else has it in hand; ``said``: what to tell of it."""

    promise: CallbackObligation
    ticket: Ticket | None
    is_held: bool
    is_control: bool
    said: str = ""


@dataclass(frozen=True, slots=True)
class BesideRow:
    """How one of them is asked about: a tick, or for a control call a verdict of its own."""

    beside: Beside
    is_chosen: bool
    verdict: BoundField | None = None
    words: BoundField | None = None


def _mark_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=MARKS, required=False, label=gettext_lazy("Оценка работы"), widget=forms.RadioSelect
    )


class RingBackForm(forms.Form):
    """One call: its result, what was said, when to ring again, what else was settled by it."""

    result = forms.ChoiceField(
        choices=Result.choices, error_messages={"required": gettext_lazy("Отметьте, чем кончился звонок.")}
    )
    note = forms.CharField(
        max_length=8000, label=gettext_lazy("Что сказали и что ответили"), widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Запишите, что сказали и что ответили.")},
    )  # fmt: skip
    call_again_at = MomentField(required=False, label=gettext_lazy("Позвоним снова"))
    mark = _mark_field()
    undone = forms.ChoiceField(
        choices=[("", gettext_lazy("выберите")), *Undone.choices], label=gettext_lazy("Что не так"),
        error_messages={"required": gettext_lazy("Выберите, что не так.")},
    )  # fmt: skip
    undone_words = forms.CharField(
        max_length=4000, required=False, label=gettext_lazy("Своими словами"), widget=forms.Textarea(attrs={"rows": 2})
    )
    undone_mark = _mark_field()
    later_at = LaterField(
        label=gettext_lazy("Когда позвонить"), error_messages={"required": gettext_lazy("Укажите, когда позвонить.")},
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("после 18, завтра с 9, 25.11 14:00"),
                                      "autocomplete": "off"}),
    )  # fmt: skip
    later_note = forms.CharField(max_length=500, required=False, label=gettext_lazy("Что просил"))
    not_him_note = forms.CharField(max_length=500, required=False, label=gettext_lazy("Что ответили"))
    also = forms.ModelMultipleChoiceField(CallbackObligation.objects.none(), required=False)
    use_required_attribute = False

    def __init__(
        self, *args: Any, obligation: CallbackObligation, beside: Sequence[Beside], at: datetime,
        is_control: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.obligation, self.beside, self.at = obligation, beside, at
        fields: dict[str, Any] = self.fields
        # «Подтвердил» says enough.
        fields["note"].required = not is_control
        fields["later_at"].at = at
        # Settled by somebody else meanwhile, it is still of this number: no reason to refuse the talk.
        fields["also"].queryset = CallbackObligation.objects.filter(number=obligation.number).exclude(pk=obligation.pk)
        for other in beside:
            if other.is_control:
                verdicts = [(Result.CONFIRMED, Result.CONFIRMED.label), (Result.NOT_DONE, Result.NOT_DONE.label)]
                fields[f"verdict_{other.promise.pk}"] = forms.ChoiceField(
                    choices=[("", gettext_lazy("не спрашивали")), *verdicts], required=False,
                    label=gettext_lazy("Работа сделана?"),
                )  # fmt: skip
                fields[f"words_{other.promise.pk}"] = forms.CharField(
                    max_length=4000, required=False, label=gettext_lazy("Что сказал")
                )

    def rows(self) -> Iterator[BesideRow]:
        """What else is owed, with the fields that ask about it."""
        chosen = {str(pk) for pk in self["also"].value() or ()}
        for other in self.beside:
            pk = other.promise.pk
            if other.is_control:
                yield BesideRow(other, is_chosen=False, verdict=self[f"verdict_{pk}"], words=self[f"words_{pk}"])
            else:
                yield BesideRow(other, is_chosen=str(pk) in chosen)

    def clean(self) -> dict[str, Any]:
        """A field of another outcome must not stop this one: each asks for its own."""
        told = self.cleaned_data
        result = told.get("result")
        own = OWN_FIELDS.get(Result(result), frozenset()) if result else frozenset(self.fields)
        for name in frozenset().union(*OWN_FIELDS.values()) - own:
            self.errors.pop(name, None)
        if told.get("undone") == Undone.OTHER and result == Result.NOT_DONE and not told.get("undone_words"):
            self.add_error("undone_words", _("Напишите, что не так."))
        for other in self.beside if own & {"also"} else ():
            name = f"words_{other.promise.pk}"
            if told.get(f"verdict_{other.promise.pk}") == Result.NOT_DONE and not told.get(name):
                self.add_error(name, _("Напишите, что не так."))
        return told

    def clean_call_again_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["call_again_at"]
        if moment is not None and moment <= self.at:
            raise ValidationError(_("Время следующего звонка должно быть в будущем."))
        return moment

    def given(self) -> dict[str, Any]:
        """What ``record_ring_back`` takes besides the promise and the person."""
        told = self.cleaned_data
        result = Result(told["result"])
        if result in NOT_HIM:
            return {
                "outcome": Outcome.NO_ANSWER,
                "note": " ".join(filter(None, [f"{result.label}.", told["not_him_note"]])),
            }
        if result not in OWN_FIELDS:
            return {"outcome": result.value}
        verdicts = self._verdicts()
        controls = {other.promise.pk: other.promise for other in self.beside if other.is_control}
        ticked = [one for one in told["also"] if not one.is_final and one.pk not in controls]
        talked: dict[str, Any] = {
            "outcome": Outcome.REACHED, "verdicts": verdicts,
            "also": [*ticked, *(promise for pk, promise in controls.items() if pk in verdicts)],
        }  # fmt: skip
        match result:
            case Result.LATER:
                moment = told["later_at"]
                # He is rung from the moment he named, and as soon after it as anybody else.
                return talked | {
                    "note": told["later_note"] or _("Просит позвонить позже."),
                    "call_not_before": moment, "call_again_at": moment + settings.CALLBACK_PROMISE,
                }  # fmt: skip
            case Result.CONFIRMED:
                return talked | {"note": told["note"] or _("Подтвердил: работа сделана.")}
            case Result.NOT_DONE:
                return talked | {"note": verdicts[self.obligation.pk].note("")}
        return talked | {"note": told["note"], "call_again_at": told["call_again_at"]}

    def _verdicts(self) -> dict[int, Verdict]:
        told = self.cleaned_data
        answers = {
            other.promise.pk: Verdict(answer == Result.CONFIRMED, words=told[f"words_{other.promise.pk}"])
            for other in self.beside
            if other.is_control and (answer := told[f"verdict_{other.promise.pk}"])
        }
        if told["result"] == Result.CONFIRMED:
            answers[self.obligation.pk] = Verdict(True, mark=_mark(told["mark"]))
        elif told["result"] == Result.NOT_DONE:
            answers[self.obligation.pk] = Verdict(
                False, mark=_mark(told["undone_mark"]), undone=told["undone"], words=told["undone_words"]
            )
        return answers


def _mark(typed: str) -> int | None:
    return int(typed) if typed else None


class WaiveForm(forms.Form):
    """A supervisor releases the centre from a promise, with a listed reason and his name.

    ``was_tried`` False: «not reached» is not offered, as the database would refuse it.
    """

    LISTED = (Waiver.NOT_REACHED, Waiver.WRONG_NUMBER, Waiver.CALLER_DECLINED, Waiver.OTHER)
    waiver = forms.ChoiceField(
        choices=[(waiver.value, waiver.label) for waiver in LISTED], label=gettext_lazy("Причина"),
        initial=Waiver.NOT_REACHED,
    )  # fmt: skip
    note = forms.CharField(
        max_length=500, label=gettext_lazy("Пояснение"), widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Нужно пояснение: оно останется в журнале.")},
    )  # fmt: skip
    use_required_attribute = False

    def __init__(self, *args: Any, was_tried: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not was_tried:
            waiver: Any = self.fields["waiver"]
            waiver.choices = waiver.choices[1:]
            waiver.initial = Waiver.WRONG_NUMBER


class NoticeForm(forms.Form):
    """A text message to a person whom nobody reached."""

    text = forms.CharField(
        max_length=300, label=gettext_lazy("Текст сообщения"), widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Напишите текст сообщения, до 300 знаков.")},
    )  # fmt: skip
    use_required_attribute = False


class AcknowledgeForm(forms.Form):
    """«I know, and this is what I do about it»."""

    note = forms.CharField(max_length=500, required=False, label=gettext_lazy("Что делаю"))
