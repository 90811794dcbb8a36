"""schemathesis over the OpenAPI document: no 5xx, no answer outside the schema.

In this process, without a socket; the same examples in every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from securescore.organizations.tokens import Scope
from tests.rest_api.contract import Api, document

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
N_EXAMPLES = 8
"""Of each kind, for each operation."""


@pytest.fixture
def everything(token: Any) -> Api:
    """A token that may do everything."""
    made: Api = token(*Scope)
    return made


def operations() -> Iterator[Any]:
    from securescore.project.wsgi import application

    schema = schemathesis.openapi.from_dict(document())
    schema.app = application
    for found in schema.get_all_operations():
        yield found.ok()


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_breaks_the_server_or_its_schema(everything: Api, mode: GenerationMode) -> None:
    n_called = 0

    def call(case: Any) -> None:
        nonlocal n_called
        n_called += 1
        headers = {
            "Authorization": f"Bearer {everything.secret}",
            "Accept-Encoding": "identity",
        }
        case.call_and_validate(headers=headers, checks=CHECKS)

    bounded = settings(
        max_examples=N_EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for operation in operations():
        bounded(given(case=operation.as_strategy(generation_mode=mode))(call))()
        if "control_id" in operation.path:
            known = {"control_id": "MFARegistrationV2"}
            strategy = operation.as_strategy(generation_mode=mode, path_parameters=known)
            bounded(given(case=strategy)(call))()

    assert n_called > N_EXAMPLES
