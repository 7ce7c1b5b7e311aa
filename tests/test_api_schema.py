"""Every operation of the API × every role, asked what the description allows and what it does not."""

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import COMPANY_ROLES, ApiToken, Role, User
from companies.models import Company, Service
from tickets.models import Outage, Ticket
from tickets.services.outages import Announcement, announce_outage
from tickets.tests.factories import (
    NOON,
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    make_promise,
    make_ticket,
    member_of,
)

# Really committed: the application is asked through its own WSGI door, which opens and closes connections.
pytestmark = pytest.mark.django_db(transaction=True)

# Of each operation by each role, half of what is allowed and half of what is not; a few of them in the fast set.
EXAMPLES = int(os.environ.get("API_EXAMPLES", "200"))
QUICK_EXAMPLES = 3
OPERATIONS = 17
ROLES = [Role.COMPANY, Role.OPERATOR, Role.FOREMAN, Role.SUPERVISOR, "anonymous", Role.HEAD, Role.ADMIN]
BOTH = pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "wrong"])
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def visitor(name: str, company: Company) -> User | None:
    if name == "anonymous":
        return None
    if name in COMPANY_ROLES:
        return member_of(company, role=Role(name))
    return UserFactory.create(role=name)


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("name", ROLES)
def test_answers_keep_to_the_description(name: str, mode: GenerationMode) -> None:
    ask_everything(name, mode, examples=EXAMPLES // 2)


@BOTH
@pytest.mark.parametrize("name", ["operator", pytest.param("company", marks=pytest.mark.thorough)])
def test_a_few_answers_keep_to_the_description(name: str, mode: GenerationMode) -> None:
    ask_everything(name, mode, examples=QUICK_EXAMPLES)


def test_the_description_is_openapi_3(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))
    assert (tmp_path / "schema.yaml").read_text(encoding="utf-8").startswith("openapi: 3.0.")


def ask_everything(name: str, mode: GenerationMode, *, examples: int) -> None:
    """Ask every operation as ``name``; whatever is answered must be what the description says, and never a 5xx."""
    company = CompanyFactory.create()
    answers_for(company, building=BuildingFactory.create(street="ул. Лесная"))
    user = visitor(name, company)
    tickets = [make_ticket(company=company), make_ticket(), make_ticket(code="G01", company=company)]
    if name == "foreman":
        Ticket.objects.update(foreman=user)
    houses = [BuildingFactory.create()]
    announce_outage(
        announcement=Announcement(
            kind=Outage.Kind.EMERGENCY, services=Service.objects.all()[:2], buildings=houses, where="ул. Кирова",
            starts_at=NOON, text="Нет воды, чиним", company=company,
        ),
        by=UserFactory.create(), at=NOON,
    )  # fmt: skip
    promises = [tickets[0].callback_id, make_promise(phone="+79100000001").pk, make_promise(phone="+79100000002").pk]
    headers = {"Authorization": f"Bearer {ApiToken.issue(user=user, name='x')[1]}"} if user else {}
    real = {"number": st.sampled_from([ticket.number for ticket in tickets]), "id": st.sampled_from(promises)}

    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", app=get_wsgi_application())
    asked = 0
    operations: Any = schema.get_all_operations()
    for found in operations:
        operation: Any = found.ok()
        # The API only: not the description of the description.
        if not operation.path.startswith("/api/v1/"):
            continue
        names = [parameter.name for parameter in operation.path_parameters if parameter.name in real]

        @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(
            case=operation.as_strategy(generation_mode=mode),
            at=st.fixed_dictionaries({n: real[n] for n in names}),
            is_real=st.booleans(),
        )
        def ask(case: Any, at: dict[str, Any], is_real: bool) -> None:
            if is_real:
                case.path_parameters = {**(case.path_parameters or {}), **at}
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            ask()
        except Exception as error:
            raise AssertionError(f"{operation.label} as {name}") from error
        asked += 1
    assert asked == OPERATIONS
