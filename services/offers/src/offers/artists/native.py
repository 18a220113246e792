"""The pages of artists, as the app reads them.

Artists come from a data team's import that this platform does not receive yet: no artist has a page, and offers name
theirs by what their partner wrote.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from shared.errors import not_found
from shared.web import Response, native_router, operation
from shared.web.access import anyone

router = native_router()

ArtistId = Annotated[str, Path(max_length=100)]


class ArtistPageResponse(Response):
    id: str
    name: str
    description: str | None
    description_credit: str | None
    description_source: str | None
    image: str | None


class SimilarArtist(Response):
    id: str
    name: str
    image: str | None


class SimilarArtistsResponse(Response):
    artists: list[SimilarArtist]


@router.get(
    "/native/v1/artists/{artist_id}",
    operation_id="getNativeV1ArtistsartistId",
    openapi_extra=operation(access=anyone()),
)
async def get_artist(artist_id: ArtistId) -> ArtistPageResponse:
    """An artist's page: 404, since none is known."""
    raise not_found()


@router.get(
    "/native/v1/artists/{artist_id}/similar",
    operation_id="getNativeV1ArtistsartistIdSimilar",
    openapi_extra=operation(access=anyone()),
)
async def get_similar_artists(artist_id: ArtistId) -> SimilarArtistsResponse:
    """Artists like one: 404, since none is known."""
    raise not_found()
