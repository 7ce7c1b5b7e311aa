"""How values look on every screen: moments, lengths, phones, clocks, icons and form controls."""

from datetime import datetime, timedelta
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.moments import clocklength, clocktime, moment
from accounts.phones import format_phone

register = template.Library()

# A clock turns amber this long before its moment (the holder is warned by the ladder at the same time).
WARNED_BEFORE = timedelta(minutes=3)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One outline of static/img/icons.svg. It never speaks alone: a word stands beside it or is hidden in it."""
    return format_html(
        '<svg class="icon {}" width="20" height="20" aria-hidden="true"><use href="{}#{}"></use></svg>',
        css,
        static("img/icons.svg"),
        name,
    )


@register.filter
def phone(number: object, extension: str = "") -> str:
    """8 (4842) 56-56-02."""
    return format_phone(str(number or ""), extension)


register.filter("moment", moment)
register.filter("clocktime", clocktime)
register.filter("clocklength", clocklength)


@register.filter
def after(later: datetime, earlier: datetime) -> timedelta:
    """How long after ``earlier`` it is."""
    return later - earlier


@register.simple_tag
def clock_state(due_at: datetime, at: datetime, warned_before: int | str = "") -> str:
    """calm, soon or late: the colour of a running clock. ``warned_before`` in seconds."""
    if at >= due_at:
        return "late"
    warned = timedelta(seconds=int(warned_before)) if warned_before else WARNED_BEFORE
    return "soon" if due_at - at <= warned else "calm"


@register.filter
def control(field: BoundField, css: str = "") -> SafeString:
    """The field's widget dressed as its kind; Django itself ties it to its help and errors."""
    widget = field.field.widget
    match widget:
        case forms.HiddenInput():
            kind = ""
        case forms.RadioSelect() | forms.CheckboxSelectMultiple() | forms.CheckboxInput():
            kind = "form-check-input"
        case forms.Select():
            kind = "form-select"
        case _:
            kind = "form-control"
    classes = [kind, css, str(widget.attrs.get("class", "")), "is-invalid" if field.errors else ""]
    return field.as_widget(attrs={"class": " ".join(filter(None, classes))})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_choice_of_many(field: BoundField) -> bool:
    """Radio buttons or check boxes: a fieldset with a legend instead of a label."""
    return bool(field.use_fieldset)


@register.filter
def pick(values: dict[str, Any] | None, key: str) -> object:
    """The value of ``key``, or nothing at all."""
    return (values or {}).get(key, "")


@register.simple_tag
def script_words() -> dict[str, str]:
    """What the scripts of static/js say; they hold no Russian of their own."""
    return {
        "left": _("осталось"),
        "late": _("просрочено на"),
        "hours": _("{h} ч {m} мин"),
        "days": _("{d} дн {h} ч"),
        "lost": _("Связь пропала. Текст сохранён"),
        "found": _("Связь восстановлена"),
        "quiet": _("Обновится, когда уберёте курсор"),
        "restored": _("Восстановлен несохранённый текст"),
        "forget": _("Очистить"),
        "alarm": _("Внимание"),
        "sound_blocked": _("Нажмите любую клавишу, чтобы включить звук"),
        "wrong_password": _("Неверный пароль"),
        "locked": _("Слишком много попыток. Подождите минуту"),
        "gone": _("Нет такого или уже недоступно"),
        "failed": _("Не получилось. Текст сохранён, попробуйте ещё раз"),
    }
