"""Settings of the gateway, read from the environment once, at start-up."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.rates import Rate, parse_rate
from shared.secret_files import SecretFiles

SERVICES = ("users", "offers", "bookings", "documents")
SURFACES = ("native", "pro", "public")

Origins = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Where the services are, and how much the gateway lets through. Durations are in seconds, sizes in bytes.

    Origins are regular expressions that must match the whole origin, separated by commas or spaces.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    environment: Literal["local", "test", "production"] = "local"
    log_format: Literal["json", "plain"] = "json"
    log_level: str = "INFO"
    host: str = "127.0.0.1"
    port: int = Field(5001, validation_alias="GATEWAY_PORT", ge=0, le=65535)
    redis_url: str = "redis://127.0.0.1:6380/0"
    state_directory: Path = Field(Path("var/gateway"), validation_alias="GATEWAY_STATE_DIR")

    users_url: str = "http://127.0.0.1:6101"
    offers_url: str = "http://127.0.0.1:6102"
    bookings_url: str = "http://127.0.0.1:6103"
    documents_url: str = "http://127.0.0.1:6104"

    native_origins: Origins = (r"http://localhost:8082", r"http://127\.0\.0\.1:8082")
    pro_origins: Origins = (r"http://localhost:3001", r"http://127\.0\.0\.1:3001")

    # How many proxies of ours stand before the gateway: as many entries at the end of X-Forwarded-For are believed.
    trusted_proxies: int = Field(0, ge=0, le=10)

    # Default rates; an operation's own `x-rate-limit` comes on top. Empty means unlimited.
    native_rate: str = "6000/minute"
    pro_rate: str = "6000/minute"
    public_rate: str = "200/minute"
    address_rate: str = "30000/minute"

    # Where spans go: an OTLP/HTTP collector (`http://collector:4318`), a folder of JSON lines, or nowhere; and which
    # share of the requests is recorded, in all the processes that they pass.
    trace_endpoint: str = ""
    trace_directory: str = ""
    trace_ratio: float = Field(0.05, ge=0, le=1)

    default_timeout: float = Field(10.0, gt=0)
    connect_timeout: float = Field(2.0, gt=0)
    default_max_body: int = Field(1_000_000, ge=0)
    # Idle connections are closed by us before the services' servers close them (uvicorn waits 5 seconds).
    pool_idle_seconds: float = Field(4.0, gt=0)
    pool_size: int = Field(100, ge=1)
    pool_waiting: int = Field(400, ge=0)
    pool_wait_seconds: float = Field(3.0, gt=0)

    max_connections: int = Field(8_000, ge=1)
    max_requests: int = Field(3_000, ge=1)
    max_head_bytes: int = Field(65_536, ge=1_024)
    head_timeout: float = Field(10.0, gt=0)
    keep_alive_seconds: int = Field(60, ge=1)
    drain_seconds: int = Field(15, ge=1)
    # How long a gateway that is asked to stop goes on answering, ending every connection, before it stops listening.
    leave_seconds: float = Field(0.0, ge=0)

    documents_interval: float = Field(15.0, gt=0)
    identity_fresh_seconds: float = Field(60.0, gt=0)
    identity_timeout: float = Field(2.0, gt=0)
    redis_timeout: float = Field(0.1, gt=0)
    composition_timeout: float = Field(2.0, gt=0)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFiles(settings_cls)

    @field_validator("native_origins", "pro_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("users_url", "offers_url", "bookings_url", "documents_url")
    @classmethod
    def _plain_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("a service's address is http://host:port")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _rates_can_be_read(self) -> Self:
        for text in (self.native_rate, self.pro_rate, self.public_rate, self.address_rate):
            parse_rate(text)
        return self

    @cached_property
    def service_urls(self) -> dict[str, str]:
        return {
            "users": self.users_url,
            "offers": self.offers_url,
            "bookings": self.bookings_url,
            "documents": self.documents_url,
        }

    @cached_property
    def surface_rates(self) -> dict[str, Rate | None]:
        """The default rate for an identity, by surface."""
        return {
            "native": parse_rate(self.native_rate),
            "pro": parse_rate(self.pro_rate),
            "public": parse_rate(self.public_rate),
        }

    @cached_property
    def rate_of_address(self) -> Rate | None:
        """The default rate for callers who are known by their address only."""
        return parse_rate(self.address_rate)
