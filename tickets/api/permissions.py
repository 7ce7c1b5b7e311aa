"""Who may ask for what; which rows is decided by ``visible_to()``."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import CENTRE_ROLES, COMPANY_ROLES, Role


class Anyone(BasePermission):
    """Every role: what each sees of it is a matter of rows."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user.is_authenticated


class OfCentre(Anyone):
    """The centre's own people: they may know the citizen's number."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and getattr(request.user, "role", "") in CENTRE_ROLES


class OfOrganisation(Anyone):
    """Those who do the work."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and getattr(request.user, "role", "") in COMPANY_ROLES


class TakesCalls(Anyone):
    """Operators and supervisors: they register calls and ring back."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and getattr(request.user, "role", "") in (
            Role.OPERATOR,
            Role.SUPERVISOR,
        )
