from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Заявки")

    def ready(self) -> None:
        from callbacks.services import ladder

        from .services.news import tell_of_rungs

        if tell_of_rungs not in ladder.LISTENERS:
            ladder.LISTENERS.append(tell_of_rungs)
