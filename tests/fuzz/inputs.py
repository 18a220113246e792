"""Generated requests, valid and broken, with real ids among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.worlds import World

CONFORMANCE = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_SUBSTITUTED = 0.75
BASE = "http://testserver"


@dataclass(frozen=True)
class Attempt:
    """One generated request, before it is known whose objects it names."""

    case: Case
    choices: Random = field(repr=False)

    def prepared(self, values: Mapping[str, Any]) -> requests.PreparedRequest:
        """The bytes to send. Most names that the world knows get the world's values, the rest stays as generated."""
        self._substitute(self.case.path_parameters, values)
        self._substitute(self.case.query, values)
        self._substitute(self.case.body, values)
        arguments = self.case.as_transport_kwargs(base_url=BASE)
        arguments.pop("cookies", None)
        arguments["headers"] = {
            name: value for name, value in arguments["headers"].items() if name.lower() not in _OUR_HEADERS
        }
        return requests.Request(**arguments).prepare()

    def _substitute(self, container: Any, values: Mapping[str, Any]) -> None:
        if isinstance(container, dict):
            for name in sorted(set(container) & set(values)):
                if not isinstance(values[name], bytes) and self.choices.random() < _SUBSTITUTED:
                    container[name] = values[name]


_OUR_HEADERS = {"user-agent", "accept-encoding", "connection", "x-schemathesis-testcaseid", "authorization", "cookie"}


def attempts(
    operation: schemathesis.APIOperation, examples: int, *, is_random: bool, each: Callable[[Attempt], None]
) -> None:
    """Run `each` on so many requests for the operation, half of them valid. The same ones every time, unless random."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        strategy = operation.as_strategy(generation_mode=mode)

        def run(case: Case, choices: Random) -> None:
            each(Attempt(case, choices))

        bounded = settings(
            max_examples=max(1, examples // 2),
            database=None,
            deadline=None,
            derandomize=not is_random,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        # An operation that takes nothing cannot be asked wrongly.
        with suppress(Unsatisfiable):
            bounded(given(strategy, st.randoms(use_true_random=False))(run))()


def nonconformities(case: Case, response: Any) -> Iterator[str]:
    """What of an answer is not as the document says."""
    for check in CONFORMANCE:
        try:
            case.validate_response(response, checks=[check])
        except schemathesis.core.failures.FailureGroup as group:
            for failure in group.exceptions:
                yield " ".join(str(failure).split())[:300]


def caller_of(world: World, surface: str, choices: Random) -> tuple[str, dict[str, str]]:
    """Mostly the owner; else one of the others, or nobody."""
    known = world.callers.get(surface, {})
    if choices.random() < 0.7 and "owner" in known:
        return "owner", known["owner"]
    names = [*sorted(known), "nobody"]
    name = names[choices.randrange(len(names))]
    return name, known.get(name, {})


__all__ = ["Attempt", "attempts", "caller_of", "nonconformities"]
