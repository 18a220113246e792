"""What can be said of images and deploy/compose.yaml without an engine: the rest is in tests/deploy."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from local import deployment_secrets, images, standins, start_docker
from local.engine import Engine
from local.errors import LocalError
from local.paths import ROOT
from local.topology import SERVICES
from shared.settings import API_PORTS, WORKER_PORTS, ServiceSettings

COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
OURS = {name: item for name, item in COMPOSE["services"].items() if item["image"].startswith("passculture-")}
CORE = {name: item for name, item in COMPOSE["services"].items() if not item.get("profiles")}


def program(folder: Path, name: str, script: str) -> None:
    """A program of this name that runs a few lines of shell."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def docker(client: str, *, server: str = "", plugins: str = "none") -> str:
    """A docker of a version, whose daemon answers when there is a `server`, with some plugins."""
    answers = f'echo "{server}"' if server else "exit 1"
    return f"""case "$*" in
  *.Server.Version*) {answers} ;;
  *.Client.Version*) echo "{client}" ;;
  "buildx version") case "{plugins}" in *buildx*) ;; *) exit 1 ;; esac ;;
  "compose version --short") case "{plugins}" in *compose*) echo 2.30.0 ;; *) exit 1 ;; esac ;;
  *) exit 1 ;;
esac"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two folders, which are the whole path."""
    folders = [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))
    return folders


def test_without_a_daemon_there_is_no_engine(path: list[Path]):
    assert Engine.found() is None
    program(path[0], "docker", docker("28.2.2"))
    assert Engine.found() is None
    with pytest.raises(LocalError, match="DOCKER_HOST"):
        Engine.required()


def test_an_engine_is_used_with_what_its_programs_can(path: list[Path]):
    program(path[0], "docker", docker("28.2.2", server="27.1"))
    engine = Engine.required()
    assert engine.version == "27.1"
    with pytest.raises(LocalError, match="docker-buildx-plugin"):
        _ = engine.builder
    with pytest.raises(LocalError, match="docker-compose-plugin"):
        _ = engine.compose


def test_plugins_are_taken_first(path: list[Path]):
    program(path[0], "docker", docker("28.2.2", server="27.1", plugins="buildx compose"))
    engine = Engine.required()
    assert engine.builder == str(path[0] / "docker")
    assert (engine.compose, engine.compose_version) == ((str(path[0] / "docker"), "compose"), "2.30.0")


def test_an_older_docker_builds_and_a_program_of_its_own_composes_unless_it_is_too_old(path: list[Path]):
    program(path[0], "docker", docker("28.2.2", server="20.10"))
    program(path[1], "docker", docker("20.10.24", server="20.10"))
    program(path[0], "docker-compose", "echo 1.29.2")
    program(path[1], "docker-compose", "echo v2.40.3")
    engine = Engine.required()
    assert engine.builder == str(path[1] / "docker")
    assert engine.compose == (str(path[1] / "docker-compose"),)


