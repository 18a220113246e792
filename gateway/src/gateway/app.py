"""The gateway: a raw ASGI application. No framework stands between a request and the service that answers it."""

from __future__ import annotations

import random
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from opentelemetry.trace import SpanKind

from gateway import answers, metrics
from gateway.access_log import AccessLog, path_of
from gateway.addresses import client_address, counted_address
from gateway.answers import Answer
from gateway.callers import Callers, IssuerAwayError
from gateway.calls import Call, Receive, Send
from gateway.catalogue import Catalogue
from gateway.compositions import COMPOSITIONS, Parts
from gateway.connections import Died, Malformed
from gateway.cors import CorsPolicy, surface_of_path
from gateway.front import Front
from gateway.headers import SECURITY_HEADERS, request_head
from gateway.health import Health
from gateway.identities import Exchange
from gateway.keys import FileKeyStore
from gateway.limits import Limiter
from gateway.proxy import BodyTooLargeError, ClientGoneError, ClientSlowError, Unreachable, UpstreamError, forward
from gateway.routes import Operation
from gateway.settings import SERVICES, Settings
from gateway.upstreams import Upstream
from shared.broker import connect
from shared.identity import Verifier
from shared.telemetry import spans

log = structlog.get_logger(__name__)

# What a client closing its connection is logged as; nobody ever sees it.
_CLIENT_GONE = 499


