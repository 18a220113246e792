"""Our committed documents against the contracts that the front-ends were generated from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
OPERATIONS: dict[str, dict[str, list[str]]] = {
    name: expected for name, expected in json.loads((HERE / "operations.json").read_text()).items() if name[0] != "_"
}
SURFACE_OF = {"native-app": "native", "native": "native", "pro": "pro", "public": "public"}


def compare(references: Path, reference: str, *options: str) -> dict[str, Any]:
    command = [
        sys.executable,
        str(references / "tools" / "conformance.py"),
        "--ours",
        str(HERE / "openapi" / f"{SURFACE_OF[reference]}.json"),
        "--reference",
        str(references / "contracts" / f"{reference}.json"),
        "--json",
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the project's own tool
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("capability", "reference"), [(name, reference) for name, expected in OPERATIONS.items() for reference in expected]
)
def test_every_operation_of_a_capability_conforms(references: Path, capability: str, reference: str) -> None:
    # Names of path parameters do not matter to clients, nor to this comparison.
    only = "^(" + "|".join(OPERATIONS[capability][reference]).replace("{", r"\{").replace("}", r"\}") + ")$"
    found = compare(references, reference, "--only", only)
    assert not found["absent"]
    assert not found["differs"]
    assert len(found["conformant"]) >= len(OPERATIONS[capability][reference])


@pytest.mark.parametrize("reference", ["native-app", "pro", "public"])
def test_nothing_that_is_served_could_break_a_client(references: Path, reference: str) -> None:
    assert compare(references, reference)["differs"] in ([], {})
