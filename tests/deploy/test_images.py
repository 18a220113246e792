"""What each image is: small, without what it does not need, and able to run with nothing but itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.containers import Containers
from local.errors import LocalError
from local.images import IMAGES, Image
from local.topology import SERVICES

OURS = [image for image in IMAGES if image.name != "pgbouncer"]

#: Every module of the deployable and of `shared` that it can import.
_IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
"""


def about(built: Containers, image: Image) -> dict[str, Any]:
    return json.loads(built.engine.call("image", "inspect", f"{image.repository}:test"))[0]


def inside(built: Containers, image: Image, *command: str) -> str:
    """Run a program of an image as production would: no network, nothing to write to but /tmp, no privilege."""
    return built.engine.call(
        *("run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),  # noqa: S108
        *("--security-opt", "no-new-privileges", "--entrypoint", command[0], f"{image.repository}:test", *command[1:]),
    )


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_an_image_is_small_labelled_and_nobodys_root(built: Containers, image: Image):
    found = about(built, image)
    assert found["Size"] < image.limit
    assert int(found["Config"]["User"].split(":")[0]) >= 10_000
    assert found["Config"]["Healthcheck"]["Test"][0] == "CMD"
    labels = found["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == image.repository
    assert labels["org.opencontainers.image.licenses"] == "MPL-2.0"


@pytest.mark.parametrize("image", OURS, ids=lambda image: image.name)
def test_an_image_says_which_commit_it_is(built: Containers, image: Image):
    labels = about(built, image)["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "test"
    assert labels["org.opencontainers.image.revision"] not in ("", "unknown")


@pytest.mark.parametrize("image", OURS, ids=lambda image: image.name)
def test_an_image_holds_no_compiler_and_no_installer(built: Containers, image: Image):
    for program in ("gcc", "cc", "g++", "make", "strip", "git"):
        with pytest.raises(LocalError):
            inside(built, image, "sh", "-c", f"command -v {program}")
    assert inside(built, image, "sh", "-c", "ls /opt/venv/bin").split().count("pip") == 0


@pytest.mark.parametrize("image", OURS, ids=lambda image: image.name)
def test_a_build_leaves_none_of_its_secrets(built: Containers, image: Image):
    history = built.engine.call("history", "--no-trunc", "--format", "{{.CreatedBy}}", f"{image.repository}:test")
    assert "://" not in history
    files = inside(
        built, image, "sh", "-c", "find / -xdev \\( -name pip.conf -o -path '/run/secrets/*' \\) 2>/dev/null; true"
    )
    assert files.split() == []


@pytest.mark.parametrize("image", OURS, ids=lambda image: image.name)
def test_every_module_is_importable_in_its_image(built: Containers, image: Image):
    inside(built, image, "python", "-c", _IMPORT_ALL, image.name)


@pytest.mark.parametrize("image", OURS, ids=lambda image: image.name)
def test_an_image_of_production_refuses_to_start_without_its_secrets(built: Containers, image: Image):
    if image.name not in SERVICES:
        pytest.skip("the gateway keeps no secret")
    with pytest.raises(LocalError, match="DATABASE_URL"):
        inside(built, image, "python", "-m", image.name, "api")