class Gateway:
    """The application and all that it holds. Everything is made at once; connections open when they are needed."""

    def __init__(self, settings: Settings, *, access_log: AccessLog | None = None) -> None:
        self.settings = settings
        self.upstreams = {
            service: Upstream(
                service,
                settings.service_urls[service],
                size=settings.pool_size,
                waiting=settings.pool_waiting,
                wait_seconds=settings.pool_wait_seconds,
                connect_seconds=settings.connect_timeout,
                idle_seconds=settings.pool_idle_seconds,
            )
            for service in SERVICES
        }
        self.redis = connect(
            settings.redis_url,
            socket_timeout=settings.redis_timeout,
            socket_connect_timeout=settings.redis_timeout,
        )
        self.catalogue = Catalogue(self.upstreams, settings.state_directory, settings.documents_interval)
        self.limiter = Limiter(self.redis, seconds=settings.redis_timeout)
        self.verifier = Verifier(
            {"users": settings.users_url, "offers": settings.offers_url}, FileKeyStore(settings.state_directory)
        )
        self.callers = Callers(
            self.verifier,
            self._exchange("session", "users", "/internal/sessions/exchange"),
            self._exchange("key", "offers", "/internal/api-keys/exchange"),
        )
        self.cors = CorsPolicy({"native": settings.native_origins, "pro": settings.pro_origins})
        self.health = Health(self.catalogue, self.upstreams, self.redis)
        self.front = Front(self.catalogue, self.health, metrics.Exposition(self.upstreams.values()))
        self.access_log = access_log or AccessLog(settings.log_format)
        self._in_flight = 0

    def _exchange(self, kind: Any, service: str, target: str) -> Exchange:
        return Exchange(
            kind,
            self.upstreams[service],
            target,
            self.redis,
            fresh_seconds=self.settings.identity_fresh_seconds,
            seconds=self.settings.identity_timeout,
        )

    async def start(self) -> None:
        """Take up what an earlier process left, and begin to follow the services. Waits for none of them."""
        self.catalogue.load()
        self.catalogue.start()
        self.limiter.start()

    async def stop(self) -> None:
        """Let go of everything."""
        await self.catalogue.stop()
        await self.limiter.stop()
        for upstream in self.upstreams.values():
            upstream.close()
        await self.redis.aclose()
        self.access_log.flush()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _request(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        call = Call(scope, receive, send)
        call.address = client_address(
            scope["client"][0] if scope.get("client") else "", call.fields.get(b"x-forwarded-for"), self._proxies
        )
        call.response_headers = [*SECURITY_HEADERS, (b"x-request-id", call.request_id.encode())]
        self._in_flight += 1
        try:
            if self._in_flight > self.settings.max_requests:
                call.error = "too many requests in flight"
                await call.answer(answers.unavailable(1))
            else:
                await self._handle(call)
        except UpstreamError as error:
            await self._answer_failure(call, error)
        except Exception:
            log.exception("request.failed", method=call.method, path=path_of(call), request_id=call.request_id)
            call.error = "internal error"
            if not call.status:
                await call.answer(answers.INTERNAL_ERROR)
        finally:
            self._in_flight -= 1
            self._note(call)

    @property
    def _proxies(self) -> int:
        return self.settings.trusted_proxies

    async def _handle(self, call: Call) -> None:
        operations = self.catalogue.table.find(call.path)
        if operations:
            call.surface = next(iter(operations.values())).surface
        else:
            call.surface = surface_of_path(call.path)
        origin = call.fields.get(b"origin")
        call.response_headers.extend(self.cors.headers(call.surface, origin))
        own = await self.front.answer(call)
        if own is not None:
            await call.answer(own)
            return
        if call.method == "OPTIONS" and origin is not None and b"access-control-request-method" in call.fields:
            await call.answer(self.cors.preflight(call.surface, origin))
            return
        if not operations:
            await call.answer(answers.NOT_FOUND if self.catalogue.complete else answers.unavailable(1))
            return
        operation = operations.get(call.method)
        if operation is None and call.method == "HEAD":
            operation = operations.get("GET")
        if operation is None:
            await call.answer(answers.method_not_allowed(list(operations)))
            return
        await self._to_service(call, operation)

    async def _to_service(self, call: Call, operation: Operation) -> None:
        call.operation = operation
        call.service = operation.service
        self._record(call, operation)
        try:
            await self.callers.identify(call, operation)
        except IssuerAwayError:
            call.error = "issuer away"
            await call.answer(answers.unavailable())
            return
        wait = await self._limit(call, operation)
        if wait:
            metrics.RATE_LIMITED.labels(operation.surface, operation.path).inc()
            await call.answer(answers.too_many_requests(wait))
            return
        upstream = self.upstreams[operation.service]
        as_get = call.method == "HEAD" and operation.method == "GET"
        pro = operation.surface == "pro"
        head = request_head(
            call,
            upstream.authority,
            method="GET" if as_get else None,
            session=self.callers.session(call) if pro and operation.service == "users" else None,
            behind_proxies=self._proxies > 0,
        )
        seconds = operation.timeout or self.settings.default_timeout
        compose = COMPOSITIONS.get(operation.composition) if operation.composition else None
        if compose is not None:
            await compose(call, Parts(self.upstreams, head, seconds, self.settings.composition_timeout))
            return

        async def look(status: int, headers: list[answers.Header]) -> None:
            await self.callers.look_at_answer(call, status, headers)

        await forward(
            call,
            upstream,
            head,
            timeout=seconds,
            max_body=operation.max_body if operation.max_body is not None else self.settings.default_max_body,
            as_get=as_get,
            before_answer=look if pro else None,
        )

    def _record(self, call: Call, operation: Operation) -> None:
        """Decide whether this request is recorded, in every process that it passes."""
        if not spans.is_tracing() or random.random() >= self.settings.trace_ratio:
            return
        call.span = spans.begin(
            f"{call.method} {operation.path}",
            f"{call.traceparent.decode()[:-2]}01" if b"traceparent" in call.fields else None,
            SpanKind.SERVER,
            {
                "http.request.method": call.method,
                "http.route": operation.path,
                "passculture.surface": operation.surface,
                "passculture.service": operation.service,
            },
        )
        if call.span is not None:
            call.traceparent = spans.traceparent_of(call.span).encode()

    async def _limit(self, call: Call, operation: Operation) -> int:
        """How many seconds the caller must wait; 0 when it need not."""
        address = counted_address(call.address)
        if call.identity is not None:
            default = self.settings.surface_rates[operation.surface]
            wait = self.limiter.check_default(default, call.identity, operation.surface) if default else 0
        else:
            default = self.settings.rate_of_address
            wait = self.limiter.check_default(default, address, "address") if default else 0
        rate = operation.rate
        if wait or rate is None:
            return wait
        caller = call.identity if rate.per == "identity" and call.identity is not None else address
        return await self.limiter.check(rate, caller, operation.key)

    async def _answer_failure(self, call: Call, error: UpstreamError) -> None:
        """What a client sees of a service that did not answer; once the answer has begun, it is cut off instead."""
        call.error = f"{type(error).__name__}: {error}"
        if isinstance(error, ClientGoneError):
            call.status = call.status or _CLIENT_GONE
            return
        answer = self._failure(call, error)
        if answer.status >= 500:
            metrics.UPSTREAM_FAILURES.labels(call.service, type(error).__name__).inc()
            log.warning("upstream.failed", service=call.service, path=path_of(call), error=call.error)
        if isinstance(error, Unreachable):
            self.catalogue.look_again(call.service)
        if not call.status:
            await call.answer(answer)

    def _failure(self, call: Call, error: UpstreamError) -> Answer:
        if isinstance(error, BodyTooLargeError):
            operation = call.operation
            limit = operation.max_body if operation is not None else None
            return answers.body_too_large(limit if limit is not None else self.settings.default_max_body)
        if isinstance(error, ClientSlowError):
            return answers.CLIENT_TOO_SLOW
        if isinstance(error, Malformed):
            return answers.BAD_GATEWAY
        if isinstance(error, Died) and call.method not in ("GET", "HEAD"):
            # It may have been done all the same: nobody is told to try again.
            return answers.BAD_GATEWAY
        return answers.unavailable()

    def _note(self, call: Call) -> None:
        operation = call.operation
        seconds = time.perf_counter() - call.started
        if call.span is not None:
            call.span.set_attribute("http.response.status_code", call.status)
            if call.status >= 500 or call.error:
                spans.fail(call.span, description=call.error)
            call.span.end()
        if operation is not None:
            metrics.observe(call.method, operation.path, call.status, seconds)
        elif call.quiet:
            return
        else:
            metrics.observe("other", "none", call.status, seconds)
        self.access_log.write(call, seconds)
