"""Every operation of the API × every role, asked what the description allows and what it does not."""

import os
from typing import Any

import pytest
import schemathesis
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

from accounts.models import ApiToken, Role, User
from companies.models import Company
from tickets.models import Ticket
from tickets.tests.factories import (
    BuildingFactory,
    CompanyFactory,
    UserFactory,
    answers_for,
    make_promise,
    make_ticket,
    member_of,
)

# Really committed: the application is asked through its own WSGI door, which opens and closes connections.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

EXAMPLES = int(os.environ.get("API_EXAMPLES", "25"))
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
    if name in ("company", "foreman"):
        return member_of(company, role=Role(name))
    return UserFactory.create(role=name)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "wrong"])
@pytest.mark.parametrize("name", ["operator", "supervisor", "head", "company", "foreman", "anonymous"])
def test_answers_keep_to_the_description(name: str, mode: GenerationMode) -> None:
    company = CompanyFactory.create()
    answers_for(company, building=BuildingFactory.create(street="ул. Лесная"))
    user = visitor(name, company)
    tickets = [make_ticket(company=company), make_ticket(), make_ticket(code="G01", company=company)]
    if name == "foreman":
        Ticket.objects.update(foreman=user)
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

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
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
    assert asked == 14
