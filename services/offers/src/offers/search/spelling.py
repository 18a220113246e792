"""From the words that somebody typed to the stems that the index holds, mistakes forgiven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, prod

from sqlalchemy.ext.asyncio import AsyncSession

from offers.search.actions import CONFIGURATION
from offers.search.asking import ask
from offers.search.words import MIN_PREFIX, allowed_typos, forms, meant

_CANDIDATES = 40
COMPLETIONS = 24
"""In how many ways the last word may go on: the most common ones."""

PLANNED_ANEW = "set_config('plan_cache_mode', 'force_custom_plan', true)"
"""For the rest of the transaction, plans are made for the values asked about: those for any value would suit none."""

# The last word may be one that is still being typed. `~` comes after every letter and digit.
_ASKED = f"""
    SELECT (SELECT max(offer_id) FROM search_offer) AS newest, {PLANNED_ANEW}, asked.word, stem.stem,
           EXISTS (SELECT FROM search_word WHERE search_word.word = asked.word)
           OR EXISTS (SELECT FROM search_word WHERE search_word.stem = stem.stem)
           OR (begun.is_begun
               AND EXISTS (SELECT FROM search_word
                           WHERE search_word.word ~>=~ asked.word AND search_word.word ~<~ (asked.word || '~'))
           ) AS is_known,
           (SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = to_regclass('search_offer')) AS size,
           (SELECT search_stem.offers FROM search_stem WHERE search_stem.stem = stem.stem) AS offers,
           coalesce(goes_on.stems, '{{}}') AS completions, goes_on.offers AS completed
    FROM (SELECT) AS one LEFT JOIN (
        unnest(CAST(:words AS text[])) WITH ORDINALITY AS asked (word, place)
        CROSS JOIN LATERAL (SELECT coalesce((ts_lexize('{CONFIGURATION}', asked.word))[1], asked.word) AS stem) AS stem
        CROSS JOIN LATERAL (
            SELECT asked.place = cardinality(CAST(:words AS text[])) AND length(asked.word) >= {MIN_PREFIX} AS is_begun
        ) AS begun
        CROSS JOIN LATERAL (
            SELECT array_agg(common.stem ORDER BY common.place) AS stems, sum(common.offers) AS offers FROM (
                SELECT search_stem.stem, search_stem.offers, row_number() OVER () AS place FROM (
                    SELECT search_stem.stem, search_stem.offers FROM search_stem
                    WHERE begun.is_begun
                    AND search_stem.stem ~>=~ asked.word AND search_stem.stem ~<~ (asked.word || '~')
                    ORDER BY search_stem.offers DESC, length(search_stem.stem), search_stem.stem LIMIT {COMPLETIONS}
                ) AS search_stem
            ) AS common
        ) AS goes_on
    ) ON true
    ORDER BY asked.place
"""  # noqa: S608 - constants of ours

_NEAR = """
    SELECT asked.word, near.word, near.stem,
           coalesce((SELECT search_stem.offers FROM search_stem WHERE search_stem.stem = near.stem), 0) AS offers
    FROM unnest(CAST(:words AS text[]), CAST(:forms AS text[])) AS asked (word, forms),
         LATERAL (
             SELECT search_word.word, search_word.stem FROM search_word
             WHERE search_word.forms && CAST(asked.forms AS int[])
             AND length(search_word.word) BETWEEN length(asked.word) - 2 AND length(asked.word) + 2
             ORDER BY similarity(search_word.word, asked.word) DESC, search_word.word LIMIT :limit
         ) AS near
"""


@dataclass(frozen=True, slots=True)
class Understood:
    """What was asked: the query of the index (`tsquery` syntax, None without words). `newest` is its greatest id, `expected`
    about how many offers have all the words, if words have nothing to do with each other.
    """

    query: str | None
    newest: int
    expected: float = inf


async def understand(session: AsyncSession, words: Sequence[str]) -> Understood:
    """The query for words as `query_words` gives them.

    All words must be found; the last may be the beginning of one; a word that no offer knows may be one that is spelled
    nearly alike. Words are letters and digits alone, so nothing of them can be read as syntax.
    """
    rows = await ask(session, _ASKED, {"words": list(words)})
    newest = rows[0].newest or 0
    if not words:
        return Understood(None, newest)
    stems = {row.word: [row.stem, *row.completions] for row in rows}
    held = {row.word: float((row.offers or 0) + (row.completed or 0)) for row in rows}
    unknown = [row.word for row in rows if not row.is_known and allowed_typos(row.word)]
    if unknown:
        for word, meanings in (await _meanings(session, unknown)).items():
            stems[word] += meanings
            held[word] += sum(meanings.values())
    terms = (" | ".join(f"'{stem}'" for stem in dict.fromkeys(stems[row.word])) for row in rows)
    size = rows[0].size
    expected = size * prod(min(1.0, held[row.word] / size) for row in rows)
    return Understood(" & ".join(f"({term})" for term in terms), newest, expected)


async def _meanings(session: AsyncSession, words: Sequence[str]) -> dict[str, dict[str, int]]:
    """The stems of what mistyped words may have meant, and about how many offers have them."""
    candidates: dict[str, dict[str, tuple[str, int]]] = {word: {} for word in words}
    asked = {"words": list(words), "forms": [f"{{{','.join(map(str, forms(word)))}}}" for word in words]}
    for word, near, stem, offers in await ask(session, _NEAR, {**asked, "limit": _CANDIDATES}):
        candidates[word][near] = (stem, offers)
    return {word: dict(near[name] for name in meant(word, list(near))) for word, near in candidates.items()}
