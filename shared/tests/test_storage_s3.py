"""The S3 storage: against a server that speaks S3, its signatures against those of AWS's own library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from sample.settings import Settings

from shared.outbound import PartnerRefused, PartnerUnavailable
from shared.storage import LocalStorage
from shared.storage_s3 import S3Storage, Signer, canonical_query, open_private_storage, open_storage


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an S3 server of our own, with one bucket."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        address = f"http://{host}:{port}"
        httpx.put(
            f"{address}/pictures", headers={"authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/"}
        )
        yield address
    finally:
        moto.stop()


def storage_at(address: str, bucket: str = "pictures", **options) -> S3Storage:
    return S3Storage(
        address,
        bucket,
        region="us-east-1",
        access_key="somebody",
        secret_key="their secret",
        public_url="https://example.com/storage/",
        **options,
    )


@pytest_asyncio.fixture
async def storage(server: str) -> AsyncIterator[S3Storage]:
    made = storage_at(server)
    yield made
    await made.close()


async def test_what_is_put_is_got_until_it_is_deleted(storage: S3Storage):
    assert await storage.get("thumbs/a") is None
    await storage.put("thumbs/a", b"\x00picture", "image/png")
    found = await storage.get("thumbs/a")
    assert found is not None
    assert (found.content, found.content_type) == (b"\x00picture", "image/png")
    await storage.put("thumbs/a", b"another", "image/jpeg")
    found = await storage.get("thumbs/a")
    assert found is not None
    assert (found.content, found.content_type) == (b"another", "image/jpeg")
    await storage.delete("thumbs/a")
    await storage.delete("thumbs/a")
    assert await storage.get("thumbs/a") is None


async def test_what_begins_alike_is_deleted_together_page_after_page(storage: S3Storage):
    await storage.put("proofs/8-1.png", b"", "image/png")
    for number in range(7):
        await storage.put(f"proofs/7-{number}.png", b"x", "image/png")
    assert await storage.delete_starting("proofs/7-") == 7
    assert await storage.delete_starting("proofs/7-") == 0
    assert await storage.get("proofs/7-0.png") is None
    assert await storage.get("proofs/8-1.png") is not None


async def test_pages_of_a_listing_are_all_followed():
    pages = [["a/1", "a/2"], ["a/3"]]
    deleted: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            deleted.append(request.url.path)
            return httpx.Response(204)
        following = request.url.params.get("continuation-token")
        keys = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in pages[int(following or 0)])
        more = "" if following else "<NextContinuationToken>1</NextContinuationToken>"
        return httpx.Response(200, text=f"<ListBucketResult>{keys}{more}</ListBucketResult>")

    storage = storage_at("http://s3.invalid", transport=httpx.MockTransport(answer))
    assert await storage.delete_starting("a") == 3
    assert deleted == ["/pictures/a/1", "/pictures/a/2", "/pictures/a/3"]


async def test_a_bucket_that_is_not_there_is_no_unknown_key(server: str):
    storage = storage_at(server, "nowhere")
    with pytest.raises(PartnerRefused):
        await storage.get("thumbs/a")
    await storage.close()


async def test_a_server_that_fails_once_is_asked_again():
    answers = iter([httpx.Response(503), httpx.Response(200, content=b"here", headers={"content-type": "text/plain"})])
    storage = storage_at("http://s3.invalid", transport=httpx.MockTransport(lambda _: next(answers)))
    found = await storage.get("a")
    assert found is not None
    assert found.content == b"here"


async def test_a_server_that_is_away_is_said_to_be():
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    storage = storage_at("http://s3.invalid", transport=httpx.MockTransport(away))
    with pytest.raises(PartnerUnavailable):
        await storage.put("a", b"", "text/plain")


def test_public_addresses_are_the_platforms_and_strange_keys_are_refused():
    storage = storage_at("http://s3.invalid")
    assert storage.public_url("thumbs/a") == "https://example.com/storage/thumbs/a"
    for key in ("../a", "/a", "", "a//b", "a?b"):
        with pytest.raises(ValueError, match="not a storage key"):
            storage.public_url(key)


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=12)


@settings(max_examples=40, deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "DELETE"]),
    path=st.from_regex(r"/bucket(/[A-Za-z0-9_.-]{1,8}){0,3}", fullmatch=True),
    query=st.dictionaries(TEXT.filter(bool), TEXT, max_size=3),
    body=st.binary(max_size=50),
)
def test_signatures_are_those_of_awss_own_library(method, path, query, body):
    address = "https://s3.eu-west-3.example.com:9000"
    ours = Signer(address, "eu-west-3", "key", "secret").headers(
        method, path, query=query, headers={"Content-Type": "image/png"}, body=body
    )
    theirs = AWSRequest(
        method=method,
        url=f"{address}{path}?{canonical_query(query)}" if query else f"{address}{path}",
        data=body,
        headers={"content-type": "image/png", "x-amz-content-sha256": ours["x-amz-content-sha256"]},
    )
    signer = S3SigV4Auth(Credentials("key", "secret"), "s3", "eu-west-3")
    moment = ours["x-amz-date"]
    theirs.context["timestamp"] = moment
    theirs.headers["X-Amz-Date"] = moment
    canonical = signer.canonical_request(theirs)
    text = signer.string_to_sign(theirs, canonical)
    assert ours["authorization"].endswith(f"Signature={signer.signature(text, theirs)}")
    assert datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) <= datetime.now(UTC)


def test_the_settings_say_which_storage_it_is():
    settings = Settings()
    assert isinstance(open_storage(settings), LocalStorage)
    assert isinstance(open_private_storage(settings, "var/private"), LocalStorage)
    elsewhere = Settings(storage_s3_url="http://minio:9000", storage_public_url="https://example.com/storage")
    assert isinstance(open_storage(elsewhere), S3Storage)
    assert open_storage(elsewhere).public_url("a") == "https://example.com/storage/a"
    assert isinstance(open_private_storage(elsewhere, "var/private"), S3Storage)
