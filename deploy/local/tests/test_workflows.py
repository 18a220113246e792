"""A change in one deployable builds and releases that one alone, and whatever it is made of is watched."""

import json
import re
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from local.charts import DEPLOYABLES
from local.paths import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_is_a_workflow(file: Path) -> None:
    schema = json.loads(
        (files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json").read_text()
    )
    # YAML reads the key `on` as a truth value.
    document = {("on" if key is True else key): value for key, value in yaml.safe_load(file.read_text()).items()}
    jsonschema.validate(document, schema)


@pytest.mark.parametrize("name", DEPLOYABLES)
def test_a_deployable_is_built_for_its_own_changes_alone(name: str) -> None:
    document = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    (folder,) = {call["with"]["folder"] for call in document["jobs"].values()}
    paths = document[True]["push"]["paths"]
    assert document[True]["pull_request"]["paths"] == paths
    assert document[True]["push"]["tags"] == [f"{name}-v*"]
    assert f"{folder}/**" in paths
    for other in DEPLOYABLES:
        for path in paths:
            assert other == name or not re.search(rf"(^|/){other}(/|\.|$)", path), (
                f"{name} is built for a change in {path}"
            )
    # Everything that its Dockerfile copies is watched.
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (ROOT / folder / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    watched = [path.removesuffix("/**") for path in paths]
    for source in copied:
        assert any(source == path or source.startswith(f"{path}/") for path in watched), f"nobody watches {source}"


def test_every_expression_that_reaches_a_shell_goes_through_the_environment() -> None:
    """A branch's or a tag's name must not become part of a script."""
    for file in FILES:
        for job in yaml.safe_load(file.read_text())["jobs"].values():
            for step in job.get("steps", ()):
                assert "${{" not in step.get("run", ""), f"{file.name}: {step.get('run')}"
