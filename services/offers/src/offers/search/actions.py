"""Keeps the index in step with the offers, in the transactions that change them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.tables import SUBCATEGORIES
from offers.offerers.models import Offerer
from offers.offers.models import Offer
from offers.search import rules
from offers.search.geometry import cube_of
from offers.search.models import SearchOffer
from offers.search.reading import OfferFacts, facts_of
from offers.search.tags import tags_of
from offers.search.words import forms, words
from offers.venues.models import Venue
from shared.clock import now

CONFIGURATION = "offers_french"
BATCH = 500

_UPSERT = sa.text(f"""
    INSERT INTO search_offer (
        offer_id, venue_id, subcategory_id, position, price_min, price_max, date_min, date_max, is_duo, is_digital, rank,
        publication_datetime, bookable_until, exact_until, tags, words
    ) VALUES (
        :offer_id, :venue_id, :subcategory_id, CAST(:position AS cube), :price_min, :price_max, :date_min, :date_max,
        :is_duo, :is_digital, :rank, :publication_datetime, :bookable_until, :exact_until, CAST(:tags AS int[]),
        setweight(to_tsvector('{CONFIGURATION}', :name_words), 'A')
        || setweight(to_tsvector('{CONFIGURATION}', :kind_words), 'B')
        || setweight(to_tsvector('{CONFIGURATION}', :place_words), 'C')
        || setweight(to_tsvector('{CONFIGURATION}', :description_words), 'D')
    )
    ON CONFLICT (offer_id) DO UPDATE SET
        venue_id = excluded.venue_id, subcategory_id = excluded.subcategory_id, position = excluded.position,
        price_min = excluded.price_min, price_max = excluded.price_max, date_min = excluded.date_min,
        date_max = excluded.date_max, is_duo = excluded.is_duo, is_digital = excluded.is_digital,
        rank = excluded.rank, publication_datetime = excluded.publication_datetime,
        bookable_until = excluded.bookable_until, exact_until = excluded.exact_until,
        tags = excluded.tags, words = excluded.words
    WHERE search_offer IS DISTINCT FROM excluded
""")  # noqa: S608 - a constant of ours

_LOCK = sa.text("SELECT id FROM offer WHERE id = ANY (:ids) ORDER BY id FOR NO KEY UPDATE")

# Words in one order everywhere, so that two transactions with the same new words cannot wait for each other.
_NEW_WORDS = sa.text("""
    SELECT word FROM unnest(CAST(:words AS text[])) AS given (word)
    WHERE NOT EXISTS (
        SELECT FROM search_word AS known
        WHERE known.word = given.word AND (known.forms <> '{}' OR length(known.word) < 3)
    )
    ORDER BY word
""")

_LEARN = sa.text(f"""
    INSERT INTO search_word (word, stem, forms)
    VALUES (:word, coalesce((ts_lexize('{CONFIGURATION}', :word))[1], :word), CAST(:forms AS int[]))
    ON CONFLICT (word) DO UPDATE SET forms = excluded.forms WHERE search_word.forms <> excluded.forms
""")  # noqa: S608 - a constant of ours

_LEARN_STEMS = sa.text("""
    INSERT INTO search_stem (stem)
    SELECT DISTINCT entry.lexeme FROM search_offer, unnest(search_offer.words) AS entry
    WHERE search_offer.offer_id = ANY (:ids) AND entry.lexeme !~ '^[0-9]+$'
    AND NOT EXISTS (SELECT FROM search_stem AS known WHERE known.stem = entry.lexeme)
    ORDER BY entry.lexeme
    ON CONFLICT DO NOTHING
""")


async def index_offer(session: AsyncSession, offer_id: int) -> None:
    """Bring the index in step with one offer, whatever happened to it. Call it last in the action that changed it."""
    await index_offers(session, [offer_id])


async def index_offers(session: AsyncSession, offer_ids: Iterable[int]) -> None:
    """`index_offer` for several offers, in a few statements a batch."""
    ids = sorted(set(offer_ids))
    await session.flush()
    for start in range(0, len(ids), BATCH):
        await _index(session, ids[start : start + BATCH])


async def index_offers_of_venue(session: AsyncSession, venue_id: int) -> None:
    """After a change of a venue's names or address."""
    await index_offers(session, await session.scalars(sa.select(Offer.id).where(Offer.venue_id == venue_id)))


async def index_offers_of_offerer(session: AsyncSession, offerer_id: int) -> None:
    """After an offerer was validated, closed, suspended or the like."""
    ids = sa.select(Offer.id).join(Venue).join(Offerer).where(Offerer.id == offerer_id)
    await index_offers(session, await session.scalars(ids))


async def _index(session: AsyncSession, ids: list[int]) -> None:
    # Whoever indexes an offer second sees what the first one wrote, and not the offer as it was before.
    await session.execute(_LOCK, {"ids": ids})
    rows = [row for facts in await facts_of(session, ids) if (row := row_of(facts)) is not None]
    gone = set(ids) - {row["offer_id"] for row in rows}
    if gone:
        await session.execute(sa.delete(SearchOffer).where(SearchOffer.offer_id.in_(sorted(gone))))
    if rows:
        learnt = {word for row in rows for word in f"{row['name_words']} {row['place_words']}".split()}
        new = await session.scalars(_NEW_WORDS, {"words": sorted(word for word in learnt if not word.isdigit())})
        if learning := [{"word": word, "forms": forms(word)} for word in new]:
            await session.execute(_LEARN, learning)
        await session.execute(_UPSERT, rows)
        await session.execute(_LEARN_STEMS, {"ids": [row["offer_id"] for row in rows]})


def row_of(facts: OfferFacts) -> dict[str, Any] | None:
    """The row of an offer; None when it cannot be found by anybody, now or later."""
    if not facts.is_approved or not facts.is_offerer_active or facts.publication_datetime is None:
        return None
    left = rules.availability(facts.stocks, now())
    if left is None:
        return None
    subcategory = SUBCATEGORIES[facts.subcategory_id]
    coordinates = None if subcategory.is_online_only else facts.coordinates
    is_digital = subcategory.is_online_only or bool(facts.url)
    rank = rules.rank(ranking_weight=facts.ranking_weight, is_event=subcategory.is_event, has_image=facts.has_image)
    names = [facts.name, *rules.artists(facts.extra_data, facts.artist_names), facts.ean or ""]
    return {
        "offer_id": facts.offer_id,
        "venue_id": facts.venue_id,
        "subcategory_id": facts.subcategory_id,
        "position": cube_of(*coordinates) if coordinates else None,
        "price_min": left.price_min,
        "price_max": left.price_max,
        "date_min": left.date_min,
        "date_max": left.date_max,
        "is_duo": facts.is_duo,
        "is_digital": is_digital,
        "rank": rank,
        "tags": tags_of(
            offer_id=facts.offer_id,
            rank=rank,
            coordinates=coordinates,
            dates=left.dates,
            prices=(left.price_min, left.price_max),
            subcategory_id=facts.subcategory_id,
            venue_id=facts.venue_id,
            is_duo=facts.is_duo,
            is_digital=is_digital,
        ),
        "publication_datetime": facts.publication_datetime,
        "bookable_until": left.until,
        "exact_until": left.exact_until,
        "name_words": " ".join(word for name in names for word in words(name)),
        "kind_words": " ".join(rules.kind_words(subcategory)),
        "place_words": " ".join(words(f"{facts.venue_name} {facts.place_label or ''} {facts.city or ''}")),
        "description_words": " ".join(rules.description_words(facts.description)),
    }
