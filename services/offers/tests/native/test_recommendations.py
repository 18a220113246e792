"""Offers like others, offers for a playlist, the category tables on the wire, artists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from offers.reactions.models import BookingReplica
from offers.recommendations.rules import playlist_subcategories, similar_subcategories, subcategories_named
from shared.clock import now
from shared.testing.recorders import Tokens

from .conftest import PARIS, Made

ME = 11


async def test_offers_of_the_same_kind(make: Made, client: httpx.AsyncClient) -> None:
    venue, lyon = await make.venue(), await make.venue(at=(45.76, 4.83))
    first = await make.bookable("Un concert", venue=venue)
    near = await make.bookable("Un autre concert", venue=venue)
    far = await make.bookable("À Lyon", venue=lyon)
    book = await make.bookable("Un livre", venue=venue, subcategory_id="LIVRE_PAPIER", beginning=None)
    await make.done()
    url = f"/native/v1/recommendation/similar_offers/{first.id}"
    body = (await client.get(url)).json()
    assert set(body["results"]) == {str(near.id), str(far.id)}
    assert body["params"]["geoLocated"] is False
    here = {"latitude": PARIS[0], "longitude": PARIS[1]}
    assert (await client.get(url, params=here)).json()["results"] == [str(near.id)]
    for named in (
        {"categories": "LIVRES,MEDIA_PRESSE"},
        {"subcategories": ["LIVRE_PAPIER"]},
        {"search_group_names": "LIVRES"},
    ):
        assert (await client.get(url, params=named)).json()["results"] == [str(book.id)]
    assert (await client.get("/native/v1/recommendation/similar_offers/999999")).json()["results"] == []
    assert (await client.get(url, params={"latitude": "x"})).status_code == 400


async def test_a_playlist(make: Made, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession) -> None:
    venue = await make.venue()
    cheap = await make.bookable("Pas cher", venue=venue, price=500)
    dear = await make.bookable("Cher", venue=venue, price=5_000, is_duo=True)
    booked = await make.bookable("Déjà réservé", venue=venue, price=500)
    book = await make.bookable("Livre", venue=venue, subcategory_id="LIVRE_PAPIER", beginning=None)
    session.add(
        BookingReplica(
            id=1,
            version=1,
            user_id=ME,
            offer_id=booked.id,
            subcategory_id="CONCERT",
            status="CONFIRMED",
            date_created=now(),
        )
    )
    await make.done()

    async def ask(body: dict[str, Any]) -> set[str]:
        answer = await client.post("/native/v1/recommendation/playlist", json=body, headers=tokens.native(ME))
        assert answer.status_code == 200, answer.text
        return set(answer.json()["playlistRecommendedOffers"])

    cheap_id, dear_id, book_id = str(cheap.id), str(dear.id), str(book.id)
    assert await ask({}) == {cheap_id, dear_id, book_id}
    assert await ask({"isRecoShuffled": True, "isEvent": True}) == {cheap_id, dear_id}
    assert await ask({"priceMin": 6, "priceMax": 60.5}) == {dear_id, book_id}
    assert await ask({"isDuo": True}) == {dear_id}
    assert await ask({"categories": ["LIVRES"]}) == {book_id}
    later = {"startDate": (now() + timedelta(days=20)).isoformat(), "endDate": None}
    assert await ask(later) == set()


@pytest.mark.parametrize(
    "body", [{"priceMin": -1}, {"priceMax": "x"}, {"startDate": "hier"}, {"categories": "LIVRES"}, []]
)
async def test_bad_playlists(client: httpx.AsyncClient, tokens: Tokens, body: Any) -> None:
    answer = await client.post("/native/v1/recommendation/playlist", json=body, headers=tokens.native(ME))
    assert answer.status_code == 400


def test_names_of_any_level() -> None:
    assert subcategories_named(["CONCERT", "CD", "NOPE"]) == {"CONCERT", "SUPPORT_PHYSIQUE_MUSIQUE_CD"}
    assert similar_subcategories("CARTE_JEUNES", []) == {"CARTE_JEUNES"}
    assert similar_subcategories(None, []) == frozenset()
    assert playlist_subcategories([], [], None) is None
    assert playlist_subcategories(["CONCERT", "VOD"], [], True) == {"CONCERT"}


async def test_subcategories(client: httpx.AsyncClient) -> None:
    body = (await client.get("/native/v1/subcategories/v2")).json()
    assert set(body) == {"subcategories", "searchGroups", "homepageLabels", "nativeCategories", "genreTypes"}
    assert len(body["subcategories"]) == 73
    natives = {native["name"] for native in body["nativeCategories"]}
    groups = {group["name"] for group in body["searchGroups"]}
    labels = {label["name"] for label in body["homepageLabels"]}
    for row in body["subcategories"]:
        assert row["nativeCategoryId"] in natives
        assert row["searchGroupName"] in groups
        assert row["homepageLabelName"] in labels
    (concert,) = (row for row in body["subcategories"] if row["id"] == "CONCERT")
    assert concert == {
        "id": "CONCERT",
        "categoryId": "MUSIQUE_LIVE",
        "nativeCategoryId": "CONCERTS_EVENEMENTS",
        "appLabel": "Concert",
        "searchGroupName": "CONCERTS_FESTIVALS",
        "homepageLabelName": "CONCERT",
        "isEvent": True,
        "onlineOfflinePlatform": "OFFLINE",
    }
    trees = {kind["name"]: kind for kind in body["genreTypes"]}
    assert set(trees) == {"BOOK", "MUSIC", "SHOW", "MOVIE"}
    assert trees["BOOK"]["trees"][1]["children"][0] == {
        "label": "Shonen",
        "position": 1,
        "gtls": [{"code": "03040500", "label": "Shonen", "level": 3}],
    }
    assert all(value["value"] for kind in trees.values() for value in kind["values"])


async def test_the_tree_of_the_search_has_no_orphan(client: httpx.AsyncClient) -> None:
    nodes = (await client.get("/native/v1/categories")).json()["categories"]
    known = {node["searchValue"] for node in nodes} | {node["label"] for node in nodes}
    assert all(parent in known for node in nodes for parent in node["parents"])
    assert all(node["searchFilter"] or node["gtls"] for node in nodes)
    paper = next(node for node in nodes if node["searchValue"] == "LIVRES_PAPIER")
    assert (paper["parents"], paper["positions"]) == (["LIVRES"], None)
    roots = [node["searchValue"] for node in nodes if not node["parents"]]
    assert len(roots) == 13
    assert "NONE" not in roots


async def test_no_artist_has_a_page(client: httpx.AsyncClient) -> None:
    for path in ("/native/v1/artists/abc", "/native/v1/artists/abc/similar"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (404, {})
