"""Settings from files: named one by one, or in the folder that a container engine mounts."""

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsError
from sample.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder of secrets; nothing of the environment that runs the tests."""
    for name in ("DATABASE_URL_SAMPLE", "DATABASE_DIRECT_URL_SAMPLE", "DATABASE_PASSWORD_SAMPLE", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SECRETS_DIRECTORY", str(tmp_path))
    return tmp_path


def test_a_file_of_the_settings_name_is_read_without_its_last_lines_end(folder):
    (folder / "redis_url").write_text("redis://:a word@broker:6379/0\n")
    (folder / "storage_s3_secret_key").write_text("key")
    settings = Settings()
    assert settings.redis_url == "redis://:a word@broker:6379/0"
    assert settings.storage_s3_secret_key == SecretStr("key")


def test_a_named_file_wins_over_the_folder_and_the_environment_over_both(folder, monkeypatch, tmp_path):
    (folder / "redis_url").write_text("redis://folder")
    (folder / "elsewhere").write_text("redis://named")
    monkeypatch.setenv("REDIS_URL_FILE", str(folder / "elsewhere"))
    assert Settings().redis_url == "redis://named"
    monkeypatch.setenv("REDIS_URL", "redis://environment")
    assert Settings().redis_url == "redis://environment"


def test_a_named_file_that_cannot_be_read_is_an_error(folder, monkeypatch):
    monkeypatch.setenv("REDIS_URL_FILE", str(folder / "nothing"))
    with pytest.raises(SettingsError, match="REDIS_URL_FILE"):
        Settings()


def test_the_password_comes_apart_from_the_addresses(folder, monkeypatch):
    (folder / "database_password_sample").write_text("p@ss/word")
    monkeypatch.setenv("DATABASE_URL_SAMPLE", "postgresql://sample@pooler:6432/sample")
    monkeypatch.setenv("DATABASE_DIRECT_URL_SAMPLE", "postgresql://sample@server:5432/sample")
    settings = Settings()
    assert settings.database_url == "postgresql://sample:p%40ss%2Fword@pooler:6432/sample"
    assert settings.session_url == "postgresql://sample:p%40ss%2Fword@server:5432/sample"
    assert settings.is_behind_pooler


def test_an_address_with_a_password_of_its_own_keeps_it(folder, monkeypatch):
    (folder / "database_password_sample").write_text("another")
    monkeypatch.setenv("DATABASE_URL_SAMPLE", "postgresql://sample:own@server/sample")
    settings = Settings()
    assert settings.database_url == settings.session_url == "postgresql://sample:own@server/sample"
    assert not settings.is_behind_pooler


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch):
    monkeypatch.setenv("STORAGE_S3_URL", "")
    monkeypatch.setenv("STORAGE_S3_REGION", "")
    settings = Settings()
    assert (settings.storage_s3_url, settings.storage_s3_region) == ("", "us-east-1")
