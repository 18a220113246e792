"""From the words that somebody typed to the stems that the index holds, mistakes forgiven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.search.actions import CONFIGURATION
from offers.search.words import MIN_PREFIX, allowed_typos, forms, meant

_CANDIDATES = 40
COMPLETIONS = 24
"""In how many ways the last word may go on: the most common ones."""

PLANNED_ANEW = "set_config('plan_cache_mode', 'force_custom_plan', true)"
"""For the rest of the transaction, plans are made for the values asked about: those for any value would suit none."""

# The last word may be one that is still being typed. `~` comes after every letter and digit.
_ASKED = sa.text(f"""
    SELECT (SELECT max(offer_id) FROM search_offer) AS newest, {PLANNED_ANEW}, asked.word, stem.stem,
           EXISTS (SELECT FROM search_word WHERE search_word.word = asked.word)
           OR EXISTS (SELECT FROM search_word WHERE search_word.stem = stem.stem)
           OR (begun.is_begun
               AND EXISTS (SELECT FROM search_word
                           WHERE search_word.word ~>=~ asked.word AND search_word.word ~<~ (asked.word || '~'))
           ) AS is_known,
           CASE WHEN begun.is_begun THEN ARRAY(
               SELECT search_stem.stem FROM search_stem
               WHERE search_stem.stem ~>=~ asked.word AND search_stem.stem ~<~ (asked.word || '~')
               ORDER BY search_stem.offers DESC, length(search_stem.stem), search_stem.stem LIMIT {COMPLETIONS}
           ) ELSE '{{}}' END AS completions
    FROM (SELECT) AS one LEFT JOIN (
        unnest(CAST(:words AS text[])) WITH ORDINALITY AS asked (word, place)
        CROSS JOIN LATERAL (SELECT coalesce((ts_lexize('{CONFIGURATION}', asked.word))[1], asked.word) AS stem) AS stem
        CROSS JOIN LATERAL (
            SELECT asked.place = cardinality(CAST(:words AS text[])) AND length(asked.word) >= {MIN_PREFIX} AS is_begun
        ) AS begun
    ) ON true
    ORDER BY asked.place
""")  # noqa: S608 - constants of ours

_NEAR = sa.text("""
    SELECT asked.word, near.word, near.stem
    FROM unnest(CAST(:words AS text[]), CAST(:forms AS text[])) AS asked (word, forms),
         LATERAL (
             SELECT search_word.word, search_word.stem FROM search_word
             WHERE search_word.forms && CAST(asked.forms AS int[])
             AND length(search_word.word) BETWEEN length(asked.word) - 2 AND length(asked.word) + 2
             ORDER BY similarity(search_word.word, asked.word) DESC, search_word.word LIMIT :limit
         ) AS near
""")


@dataclass(frozen=True, slots=True)
class Understood:
    """What was asked: the query of the index (`tsquery` syntax, None without words). `newest` is its greatest id."""

    query: str | None
    newest: int


async def understand(session: AsyncSession, words: Sequence[str]) -> Understood:
    """The query for words as `query_words` gives them.

    All words must be found; the last may be the beginning of one; a word that no offer knows may be one that is spelled
    nearly alike. Words are letters and digits alone, so nothing of them can be read as syntax.
    """
    rows = (await session.execute(_ASKED, {"words": list(words)})).all()
    newest = rows[0].newest or 0
    if not words:
        return Understood(None, newest)
    stems = {row.word: [row.stem, *row.completions] for row in rows}
    unknown = [row.word for row in rows if not row.is_known and allowed_typos(row.word)]
    if unknown:
        for word, meanings in (await _meanings(session, unknown)).items():
            stems[word] += meanings
    terms = (" | ".join(f"'{stem}'" for stem in dict.fromkeys(stems[row.word])) for row in rows)
    return Understood(" & ".join(f"({term})" for term in terms), newest)


async def _meanings(session: AsyncSession, words: Sequence[str]) -> dict[str, list[str]]:
    """The stems of what mistyped words may have meant."""
    candidates: dict[str, dict[str, str]] = {word: {} for word in words}
    asked = {"words": list(words), "forms": [f"{{{','.join(map(str, forms(word)))}}}" for word in words]}
    for word, near, stem in await session.execute(_NEAR, {**asked, "limit": _CANDIDATES}):
        candidates[word][near] = stem
    return {word: [near[name] for name in meant(word, list(near))] for word, near in candidates.items()}
