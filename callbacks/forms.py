"""The form of a clock's rule: lengths as people say them, a ladder that asks somebody, nothing saved over another."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.adminkit import NamedFieldsFormSet
from accounts.writes import Busy

from .models import CalendarDay, ClockRule, Rung
from .services.rules import NoAnswerableRung, NoRungs, RungsOutOfOrder, check_ladder
from .wording import differences, length_from_words, length_in_words

# The type stubs know them as generic, Django itself does not.
if TYPE_CHECKING:
    RuleModelForm = forms.ModelForm[ClockRule]
    RungModelForm = forms.ModelForm[Rung]
    DayModelForm = forms.ModelForm[CalendarDay]
    RungFormSet = NamedFieldsFormSet[Rung, ClockRule, forms.ModelForm[Rung]]
else:
    RuleModelForm = RungModelForm = DayModelForm = forms.ModelForm
    RungFormSet = NamedFieldsFormSet

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=366)


class LengthField(forms.Field):
    """A length in minutes or in words, shown in words. ``shortest`` is negative where it may lie before a moment."""

    widget = forms.TextInput(attrs={"class": "length", "size": 12})
    default_error_messages = {
        "unclear": _("Не понимаю. Напишите минуты, например 90, или «8 мин», «2 ч», «1 день»."),
        "short": _("Не меньше одной минуты."),
        "long": _("Не больше года."),
    }

    def __init__(self, *, shortest: timedelta = MINUTE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shortest = shortest

    def prepare_value(self, value: Any) -> Any:
        return length_in_words(value) if isinstance(value, timedelta) else value

    def to_python(self, value: Any) -> timedelta | None:
        text = str(value or "").strip() if not isinstance(value, timedelta) else length_in_words(value)
        if not text:
            return None
        length = length_from_words(text)
        if length is None:
            raise ValidationError(self.error_messages["unclear"], code="unclear")
        if abs(length) > LONGEST:
            raise ValidationError(self.error_messages["long"], code="long")
        if length < self.shortest:
            raise ValidationError(self.error_messages["short"], code="short")
        return length


class RuleForm(RuleModelForm):
    """A new version of a rule, typed over the one in force.

    ``former`` is the version in force, locked from the moment the form is found valid; ``changes`` is what the new
    one changes of it, filled when it is written.
    """

    length = LengthField(label=_("Сколько"))
    emergency_length = LengthField(
        label=_("Сколько при аварии"), required=False, help_text=_("Пусто: столько же, сколько обычно.")
    )
    note = forms.CharField(
        label=_("Почему изменено"), max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text=_("Останется в истории рядом с вашим именем."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)

    former: ClockRule
    changes: list[str]

    class Meta:
        model = ClockRule
        fields = ("length", "emergency_length", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.changes = []
        self.initial.update(note="", version=self.instance.pk)
        if self.instance.length is None:
            del self.fields["length"], self.fields["emergency_length"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.former = self._in_force()
        if cleaned.get("version") != self.former.pk:
            raise ValidationError(self._told_of_the_other())
        return cleaned

    def _in_force(self) -> ClockRule:
        """The version in force; whoever saves at the same time waits here until this one is done."""
        rules = ClockRule.objects.in_force().filter(clock=self.instance.clock)
        try:
            with transaction.atomic():
                locked = rules.select_for_update(no_key=True).first()
        except OperationalError as error:
            raise ValidationError(Busy.message) from error
        # Nothing to lock: while we waited for it, it was replaced.
        return locked or rules.get()

    def _told_of_the_other(self) -> str:
        """Who was quicker, and what he changed. The next press of the button is made in knowledge of it."""
        seen = ClockRule.objects.filter(pk=self.cleaned_data.get("version") or 0, clock=self.former.clock).first()
        changed = differences(seen or self.instance, self.former, self.former.rungs.all())
        self.data = {name: self.data[name] for name in self.data} | {"version": str(self.former.pk)}
        return _(
            "Пока вы меняли правило, его изменил другой человек (%(who)s, %(when)s): %(changes)s. "
            "Введённое вами осталось ниже. Сверьте и, если нужно именно так, сохраните ещё раз."
        ) % {
            "who": self.former.created_by or "—",
            "when": f"{timezone.localtime(self.former.created_at):%d.%m.%Y %H:%M}",
            "changes": "; ".join(changed) or _("сейчас в нём то же, что вы открыли"),
        }


class RungForm(RungModelForm):
    """One rung: a moment before or after the deadline, who is asked, and how often again."""

    offset = LengthField(label=_("Минут от срока"), required=False, shortest=-LONGEST)
    share = forms.IntegerField(
        label=_("Или % от срока"), required=False, min_value=-90, max_value=100,
        widget=forms.NumberInput(attrs={"class": "count"}),
    )  # fmt: skip
    repeat_every = LengthField(label=_("Повторять каждые"), required=False)
    repeat_times = forms.IntegerField(
        label=_("Сколько раз"), required=False, min_value=1, max_value=100,
        widget=forms.NumberInput(attrs={"class": "count"}),
    )  # fmt: skip

    class Meta:
        model = Rung
        fields = ("offset", "share", "audience", "repeat_every", "repeat_times")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["repeat_times"] = self.instance.repeat_times or None

    def clean_repeat_times(self) -> int:
        return self.cleaned_data["repeat_times"] or 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"offset", "share"} <= cleaned.keys():
            self._check_moment(cleaned)
        if {"repeat_every", "repeat_times"} <= cleaned.keys():
            self._check_repeats(cleaned)
        return cleaned

    def _check_moment(self, cleaned: dict[str, Any]) -> None:
        if (cleaned["offset"] is None) == (cleaned["share"] is None):
            self.add_error("offset", _("Укажите одно: через сколько или процент от срока."))

    def _check_repeats(self, cleaned: dict[str, Any]) -> None:
        if cleaned["repeat_every"] and not cleaned["repeat_times"]:
            self.add_error("repeat_times", _("Сколько раз повторять?"))
        elif cleaned["repeat_times"] and not cleaned["repeat_every"]:
            self.add_error("repeat_every", _("Через сколько повторять?"))
        elif cleaned["repeat_every"] and self._is_warning(cleaned):
            self.add_error("repeat_every", _("До срока это только предупреждение: оно не повторяется."))

    @staticmethod
    def _is_warning(cleaned: dict[str, Any]) -> bool:
        offset, share = cleaned.get("offset"), cleaned.get("share")
        return (offset is not None and offset < timedelta()) or (share is not None and share < 0)


class LadderFormSet(RungFormSet):
    """The whole ladder. Rungs stand in the order of time; one that was added is put where its time belongs."""

    def rungs(self) -> list[Rung]:
        """The ladder as it would be written; only of a valid form."""
        return [form.instance for form in self._ladder]

    def clean(self) -> None:
        super().clean()
        self._ladder: list[RungModelForm] = []
        if any(self.errors):
            return
        kept = [form for form in self.forms if form.has_changed() or form in self.initial_forms]
        kept = [form for form in kept if not form.cleaned_data.get("DELETE")]
        for form in kept:
            if form in self.initial_forms:
                self._ladder.append(form)
                if not self._in_order(self._ladder):
                    form.add_error("offset", RungsOutOfOrder.message)
                    return
        for form in kept:
            if form not in self.initial_forms:
                self._ladder = self._with(form)
        try:
            check_ladder(self.rungs(), length=self.instance.length)
        except NoRungs as refusal:
            raise ValidationError(refusal.message) from refusal
        except NoAnswerableRung as refusal:
            self._ladder[-1].add_error("offset", refusal.message)

    def _with(self, added: RungModelForm) -> list[RungModelForm]:
        """The ladder with ``added`` as late as the order allows; it is in order, so there is such a place."""
        places = range(len(self._ladder), -1, -1)
        tried = ([*self._ladder[:place], added, *self._ladder[place:]] for place in places)
        return next(ladder for ladder in tried if self._in_order(ladder))

    def _in_order(self, ladder: list[RungModelForm]) -> bool:
        try:
            check_ladder([form.instance for form in ladder], length=self.instance.length)
        except RungsOutOfOrder:
            return False
        except NoAnswerableRung:
            return True
        return True


class CalendarDayForm(DayModelForm):
    """A day is worked or it is not: two words say it more plainly than a tick."""

    is_working = forms.TypedChoiceField(
        label=_("Какой день"), choices=[("", "—"), ("True", _("рабочий")), ("False", _("выходной"))],
        coerce=lambda value: value == "True",
    )  # fmt: skip

    class Meta:
        model = CalendarDay
        fields = ("day", "is_working", "note")