def test_secrets_are_made_once_for_the_owner_of_the_folder(tmp_path: Path):
    folder = tmp_path / "secrets"
    made = deployment_secrets.make(folder)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(made) == set(before) == set(COMPOSE["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert deployment_secrets.make(folder) == []
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    random = [text for name, text in before.items() if name != "redis_url"]
    assert len(set(random)) == len(random)
    assert all(len(text.strip()) >= 32 for text in random)
    assert before["redis_password"].strip() in before["redis_url"]


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_runs_without_privilege_within_limits(name: str):
    item = OURS[name]
    assert item["read_only"] is True
    assert item["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in item["security_opt"]
    limits = item["deploy"]["resources"]["limits"]
    assert {"cpus", "memory"} <= set(limits)
    assert "privileged" not in item
    assert item["stop_grace_period"] == "30s"


@pytest.mark.parametrize("name", CORE)
def test_nothing_secret_is_in_an_environment(name: str):
    environment = CORE[name].get("environment", {})
    assert [key for key in environment if re.search("PASSWORD|SECRET|TOKEN", key) and not key.endswith("_FILE")] == []
    assert [value for value in environment.values() if re.search(r"://[^/@]*:[^/@]*@", str(value))] == []


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_run_before_and_after_and_only_this_services_secrets_are_mounted(service: str):
    services = COMPOSE["services"]
    before, after = services[f"{service}-migrate-pre"], services[f"{service}-migrate-post"]
    assert (before["command"], after["command"]) == (["migrate", "--branch", "pre"], ["migrate", "--branch", "post"])
    assert before["restart"] == after["restart"] == "no"
    for part in ("api", "worker"):
        assert services[f"{service}-{part}"]["depends_on"][f"{service}-migrate-pre"] == {
            "condition": "service_completed_successfully"
        }
        assert after["depends_on"][f"{service}-{part}"] == {"condition": "service_healthy"}
        mounted = services[f"{service}-{part}"]["secrets"]
        assert [name for name in mounted if name.startswith("database_password")] == [f"database_password_{service}"]
    assert f"{service}-migrate-post" in services["gateway"]["depends_on"]


def test_the_core_publishes_the_gateway_and_a_page_for_this_machine_alone():
    published = {name: item["ports"] for name, item in CORE.items() if item.get("ports")}
    assert set(published) == {"gateway", "documents-api"}
    assert published["documents-api"][0].startswith("127.0.0.1:")


def test_nats_carries_the_events_where_its_profile_runs():
    nats = COMPOSE["services"]["nats"]
    assert (nats["profiles"], nats["networks"]) == (["nats"], ["inside"])
    assert "ports" not in nats
    for service in SERVICES:
        for process in ("api", "worker"):
            assert COMPOSE["services"][f"{service}-{process}"]["environment"]["BROKER_URL"] == "${BROKER_URL:-}"
    assert start_docker._surroundings(["nats"]) == {"BROKER_URL": "nats://nats:4222"}


def test_the_pooler_sets_the_limits_that_services_have():
    script = (ROOT / "deploy" / "images" / "pgbouncer" / "start.sh").read_text()
    for variable, setting in (
        ("LOCK_TIMEOUT_MS", "database_lock_timeout_ms"),
        ("STATEMENT_TIMEOUT_MS", "database_statement_timeout_ms"),
        ("IDLE_TIMEOUT_MS", "database_idle_timeout_ms"),
    ):
        assert f"${{{variable}:-{ServiceSettings.model_fields[setting].default}}}" in script


def test_base_images_are_named_alike_everywhere():
    texts = [image.dockerfile.read_text() for image in images.IMAGES]
    texts.append((ROOT / "deploy" / "compose.yaml").read_text())
    for base in standins.BASES:
        assert any(
            f"{base.variable}={base.reference}" in text or f"{base.variable}:-{base.reference}" in text
            for text in texts
        )


def test_the_dockerfiles_of_services_are_of_one_mould():
    """They differ by the service's name and ports, and by what draws PDF files."""

    def mould(service: str) -> str:
        text = (ROOT / "services" / service / "Dockerfile").read_text()
        text = re.sub(r"# What draws PDF files\..*?lists/\*\n(?=RUN useradd)", "", text, flags=re.DOTALL)
        text = text.replace(str(API_PORTS[service]), "API").replace(str(WORKER_PORTS[service]), "WORKER")
        return re.sub(r"\s+", " ", text.replace(service, "SERVICE"))

    assert len({mould(service) for service in SERVICES}) == 1


def test_the_build_context_holds_what_dockerfiles_copy_and_nothing_else():
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = set()
    for image in images.IMAGES:
        if image.context == ROOT:
            copied |= set(re.findall(r"^COPY (?!--from)(\S+) ", image.dockerfile.read_text(), flags=re.MULTILINE))
    assert all(any(path == keep or path.startswith(f"{keep}/") for keep in kept) for path in copied)
    assert all((ROOT / keep).exists() for keep in kept)


def test_the_pruning_keeps_what_is_needed_and_drops_the_rest(tmp_path: Path):
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    kept = [
        "faker/providers/person/fr_FR/__init__.py",
        "babel/locale-data/fr_BE.dat",
        "some/module.py",
        "some.libs/a.so",
    ]
    dropped = [
        "faker/providers/person/ja_JP/__init__.py",
        "babel/locale-data/zh.dat",
        "some/tests/t.py",
        "some/module.pyi",
    ]
    for name in (*kept, *dropped):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text("")
    program(tmp_path / "bin", "strip", "exit 0")
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([ROOT / "deploy" / "images" / "prune.sh", tmp_path], check=True, env=environment)
    assert [name for name in (*kept, *dropped) if (packages / name).exists()] == kept
