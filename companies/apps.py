from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class CompaniesConfig(AppConfig):
    name = "companies"
    verbose_name = _("Организации и дома")

    def ready(self) -> None:
        from .models import Building, Locality
        from .street_index import look_again

        for model in (Building, Locality):
            post_save.connect(look_again, sender=model, dispatch_uid=f"look again {model}")
            post_delete.connect(look_again, sender=model, dispatch_uid=f"look again {model}")
