"""Whatever the description of the API allows, and much that it does not, is answered without a fault of ours."""

from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from angelshare.workbench import ratelimit, tokens
from angelshare.workbench.seed import seed_catalogue
from angelshare.workbench.wsgi import application

EXAMPLES = 20
"""Calls per operation and mode."""

PATIENT = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


EXPECTED = {GenerationMode.POSITIVE: {200, 404}, GenerationMode.NEGATIVE: {422}}
"""Statuses that such calls must meet, or they tried nothing."""

FEWEST = {GenerationMode.POSITIVE: 14, GenerationMode.NEGATIVE: 6}
"""Operations that must have been called."""


def from_here(environ, start_response):
    return application({**environ, "REMOTE_ADDR": "127.0.0.1"}, start_response)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_call_makes_a_fault_and_every_answer_fits_its_description(committed, monkeypatch, people, mode):
    monkeypatch.setattr(ratelimit, "API", ratelimit.CallLimit(burst=1_000_000, per_second=1_000.0))
    now = datetime.now(UTC)
    seed_catalogue(now=now)
    token, _ = tokens.issue(people["editor"], "t", list(tokens.SCOPES), lives=timedelta(days=1), now=now)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", from_here)
    seen: dict[str, set[int]] = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        if mode is GenerationMode.NEGATIVE and not [*operation.query, *operation.path_parameters, *operation.body]:
            continue  # nothing that could be said wrongly
        # any text at all is a good slug or query: of such an operation nothing wrong can be made
        with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
            try_out(operation.as_strategy(generation_mode=mode), token, seen.setdefault(operation.label, set()))
    assert sum(map(bool, seen.values())) >= FEWEST[mode]
    assert not any(status >= 500 for statuses in seen.values() for status in statuses)
    assert {status for statuses in seen.values() for status in statuses} >= EXPECTED[mode]


def try_out(cases, token: str, seen: set[int]) -> None:
    @PATIENT
    @given(case=cases)
    def call(case):
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        seen.add(answer.status_code)
        checks = [not_a_server_error]
        if answer.status_code in (200, 201) and "jsonl" not in case.path:
            checks.append(response_schema_conformance)
        case.validate_response(answer, checks=checks)
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error"}

    call()
