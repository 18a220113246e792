"""What `./pc` does before any package is there: the system's part, and pip's configuration in uv's words."""

import importlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from local.errors import LocalError
from local.libraries import check_libraries
from local.paths import ROOT


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = str(ROOT / "deploy" / "local" / "bootstrap")
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in ("pc_environment", "pc_libraries", "pc_progress"):
        sys.modules.pop(name, None)


@pytest.fixture
def libraries(bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = importlib.import_module("pc_libraries")
    monkeypatch.setattr("local.libraries.load", lambda _name: module)
    monkeypatch.setattr(module, "missing_libraries", lambda: ["libpango-1.0-0", "libpangoft2-1.0-0"])
    return module


def test_a_missing_library_is_named_with_the_command_that_brings_it(
    libraries: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(LocalError, match=r"sudo apt-get install libpango-1\.0-0 libpangoft2-1\.0-0"):
        check_libraries()
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(LocalError, match="brew install pango"):
        check_libraries()


def test_one_call_of_apt_brings_everything_else_the_instruction_is_given(
    libraries: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n')
    apt.chmod(apt.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(libraries, "apt_prefix", lambda: ["env", f"PATH={tmp_path}:{os.environ['PATH']}"])
    with pytest.raises(Exception, match=r"Please run:\n    sudo apt-get install libpango-1.0-0"):
        libraries.install_system_packages(tmp_path / "log")
    first = calls.read_text().splitlines()[0]
    assert first.startswith("install -y")
    assert first.endswith("libpango-1.0-0 libpangoft2-1.0-0")


def test_pips_configuration_reaches_uv(bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = importlib.import_module("pc_environment")
    for name in ("UV_DEFAULT_INDEX", "UV_FIND_LINKS", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    lines = (
        "global.index-url='https://mirror.example/simple'",
        "install.cert='/etc/ssl/mirror.pem'",
        "global.find-links='/nowhere/wheels'",
        ":env:.timeout='60'",
    )
    monkeypatch.setattr(environment, "_pip_configuration", lambda: "\n".join(lines))
    found = environment.uv_environment()
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert found["SSL_CERT_FILE"] == "/etc/ssl/mirror.pem"
    assert "UV_FIND_LINKS" not in found  # a folder that does not exist is an error for uv, and nothing for pip


def test_the_fingerprint_follows_the_lock(bootstrap: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment = importlib.import_module("pc_environment")
    lock = tmp_path / "dev.txt"
    lock.write_text("one")
    monkeypatch.setattr(environment, "LOCK", lock)
    before = environment._fingerprint()
    assert environment._fingerprint() == before
    lock.write_text("two")
    assert environment._fingerprint() != before


def test_what_is_compiled_is_kept_below_var_where_nothing_may_be_written_beside_sources(
    bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_bytecode = importlib.import_module("pc_environment").keep_bytecode
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    keep_bytecode()
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert os.environ["PYTHONPYCACHEPREFIX"] == str(ROOT / "var" / "bytecode")
    # A place that somebody chose, and Python's own where nothing is said, stay.
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "elsewhere")
    keep_bytecode()
    assert os.environ["PYTHONPYCACHEPREFIX"] == "elsewhere"
    monkeypatch.delenv("PYTHONPYCACHEPREFIX")
    keep_bytecode()
    assert "PYTHONPYCACHEPREFIX" not in os.environ
