"""The index that the search reads: one row an offer, written in the transaction of each change to the offer."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from offers.base import Base, Cents, Instant
from offers.search.tags import UNTAGGED
from offers.search.types import Cube

_GIN = {"fastupdate": "off"}


class SearchOffer(Base):
    """An approved offer of an active offerer that has something left to book.

    Whether it can be seen at a given moment is a matter of two dates: `publication_datetime` has come and `bookable_until`
    has not. Nothing has to run when they pass.
    """

    __tablename__ = "search_offer"
    __table_args__ = (
        # Nobody waits for a list of changes to be worked off: neither who searches, nor the one who makes it too long.
        sa.Index("ix_search_offer_tags_words", "tags", "words", postgresql_using="gin", postgresql_with=_GIN),
        sa.Index("ix_search_offer_bookable_until", "bookable_until"),
        sa.Index("ix_search_offer_exact_until", "exact_until"),
    )

    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), primary_key=True)
    venue_id: Mapped[int] = mapped_column(sa.BigInteger)
    subcategory_id: Mapped[str] = mapped_column(sa.String(60))
    words: Mapped[str] = mapped_column(TSVECTOR)
    """Stems: name, artists and EAN (A), kind of offer (B), venue and town (C), description (D)."""
    tags: Mapped[list[int]] = mapped_column(ARRAY(sa.Integer), server_default=f"{{{UNTAGGED}}}")
    """What `tags.tags_of` says of the offer."""
    position: Mapped[str | None] = mapped_column(Cube)
    """Where it takes place; nothing for what is online."""
    price_min: Mapped[Cents]
    price_max: Mapped[Cents]
    date_min: Mapped[Instant | None]
    date_max: Mapped[Instant | None]
    """The span of its dates; nothing for a thing."""
    is_duo: Mapped[bool]
    is_digital: Mapped[bool]
    rank: Mapped[int] = mapped_column(sa.BigInteger)
    """What breaks ties of relevance, the greater the better."""
    publication_datetime: Mapped[Instant]
    bookable_until: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    """When the last of its stocks closes; far in the future for what never does."""
    exact_until: Mapped[Instant | None]
    """When the first of them closes: until then the row says exactly what is left, later it says bounds of it, until
    `jobs.refresh` has seen it. Nothing where the code of before wrote the row: bounds from the beginning."""


class SearchWord(Base):
    """A word of the names of offers, artists, venues and towns: what a mistyped word may have meant."""

    __tablename__ = "search_word"
    __table_args__ = (
        sa.Index("ix_search_word_forms", "forms", postgresql_using="gin", postgresql_with=_GIN),
        sa.Index("ix_search_word_prefix", "word", postgresql_ops={"word": "text_pattern_ops"}),
        sa.Index("ix_search_word_stem", "stem"),
    )

    word: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    stem: Mapped[str] = mapped_column(sa.Text)
    forms: Mapped[list[int]] = mapped_column(ARRAY(sa.Integer), server_default="{}")
    """What `words.forms` says of the word: those who share one are spelled nearly alike."""


class SearchStem(Base):
    """A stem of the index, and in about how many offers it is: how a word that is being typed may go on."""

    __tablename__ = "search_stem"
    __table_args__ = (sa.Index("ix_search_stem_prefix", "stem", postgresql_ops={"stem": "text_pattern_ops"}),)

    stem: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    offers: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    """As `jobs.count_stems` last estimated; 0 for a stem that is new since."""
