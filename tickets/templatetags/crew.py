"""What the scripts of a foreman's telephone say; they hold no Russian of their own."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag
def crew_words() -> dict[str, str]:
    return {
        "left": _("осталось"),
        "late": _("просрочено на"),
        "hours": _("{h} ч {m} мин"),
        "days": _("{d} дн {h} ч"),
        "restored": _("Восстановлен несохранённый текст"),
        "forget": _("Очистить"),
        "alarm": _("Внимание"),
        "sound_blocked": _("Нажмите любую клавишу, чтобы включить звук"),
        "offline": _("Нет связи, показано на {time}"),
        "waits": _("Ждёт связи: {count}"),
        "sends": _("Отправляется: {count}"),
        "signed_out": _("Войдите снова, чтобы отправить: {count}"),
        "other_person": _("На этом телефоне вошёл другой человек. Ждёт вас: {count}"),
        "no_room": _("Телефон не смог это сохранить: освободите место или дождитесь связи."),
        "pressed": _("{title} — нажато {time}, ждёт связи"),
        "taken": _("{title} — снято {time}, ждёт связи"),
        "before": _("Фото до"),
        "after": _("Фото после"),
        "refused": _("Не принято: {title}"),
        "repair": _("Исправить"),
        "discard": _("Убрать"),
        "try_again": _("Отправить ещё раз"),
        "too_heavy": _("Фото больше 10 МБ. Сделайте снимок поменьше."),
        "sent": _("Отправлено"),
        "queued": _("Записано на телефоне, уйдёт при связи"),
        "leaving": _("Не отправлено: {count}. Останется на этом телефоне и уйдёт, когда вы войдёте снова. Выйти?"),
    }
