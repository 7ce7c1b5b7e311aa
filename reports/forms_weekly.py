"""What the head types under a week: his explanation, and why a signed number is otherwise."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from reports.models import LONGEST_NOTE


class SeenForm(forms.Form):
    """``seen`` tells which numbers stood before the one who presses: nobody signs what he has not read."""

    # The page writes ``numbers`` there: a form that is shown again tells the numbers that are shown with it.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, seen: str) -> None:
        self.numbers = seen
        super().__init__(data)

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        # Browsers send CRLF.
        return note.replace("\r\n", "\n").replace("\r", "\n")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("seen") != self.numbers:
            raise ValidationError(_("Пока вы смотрели, числа изменились. Проверьте их ещё раз и нажмите снова."))
        return cleaned


class SignForm(SeenForm):
    note = forms.CharField(
        label=_("Пояснение руководителя"), required=False, max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 5}), help_text=_("До 2000 знаков. После подписи не изменяется."),
    )  # fmt: skip


class CorrectForm(SeenForm):
    note = forms.CharField(
        label=_("Почему числа изменились"), max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Напишите, почему числа изменились.")},
    )  # fmt: skip
