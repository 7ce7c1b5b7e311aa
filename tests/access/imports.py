"""The pages of an import. They stand in the admin, whose routes the table of all pages leaves to tests of its own:
tests/test_import_pages.py walks ``OF_THE_ADMIN``. ``kwargs`` names a run in the state that the route is for."""

from typing import Any

from . import Row

ROWS: list[Row] = []


def _run(scene: Any) -> dict[str, Any]:
    return {"pk": scene.run.pk}


def _row(scene: Any) -> dict[str, Any]:
    return {"object_id": str(scene.run.pk)}


# The administrator of the centre alone: whoever imports changes who answers for what.
_SEES = {"admin": 200, "supervisor": 403, "head": 403, "rest": 302}
_DOES = _SEES | {"admin": 302}
_FORBIDS = {"admin": 405, "supervisor": 405, "head": 405, "rest": 302}
OF_THE_ADMIN = [
    Row("admin:companies_importrun_changelist", "GET", _SEES),
    Row("admin:companies_importrun_add", "GET", _SEES),
    Row("admin:companies_importrun_add", "POST", _SEES),
    Row("admin:companies_importrun_change", "GET", _SEES, _row),
    Row("admin:companies_importrun_columns", "GET", _SEES, _run),
    Row("admin:companies_importrun_columns", "POST", _DOES, _run, lambda scene: {"address": "Адрес"}),
    Row("admin:companies_importrun_start", "POST", _DOES, _run),
    Row("admin:companies_importrun_start", "GET", _FORBIDS, _run),
    Row("admin:companies_importrun_again", "POST", _DOES, _run),
    Row("admin:companies_importrun_progress", "GET", _SEES, _run),
    Row("admin:companies_importrun_errors", "GET", _SEES, _run),
    Row("admin:companies_importrun_invitations", "POST", _SEES),
    Row("admin:companies_importrun_invitations", "GET", _FORBIDS),
]
