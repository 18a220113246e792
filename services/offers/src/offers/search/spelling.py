"""From the words that somebody typed to the stems that the index holds, mistakes forgiven."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.search.actions import CONFIGURATION
from offers.search.words import MIN_PREFIX, allowed_typos, meant

# Words of four or five letters with two neighbours swapped still share a fifth of their trigrams.
_SIMILARITY = "0.2"
_CANDIDATES = 40

# The last word may be one that is still being typed.
_KNOWN = sa.text(f"""
    SELECT asked.word, stem.stem,
           EXISTS (SELECT FROM search_word WHERE search_word.word = asked.word OR search_word.stem = stem.stem)
           OR (asked.place = cardinality(CAST(:words AS text[])) AND length(asked.word) >= {MIN_PREFIX}
               AND EXISTS (SELECT FROM search_word WHERE search_word.word LIKE asked.word || '%')) AS is_known
    FROM unnest(CAST(:words AS text[])) WITH ORDINALITY AS asked (word, place),
         LATERAL (SELECT coalesce((ts_lexize('{CONFIGURATION}', asked.word))[1], asked.word) AS stem) AS stem
    ORDER BY asked.place
""")  # noqa: S608 - constants of ours

_THRESHOLD = sa.text("SELECT set_config('pg_trgm.similarity_threshold', :value, true)")

_NEAR = sa.text("""
    SELECT asked.word, near.word, near.stem
    FROM unnest(CAST(:words AS text[])) AS asked (word),
         LATERAL (
             SELECT search_word.word, search_word.stem FROM search_word WHERE search_word.word % asked.word
             ORDER BY similarity(search_word.word, asked.word) DESC, search_word.word LIMIT :limit
         ) AS near
""")


async def text_query(session: AsyncSession, words: Sequence[str]) -> str | None:
    """The query of the index (`tsquery` syntax) for words as `query_words` gives them; None without any.

    All words must be found; the last may be the beginning of one; a word that no offer knows may be one that is spelled
    nearly alike. Words are letters and digits alone, so nothing of them can be read as syntax.
    """
    if not words:
        return None
    rows = (await session.execute(_KNOWN, {"words": list(words)})).all()
    stems = {row.word: [row.stem] for row in rows}
    unknown = [row.word for row in rows if not row.is_known and allowed_typos(row.word)]
    if unknown:
        for word, meanings in (await _meanings(session, unknown)).items():
            stems[word] += meanings
    terms = [[f"'{stem}'" for stem in dict.fromkeys(stems[row.word])] for row in rows]
    if len(words[-1]) >= MIN_PREFIX:
        terms[-1].append(f"'{words[-1]}':*")
    return " & ".join(f"({' | '.join(term)})" for term in terms)


async def _meanings(session: AsyncSession, words: Sequence[str]) -> dict[str, list[str]]:
    """The stems of what mistyped words may have meant."""
    await session.execute(_THRESHOLD, {"value": _SIMILARITY})
    candidates: dict[str, dict[str, str]] = {word: {} for word in words}
    for asked, near, stem in await session.execute(_NEAR, {"words": list(words), "limit": _CANDIDATES}):
        candidates[asked][near] = stem
    return {word: [near[name] for name in meant(word, list(near))] for word, near in candidates.items()}
