"""How a ring-back ended, and what a supervisor decides where nobody was reached."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from callbacks.models import CallAttempt, CallbackObligation

from .fields import MomentField

Outcome = CallAttempt.Outcome
Waiver = CallbackObligation.Waiver


class Result(TextChoices):
    """What the operator presses: an outcome of the call, with the answer to a control call in it."""

    TALKED = "talked", _("Поговорили")
    CONFIRMED = "confirmed", _("Подтвердил")
    NOT_DONE = "not_done", _("Не сделано")
    NO_ANSWER = "no_answer", _("Не отвечает")
    BUSY = "busy", _("Занято")
    WRONG_NUMBER = "wrong_number", _("Не тот номер")
    LINE_FAULT = "line_fault", _("Сбой связи")
    LATER = "later", _("Просит позже")


VERDICTS = {Result.CONFIRMED: True, Result.NOT_DONE: False}
# What each result has to say; nobody reached says nothing.
OWN_FIELDS = {
    Result.TALKED: frozenset({"note", "call_again_at", "also"}),
    Result.CONFIRMED: frozenset({"note", "also"}),
    Result.NOT_DONE: frozenset({"note", "also"}),
    Result.LATER: frozenset({"later_at", "later_note", "also"}),
}


class RingBackForm(forms.Form):
    """One call: its result, what was said, when to ring again, what else was settled by it."""

    result = forms.ChoiceField(choices=Result.choices, error_messages={"required": _("Отметьте, чем кончился звонок.")})
    note = forms.CharField(
        max_length=8000, label=_("Что сказали и что ответили"), widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Запишите, что сказали и что ответили.")},
    )  # fmt: skip
    call_again_at = MomentField(required=False, label=_("Позвоним снова"))
    later_at = MomentField(
        label=_("Когда позвонить"), error_messages={"required": _("Укажите, когда позвонить.")}
    )  # fmt: skip
    later_note = forms.CharField(max_length=500, required=False, label=_("Что просил"))
    also = forms.ModelMultipleChoiceField(CallbackObligation.objects.none(), required=False)
    use_required_attribute = False

    def __init__(self, *args: Any, obligation: CallbackObligation, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        others = CallbackObligation.objects.outstanding().filter(number=obligation.number).exclude(pk=obligation.pk)
        # Whether work was done is asked by name, never in passing.
        others = others.exclude(reason=CallbackObligation.Reason.CONTROL_CALL)
        self.fields["also"].queryset = others  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A field of another outcome must not stop this one: each asks for its own."""
        result = self.cleaned_data.get("result")
        own = OWN_FIELDS.get(result, frozenset()) if result else frozenset(self.fields)
        for name in {"note", "call_again_at", "later_at", "later_note", "also"} - own:
            self.errors.pop(name, None)
        return self.cleaned_data

    def clean_later_at(self) -> datetime | None:
        return self._future("later_at")

    def clean_call_again_at(self) -> datetime | None:
        return self._future("call_again_at")

    def _future(self, name: str) -> datetime | None:
        moment: datetime | None = self.cleaned_data[name]
        if moment is not None and moment <= self.at:
            raise ValidationError(_("Время следующего звонка должно быть в будущем."))
        return moment

    def given(self) -> dict[str, Any]:
        """What ``record_ring_back`` takes besides the promise and the person."""
        told = self.cleaned_data
        result = Result(told["result"])
        if result not in OWN_FIELDS:
            return {"outcome": result.value}
        talked = {"outcome": Outcome.REACHED, "also": list(told["also"])}
        if result == Result.LATER:
            note = told["later_note"] or str(_("Просит позвонить позже."))
            return talked | {"note": note, "call_again_at": told["later_at"]}
        # A verdict closes or returns the work: nothing is left to ring again for.
        again = None if result in VERDICTS else told["call_again_at"]
        return talked | {"note": told["note"], "confirmed": VERDICTS.get(result), "call_again_at": again}


class WaiveForm(forms.Form):
    """A supervisor releases the centre from a promise, with a listed reason and his name.

    ``was_tried`` False: «not reached» is not offered, as the database would refuse it.
    """

    LISTED = (Waiver.NOT_REACHED, Waiver.WRONG_NUMBER, Waiver.CALLER_DECLINED, Waiver.OTHER)
    waiver = forms.ChoiceField(
        choices=[(waiver.value, waiver.label) for waiver in LISTED], label=_("Причина"),
        initial=Waiver.NOT_REACHED,
    )  # fmt: skip
    note = forms.CharField(
        max_length=500, label=_("Пояснение"), widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Нужно пояснение: оно останется в журнале.")},
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
        max_length=300, label=_("Текст сообщения"), widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Напишите текст сообщения, до 300 знаков.")},
    )  # fmt: skip
    use_required_attribute = False


class AcknowledgeForm(forms.Form):
    """«I know, and this is what I do about it»."""

    note = forms.CharField(max_length=500, required=False, label=_("Что делаю"))
