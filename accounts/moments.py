"""How moments and lengths are said, on screens and in the sentences that operators read out."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _


def moment(at: datetime | None, now: datetime | None = None) -> str:
    """«сегодня 14:22», «вчера 09:10», «23.11 14:22», «23.11.2024 14:22»."""
    if at is None:
        return "—"
    local = timezone.localtime(at)
    today = timezone.localtime(now).date() if now else timezone.localdate()
    time = local.strftime("%H:%M")
    match (today - local.date()).days:
        case 0:
            return _("сегодня %(time)s") % {"time": time}
        case 1:
            return _("вчера %(time)s") % {"time": time}
        case -1:
            return _("завтра %(time)s") % {"time": time}
    return local.strftime("%d.%m %H:%M" if local.year == today.year else "%d.%m.%Y %H:%M")


def clocktime(at: datetime | None) -> str:
    """14:22, for «Перезвонить до 14:22»."""
    return timezone.localtime(at).strftime("%H:%M") if at else "—"


def clocklength(length: timedelta | float | None) -> str:
    """3:07 below an hour, «2 ч 05 мин» below a day, «3 дн 4 ч» above; the sign is left to the words."""
    if length is None:
        return "—"
    total = length.total_seconds() if isinstance(length, timedelta) else length
    seconds = int(abs(total))
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    if seconds < 24 * 3600:
        return _("%(hours)s ч %(minutes)s мин") % {"hours": seconds // 3600, "minutes": f"{seconds % 3600 // 60:02d}"}
    return _("%(days)s дн %(hours)s ч") % {"days": seconds // 86400, "hours": seconds % 86400 // 3600}
