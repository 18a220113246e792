"""Object storage that speaks S3 (MinIO, and the clouds' own), signed with Signature Version 4; and which storage to take.

Objects are reached by path (`<address>/<bucket>/<key>`), which every such server understands. What is public is read
through the platform's own address, as with local files: a bucket is never open to the world.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from shared import clock
from shared.outbound import Partner, PartnerRefused
from shared.settings import ServiceSettings
from shared.storage import LocalStorage, Storage, StoredObject, checked_key

_ALGORITHM = "AWS4-HMAC-SHA256"
_KEY = re.compile(rb"<Key>([^<]*)</Key>")
_MORE = re.compile(rb"<NextContinuationToken>([^<]*)</NextContinuationToken>")
MAX_OBJECT_BYTES = 64 * 1024 * 1024


class Signer:
    """Signs requests to one S3 server. The headers that it answers go with the request as they are."""

    def __init__(self, address: str, region: str, access_key: str, secret_key: str) -> None:
        self._host = urlsplit(address).netloc
        self._region = region
        self._access_key = access_key
        self._secret_key = secret_key

    def headers(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> dict[str, str]:
        """The headers of a request, signature included; `path` is quoted already and begins with a slash."""
        moment = clock.now().strftime("%Y%m%dT%H%M%SZ")
        scope = f"{moment[:8]}/{self._region}/s3/aws4_request"
        digest = hashlib.sha256(body).hexdigest()
        signed = {
            **{name.lower(): value.strip() for name, value in (headers or {}).items()},
            "host": self._host,
            "x-amz-content-sha256": digest,
            "x-amz-date": moment,
        }
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = "\n".join((method, path, canonical_query(query or {}), lines, names, digest))
        text = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self._secret_key}".encode()
        for part in (moment[:8], self._region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        authorization = (
            f"{_ALGORITHM} Credential={self._access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return {**signed, "authorization": authorization}


def canonical_query(query: Mapping[str, str]) -> str:
    """The query as it is signed, and as it must be sent: sorted, everything but letters, digits and `-_.~` quoted."""
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


class S3Storage:
    """A bucket. Every call may be made twice, so a hiccup of the server is retried within ten seconds."""

    def __init__(
        self,
        address: str,
        bucket: str,
        *,
        region: str,
        access_key: str,
        secret_key: str,
        public_url: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._address = address.rstrip("/")
        self._bucket = bucket
        self._public_url = public_url.rstrip("/")
        self._signer = Signer(self._address, region, access_key, secret_key)
        self._server = Partner("storage", self._address, transport=transport)

    def public_url(self, key: str) -> str:
        return f"{self._public_url}/{checked_key(key)}"

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        await self._call("PUT", checked_key(key), body=content, headers={"content-type": content_type})

    async def get(self, key: str) -> StoredObject | None:
        try:
            headers, content = await self._call("GET", checked_key(key))
        except PartnerRefused as error:
            if error.status == 404 and b"<Code>NoSuchBucket<" not in error.answer.content:
                return None
            raise
        return StoredObject(content, headers.get("content-type", "application/octet-stream"))

    async def delete(self, key: str) -> None:
        # Of an unknown key too this answers 204.
        await self._call("DELETE", checked_key(key))

    async def delete_starting(self, start: str) -> int:
        total, more = 0, ""
        while True:
            query = {"list-type": "2", "prefix": checked_key(start)} | ({"continuation-token": more} if more else {})
            _, listing = await self._call("GET", "", query=query)
            keys = [found.decode() for found in _KEY.findall(listing)]
            for key in keys:
                await self.delete(key)
            total += len(keys)
            following = _MORE.search(listing)
            if following is None:
                return total
            more = following[1].decode()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._server.close()

    async def _call(
        self,
        method: str,
        key: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> tuple[Mapping[str, str], bytes]:
        path = f"/{self._bucket}/{quote(key, safe='/-_.~')}" if key else f"/{self._bucket}"
        signed = self._signer.headers(method, path, query=query, headers=headers, body=body)
        target = f"{path}?{canonical_query(query)}" if query else path
        answer = await self._server.call(
            method,
            target,
            operation=method.lower(),
            safe=True,
            max_bytes=MAX_OBJECT_BYTES,
            headers=signed,
            content=body,
        )
        return answer.headers, answer.content


def open_storage(settings: ServiceSettings) -> Storage:
    """Where this deployment keeps files that people are shown."""
    return _open(settings, settings.storage_s3_bucket, settings.storage_directory, settings.storage_public_url)


def open_private_storage(settings: ServiceSettings, directory: str) -> Storage:
    """Where this deployment keeps files that nobody reads over HTTP; `directory` serves without an S3 server."""
    return _open(settings, settings.storage_s3_private_bucket, directory, "")


def _open(settings: ServiceSettings, bucket: str, directory: str, public_url: str) -> Storage:
    if not settings.storage_s3_url:
        return LocalStorage(Path(directory), public_url)
    return S3Storage(
        settings.storage_s3_url,
        bucket,
        region=settings.storage_s3_region,
        access_key=settings.storage_s3_access_key.get_secret_value(),
        secret_key=settings.storage_s3_secret_key.get_secret_value(),
        public_url=public_url,
    )
