"""What the counts of an import are called, in the order in which they are read."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TITLES: dict[str, Promise | str] = {
    "rows": _("строк в файле"),
    "buildings_created": _("домов добавлено"),
    "buildings_changed": _("домов изменено"),
    "buildings_same": _("домов без изменений"),
    "repeats": _("повторов дома в файле"),
    "companies_created": _("организаций добавлено"),
    "localities_created": _("населённых пунктов добавлено"),
    "districts_created": _("районов добавлено"),
    "terms_created": _("закреплений за организациями добавлено"),
    "changes_of_company": _("из них смен организации"),
    "without_company": _("строк без организации"),
    "conflicts": _("противоречий в датах"),
    "errors": _("строк с ошибками"),
    "remarks": _("замечаний"),
}
