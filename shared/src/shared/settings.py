"""Settings that every process has; each service adds its own in `<context>/settings.py`."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy import make_url

from shared.secret_files import SecretFiles, read_secret

Environment = Literal["local", "test", "production"]

# Where a process of the local stack listens, by name: the API, then its worker's health endpoint.
API_PORTS = {"users": 6101, "offers": 6102, "bookings": 6103, "documents": 6104}
WORKER_PORTS = {context: port + 100 for context, port in API_PORTS.items()}


class _DatabaseUrl(PydanticBaseSettingsSource):
    """Reads the addresses of the database from the variables of this context, so that one environment (or one folder of
    secrets) can describe all four services. The password may come apart, as DATABASE_PASSWORD_<CONTEXT>.
    """

    def get_field_value(self, field: object, field_name: str) -> tuple[object, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, object]:
        context = getattr(self.settings_cls, "context", "")
        environment = EnvSettingsSource(self.settings_cls).env_vars

        def find(name: str) -> str | None:
            return environment.get(f"{name}_{context}") or read_secret(f"{name}_{context}")

        password = find("database_password")
        found = {name: find(name) for name in ("database_url", "database_direct_url")}
        return {name: _with_password(url, password) for name, url in found.items() if url}


def _with_password(url: str, password: str | None) -> str:
    """The address with its password, where it has none of its own."""
    parsed = make_url(url)
    if password is None or parsed.password is not None:
        return url
    return parsed.set(password=password).render_as_string(hide_password=False)


class ServiceSettings(BaseSettings):
    """Settings of one service, read from the environment once, at start-up.

    `context` names the service. Without DATABASE_URL_<CONTEXT> the address of the local stack is taken, except in
    production, where a missing address is an error.
    """

    # A variable without a value is one that is not set: files that name every variable leave most of them empty.
    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    context: ClassVar[str]

    environment: Environment = "local"
    database_url: str = ""
    # The server itself, where `database_url` leads to a pooler that lends a connection for one transaction (PgBouncer):
    # migrations and the relay need a session of their own.
    database_direct_url: str = ""
    redis_url: str = "redis://127.0.0.1:6380/0"
    # What carries events, when it is not the Redis of REDIS_URL: another (`redis://…`, `rediss://…`), or NATS with JetStream
    # (`nats://…`, `tls://…`; several servers with commas between).
    broker_url: str = ""
    # On how many servers of a NATS cluster the streams are kept that a service makes; those that exist are left as they are.
    broker_replicas: int = Field(1, ge=1, le=5)
    log_format: Literal["json", "plain"] = "json"
    log_level: str = "INFO"
    host: str = "127.0.0.1"
    api_port: int = 0
    worker_port: int = 0
    # Whether several API processes may listen on one port of one machine (SO_REUSEPORT): the system deals connections out,
    # and a new version begins beside the old one.
    share_port: bool = False
    # How long an API that is asked to stop goes on answering, ending every connection: longer than callers keep idle
    # ones (the gateway: four seconds), else a request may meet a closed door.
    leave_seconds: float = Field(0.0, ge=0)

    users_url: str = f"http://127.0.0.1:{API_PORTS['users']}"
    offers_url: str = f"http://127.0.0.1:{API_PORTS['offers']}"
    bookings_url: str = f"http://127.0.0.1:{API_PORTS['bookings']}"
    documents_url: str = f"http://127.0.0.1:{API_PORTS['documents']}"

    # How many requests one API process serves at a time; it refuses more with 503 rather than let all of them be late.
    max_requests_in_flight: int = Field(200, ge=1)

    # How often a process reads its feature flags again.
    feature_poll_seconds: float = Field(2.0, gt=0)

    database_pool_size: int = Field(8, ge=1)
    # How long a request waits for a connection before it is answered 503.
    database_pool_wait_ms: int = Field(3_000, ge=1)
    database_lock_timeout_ms: int = Field(3_000, ge=1)
    database_statement_timeout_ms: int = Field(15_000, ge=1)
    # How long a transaction may do nothing before the database ends it: a process that sleeps, or that is cut off, must
    # not keep its locks.
    database_idle_timeout_ms: int = Field(15_000, ge=1)

    # Events: how long an entry may be held by a silent consumer before another takes it over, how often an event is
    # tried before it is set aside, and how many entries a consumer takes at once.
    claim_idle_ms: int = Field(15_000, ge=1)
    max_deliveries: int = Field(10, ge=1)
    consumer_batch: int = Field(50, ge=1)
    # How many days published outbox rows and stream entries are kept, for auditors and rebuilt brokers.
    event_retention_days: int = Field(7, ge=1)

    # Where spans go: an OTLP/HTTP collector (`http://collector:4318`), a folder of JSON lines, or nowhere.
    trace_endpoint: str = ""
    trace_directory: str = ""

    # Tests only: a file with the seconds by which a worker's clock is off, read whenever it asks for the time.
    clock_offset_file: str = ""

    storage_directory: str = "var/storage"
    # An S3 server (MinIO) instead of the directory: its address (`http://minio:9000`), its region, what opens it, and a
    # bucket each for what people are shown and for what nobody reads over HTTP.
    storage_s3_url: str = ""
    storage_s3_region: str = "us-east-1"
    storage_s3_bucket: str = "passculture"
    storage_s3_private_bucket: str = "passculture-private"
    storage_s3_access_key: SecretStr = SecretStr("")
    storage_s3_secret_key: SecretStr = SecretStr("")
    storage_public_url: str = "http://localhost:5001/storage"
    # The oldest app version that is still served; older ones are told to upgrade.
    minimum_app_version: str = "1.132.1"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _DatabaseUrl(settings_cls), env_settings, SecretFiles(settings_cls)

    @model_validator(mode="before")
    @classmethod
    def _local_addresses(cls, values: dict[str, object]) -> dict[str, object]:
        context = getattr(cls, "context", None)
        if context is None:
            return values
        if not values.get("database_url"):
            if values.get("environment") == "production":
                raise ValueError(f"DATABASE_URL_{context.upper()} is not set")
            values["database_url"] = f"postgresql://{context}:{context}@127.0.0.1:6432/{context}"
        if not values.get("api_port"):
            values["api_port"] = API_PORTS.get(context, 0)
        if not values.get("worker_port"):
            values["worker_port"] = WORKER_PORTS.get(context, 0)
        return values

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "nats://", "tls://")):
            raise ValueError("BROKER_URL begins with redis://, rediss://, nats:// or tls://")
        return value

    @model_validator(mode="after")
    def _true_clock(self) -> Self:
        if self.environment == "production" and self.clock_offset_file:
            raise ValueError("CLOCK_OFFSET_FILE is for tests")
        return self

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def events_url(self) -> str:
        """The broker that carries events."""
        return self.broker_url or self.redis_url

    @property
    def is_behind_pooler(self) -> bool:
        """Whether a session of the database lasts for one transaction only: nothing may be prepared or set in it."""
        return bool(self.database_direct_url)

    @property
    def session_url(self) -> str:
        """The database where a session lasts as long as its connection."""
        return self.database_direct_url or self.database_url
