"""The page of settings is whole and shows no secret; secrets of a developer and of production."""

from importlib import import_module
from pathlib import Path

import pytest
from pydantic import ValidationError

from local import settings_page
from local.errors import LocalError
from local.secrets_file import local_secrets
from local.topology import SERVICES, Topology

CLASSES = {name: import_module(f"{name}.settings").Settings for name in ("gateway", *SERVICES)}


def test_every_setting_is_on_the_page_and_the_page_is_current() -> None:
    text = settings_page.page()
    for settings in CLASSES.values():
        for name, field in settings.model_fields.items():
            assert str(field.validation_alias or name).upper() in text
    assert settings_page.PAGE.read_text() == text, "docs/settings.md is stale: run ./pc openapi"


def test_what_is_secret_says_so_and_is_not_shown() -> None:
    rows = [line for line in settings_page.page().splitlines() if line.startswith("|")]
    secret = [row for row in rows if row.split("|")[4].strip() == "yes"]
    assert len(secret) > 10
    for name in ("KEY_ENCRYPTION_SECRET", "DATABASE_URL", "REDIS_URL", "UBBLE_CLIENT_SECRET"):
        assert any(name in row for row in secret), name
    assert "only-for-development" not in "".join(rows)
    # Whatever is named like a secret is one.
    for settings in CLASSES.values():
        for name, field in settings.model_fields.items():
            if name.endswith(("_secret", "_token", "_password", "_private_key", "_api_key", "_secret_key")):
                assert settings_page.is_secret(name, field), name


@pytest.mark.parametrize("service", SERVICES)
def test_production_has_no_default_for_a_secret(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEY_ENCRYPTION_SECRET", f"DATABASE_URL_{service.upper()}"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValidationError, match=f"DATABASE_URL_{service.upper()} is not set"):
        CLASSES[service](environment="production")
    monkeypatch.setenv(f"DATABASE_URL_{service.upper()}", "postgresql://x@db/x")
    defaults = {
        name
        for name, field in CLASSES[service].model_fields.items()
        if hasattr(value := field.get_default(call_default_factory=True), "get_secret_value")
        and value.get_secret_value()
    }
    if defaults:
        with pytest.raises(ValidationError, match="KEY_ENCRYPTION_SECRET is not set"):
            CLASSES[service](environment="production")
    assert defaults <= {"key_encryption_secret"}, "a new secret with a default: production must refuse it too"


def test_a_developers_own_secrets(tmp_path: Path) -> None:
    file = tmp_path / ".env.local.secret"
    assert local_secrets(file) == {}
    file.write_text("# mine\n\nUBBLE_CLIENT_SECRET=abc=def\nexport DMS_TOKEN='with space'\n")
    assert local_secrets(file) == {"UBBLE_CLIENT_SECRET": "abc=def", "DMS_TOKEN": "with space"}
    file.write_text("hunter2\n")
    with pytest.raises(LocalError) as refused:
        local_secrets(file)
    assert "line 1" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_they_reach_the_processes_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.topology.local_secrets", lambda: {"DMS_TOKEN": "file", "LOG_FORMAT": "json"})
    assert Topology().environment()["DMS_TOKEN"] == "file"
    assert Topology().environment()["LOG_FORMAT"] == "json"
    monkeypatch.setenv("DMS_TOKEN", "environment")
    assert Topology().environment()["DMS_TOKEN"] == "environment"
