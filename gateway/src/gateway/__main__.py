"""`python -m gateway`: the gateway as a process."""

from __future__ import annotations

import uvicorn

from gateway.app import Gateway
from gateway.protocol import GuardedProtocol
from gateway.settings import Settings
from shared.memory import start_serving
from shared.telemetry.logs import configure_logging
from shared.telemetry.spans import start_tracing
from shared.web.serving import serve


def configure(settings: Settings) -> uvicorn.Config:
    """How uvicorn runs the gateway."""
    return uvicorn.Config(
        Gateway(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=GuardedProtocol.limited(
            head_timeout=settings.head_timeout,
            max_head_bytes=settings.max_head_bytes,
            max_connections=settings.max_connections,
        ),
        ws="none",
        lifespan="on",
        interface="asgi3",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=2_048,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.drain_seconds,
    )


def main() -> None:
    settings = Settings()
    configure_logging("gateway", level=settings.log_level, log_format=settings.log_format)
    start_tracing("gateway", settings)
    config = configure(settings)
    start_serving()
    serve(config, leave_seconds=settings.leave_seconds)


if __name__ == "__main__":
    main()
