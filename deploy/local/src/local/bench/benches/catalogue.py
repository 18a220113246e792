"""A catalogue of a million offers, written in masses: venues all over France, titles, dates, prices, and the search's index.

Rows go by COPY past the services' actions; the bench `search` checks a sample of the index against what an action would
have written. Several processes write; PostgreSQL builds the indexes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import ceil
from multiprocessing import get_context
from random import Random
from typing import Any

import psycopg

from local.bench.benches.french import TOWNS, French

#: Ids begin here: far above what the sandbox and other benches have.
BASE = 20_000_000
WORDS, DESCRIPTIONS = 40_000, 20_000
OFFERS_PER_VENUE = 50
WRITERS = 2
TABLES = ("offer", "stock", "inventory_replica", "mediation", "search_offer", "search_word", "search_stem")
_ARRANGED = ("offerer", "venue", "address", "offerer_address")
#: How often each kind of offer comes; every other kind shares what is left.
_KINDS = {
    "LIVRE_PAPIER": 34,
    "SEANCE_CINE": 12,
    "CONCERT": 11,
    "SPECTACLE_REPRESENTATION": 10,
    "SUPPORT_PHYSIQUE_MUSIQUE_VINYLE": 4,
    "VISITE": 4,
    "ATELIER_PRATIQUE_ART": 3,
    "VOD": 2,
    "FESTIVAL_MUSIQUE": 2,
    "EVENEMENT_PATRIMOINE": 2,
    "LIVRE_NUMERIQUE": 2,
    "ACHAT_INSTRUMENT": 2,
}
_OTHERS = 12
_PRICES = (
    0,
    0,
    0,
    350,
    500,
    690,
    700,
    790,
    800,
    900,
    990,
    1_000,
    1_200,
    1_490,
    1_500,
    1_800,
    2_000,
    2_500,
    3_500,
    6_000,
)


@dataclass(frozen=True)
class Venue:
    """Where offers are: `town` is a place in `TOWNS`."""

    id: int
    name: str
    town: int
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Plan:
    """What every writer knows, from the same seed. `stems` come from the database's own French."""

    size: int
    now: datetime
    stems: dict[str, str]

    @cached_property
    def french(self) -> French:
        return French.of(WORDS)

    @cached_property
    def descriptions(self) -> list[str]:
        random = Random(1)
        return [
            f"{' '.join(self.french.many(random, random.randint(12, 45)))}.".capitalize()
            for _ in range(min(DESCRIPTIONS, self.size))
        ]

    @cached_property
    def venues(self) -> list[Venue]:
        random = Random(2)
        weights = [town[4] for town in TOWNS]
        found = []
        for number in range(ceil(self.size / OFFERS_PER_VENUE)):
            (town,) = random.choices(range(len(TOWNS)), weights)
            spread = 0.03 if random.random() < 0.7 else 0.35
            latitude = round(TOWNS[town][2] + random.gauss(0, spread), 5)
            longitude = round(TOWNS[town][3] + random.gauss(0, spread), 5)
            name = self.french.title(random, self.french.many(random, 2))
            found.append(Venue(BASE + number, name, town, latitude, longitude))
        return found


def vocabulary_words() -> list[str]:
    """Every word that titles, names and kinds may hold, as the search cuts them."""
    from offers.categories.tables import SUBCATEGORIES
    from offers.search.rules import kind_words
    from offers.search.words import words

    random = Random(3)
    french = French.of(WORDS)
    texts: Iterable[str] = [*french.words, *(town[0] for town in TOWNS), *(french.person(random) for _ in range(2_000))]
    found = {word for text in texts for word in words(text)}
    return sorted(found | {word for kind in SUBCATEGORIES.values() for word in kind_words(kind)})


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _instant(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


class Writer:
    """Writes the offers of one range of numbers."""

    def __init__(self, plan: Plan) -> None:
        from offers.categories.tables import SUBCATEGORIES
        from offers.search import geometry, rules, tags
        from offers.search.words import words

        self.plan, self.kinds, self.words = plan, SUBCATEGORIES, words
        self.rules, self.tags, self.geometry = rules, tags, geometry
        others = [name for name in self.kinds if name not in _KINDS]
        self.kind_names = [*_KINDS, *others]
        self.kind_weights = [*_KINDS.values(), *(_OTHERS / len(others) for _ in others)]
        self.kind_vectors = {
            name: self._vector(rules.kind_words(kind), "B", 2_000) for name, kind in self.kinds.items()
        }
        self.described = [self._vector(rules.description_words(text), "D", 4_000) for text in plan.descriptions]
        self.placed = [self._vector(words(f"{venue.name} {TOWNS[venue.town][0]}"), "C", 3_000) for venue in plan.venues]

    def _vector(self, words: Sequence[str], weight: str, start: int) -> str:
        stems = self.plan.stems
        return " ".join(f"'{stems.get(word, word)}':{place}{weight}" for place, word in enumerate(words, start))

    def rows(self, first: int, count: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Rows with the name of their table."""
        random = Random(first)
        for number in range(first, first + count):
            yield from self._offer(random, BASE + number)

    def _offer(self, random: Random, offer_id: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
        plan = self.plan
        now = plan.now
        (kind_name,) = random.choices(self.kind_names, self.kind_weights)
        kind = self.kinds[kind_name]
        place = int(len(plan.venues) * random.random() ** 1.5)
        venue = plan.venues[place]
        name = plan.french.title(random, plan.french.many(random, random.choice((1, 2, 2, 3, 3, 4, 5))))
        artist = plan.french.person(random) if random.random() < 0.5 else None
        ean = f"978{offer_id:010d}" if kind_name == "LIVRE_PAPIER" else None
        text = random.randrange(len(plan.descriptions))
        published = now - timedelta(minutes=random.randrange(1, 500_000))
        is_duo = kind.is_event and random.random() < 0.6
        has_image = random.random() < 0.6
        weight = random.randrange(1, 200) if random.random() < 0.0005 else None
        url = "https://exemple.fr/" if kind.is_online_only else None
        extra = f'{{"author": "{artist}"}}' if artist else "{}"
        yield (
            "offer",
            (
                *(offer_id, name, plan.descriptions[text], extra, ean, kind_name, venue.id, url, is_duo, False),
                *("APPROVED", published.isoformat(), published.isoformat(), "{}", weight),
            ),
        )
        if has_image:
            yield "mediation", (offer_id, offer_id, published.isoformat(), True, 1, "Une photographe")
        stocks = []
        for stock_id, price, quantity, beginning in self._stocks(random, offer_id, kind.is_event):
            booked = min(quantity - 1, random.randrange(3)) if quantity else 0
            stocks.append(self.rules.StockFacts(price, quantity, booked, beginning, beginning))
            at = _instant(beginning)
            yield (
                "stock",
                (stock_id, offer_id, price, quantity, at, at, False, "{}", *(published.isoformat(),) * 2, "{}"),
            )
            yield "inventory_replica", (stock_id, 1, offer_id, quantity, booked)
        yield (
            "search_offer",
            self._indexed(
                offer_id, name, artist, ean, kind_name, place, text, published, is_duo, has_image, weight, stocks
            ),
        )

    def _stocks(
        self, random: Random, offer_id: int, is_event: bool
    ) -> Iterator[tuple[int, int, int | None, datetime | None]]:
        price = random.choice(_PRICES)
        if not is_event:
            yield offer_id * 10, price, random.choice((None, 1, 10, 100)), None
            return
        start = self.plan.now + timedelta(minutes=15 * int(40 + 17_000 * random.random() ** 1.3))
        for number in range(random.choice((1, 1, 1, 2, 3, 6))):
            beginning = start + timedelta(days=random.choice((0, 1, 7)) * number, hours=2 * number)
            yield offer_id * 10 + number, price + 500 * (number % 2), random.choice((10, 50, 200)), beginning

    def _indexed(
        self,
        offer_id: int,
        name: str,
        artist: str | None,
        ean: str | None,
        kind_name: str,
        place: int,
        text: int,
        published: datetime,
        is_duo: bool,
        has_image: bool,
        weight: int | None,
        stocks: Sequence[Any],
    ) -> tuple[Any, ...]:
        kind, venue = self.kinds[kind_name], self.plan.venues[place]
        left = self.rules.availability(stocks, self.plan.now)
        assert left is not None, "each offer has something left"  # noqa: S101
        rank = self.rules.rank(ranking_weight=weight, is_event=kind.is_event, has_image=has_image)
        where = None if kind.is_online_only else (venue.latitude, venue.longitude)
        tags = self.tags.tags_of(
            offer_id=offer_id,
            rank=rank,
            coordinates=where,
            dates=left.dates,
            prices=(left.price_min, left.price_max),
            subcategory_id=kind_name,
            venue_id=venue.id,
            is_duo=is_duo,
            is_digital=kind.is_online_only,
        )
        named = [word for part in (name, artist or "", ean or "") for word in self.words(part)]
        vector = (
            f"{self._vector(named, 'A', 1)} {self.kind_vectors[kind_name]} {self.placed[place]} {self.described[text]}"
        )
        return (
            *(offer_id, venue.id, kind_name, vector, _array(tags)),
            *(self.geometry.cube_of(*where) if where else None, left.price_min, left.price_max),
            *(_instant(left.date_min), _instant(left.date_max), is_duo, kind.is_online_only, rank),
            *(published.isoformat(), left.until.isoformat(), left.exact_until.isoformat()),
        )


_COLUMNS = {
    "offer": "id, name, description, extra_data, ean, subcategory_id, venue_id, url, is_duo, is_national, validation, "
    "publication_datetime, date_created, fields_updated, ranking_weight",
    "mediation": "id, offer_id, date_created, is_active, thumb_count, credit",
    "stock": "id, offer_id, price_cents, quantity, beginning_datetime, booking_limit_datetime, is_soft_deleted, features, "
    "date_created, date_modified, fields_updated",
    "inventory_replica": "id, version, offer_id, quantity, booked_quantity",
    "search_offer": "offer_id, venue_id, subcategory_id, words, tags, position, price_min, price_max, date_min, date_max, "
    "is_duo, is_digital, rank, publication_datetime, bookable_until, exact_until",
}
_CHUNK = 5_000


def _line(row: Sequence[Any]) -> str:
    cells = (
        "\\N" if cell is None else str(cell).replace("\\", "\\\\").replace("\t", " ").replace("\n", " ") for cell in row
    )
    return "\t".join(cells) + "\n"


def write_range(url: str, plan: Plan, first: int, count: int) -> None:
    """The offers of these numbers and all that is theirs. Foreign keys are not looked at: `url` is a superuser's."""
    writer = Writer(plan)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for start in range(first, first + count, _CHUNK):
            lines: dict[str, list[str]] = {name: [] for name in _COLUMNS}
            for table, row in writer.rows(start, min(_CHUNK, first + count - start)):
                lines[table].append(_line(row))
            for table, columns in _COLUMNS.items():
                with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                    copy.write("".join(lines[table]))


@contextmanager
def _without_indexes(connection: psycopg.Connection) -> Iterator[None]:
    """Drop the indexes of these tables that no constraint needs, and build them again at the end."""
    found = connection.execute(
        """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indrelid::regclass::text FROM pg_index
           WHERE indrelid::regclass::text = ANY (%s) AND NOT indisunique AND NOT indisexclusion""",
        [list(TABLES)],
    ).fetchall()
    for name, _, _ in found:
        connection.execute(f"DROP INDEX {name}".encode())
    yield
    connection.execute("SET maintenance_work_mem = '1GB'")
    for _, definition, _ in found:
        connection.execute(definition.encode())


def _arrange(connection: psycopg.Connection, plan: Plan) -> None:
    """The venues, their offerers and their addresses."""
    places: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
        "offerer": ("id, name, siren, date_created, validation_status, is_active, allowed_on_adage", []),
        "venue": (
            "id, name, public_name, comment, managing_offerer_id, is_virtual, is_permanent, is_open_to_public, "
            "venue_type_code, dms_token, date_created, is_soft_deleted",
            [],
        ),
        "address": (
            "id, street, postal_code, city, latitude, longitude, department_code, timezone, is_manual_edition",
            [],
        ),
        "offerer_address": ("id, address_id, offerer_id, type, venue_id", []),
    }
    for number, venue in enumerate(plan.venues):
        name, code, *_ = TOWNS[venue.town]
        department = code[:3] if code.startswith("97") else code[:2]
        at = (venue.latitude, venue.longitude)
        places["offerer"][1].append(
            (venue.id, venue.name, f"{800_000_000 + number}", plan.now.isoformat(), "VALIDATED", True, False)
        )
        places["venue"][1].append(
            (
                *(venue.id, venue.name, venue.name, "Sans SIRET", venue.id, False, True, True, "OTHER"),
                *(f"b{number:011x}", plan.now.isoformat(), False),
            )
        )
        places["address"][1].append(
            (venue.id, f"{number} rue des Bancs", code, name, *at, department, "Europe/Paris", False)
        )
        places["offerer_address"][1].append((venue.id, venue.id, venue.id, "VENUE_LOCATION", venue.id))
    for table, (columns, rows) in places.items():
        with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
            copy.write("".join(map(_line, rows)))


def _learn(connection: psycopg.Connection, plan: Plan) -> None:
    """The words of names and places, and how common each stem is, from the index itself."""
    from offers.search.words import forms

    lines = "".join(_line((word, stem, _array(forms(word)))) for word, stem in plan.stems.items() if not word.isdigit())
    connection.execute("CREATE TEMPORARY TABLE learnt (LIKE search_word)")
    with connection.cursor().copy("COPY learnt (word, stem, forms) FROM STDIN") as copy:
        copy.write(lines)
    connection.execute("INSERT INTO search_word SELECT * FROM learnt ON CONFLICT DO NOTHING")
    connection.execute("INSERT INTO search_stem (stem) SELECT DISTINCT stem FROM learnt ON CONFLICT DO NOTHING")


def build(url: str, size: int, *, writers: int = WRITERS) -> Plan:
    """Write `size` offers into the database of offers; `url` is a superuser's."""
    now = datetime.now(UTC).replace(microsecond=0)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        stems = dict(
            connection.execute(
                "SELECT word, coalesce((ts_lexize('offers_french', word))[1], word) FROM unnest(%s::text[]) AS given (word)",
                [vocabulary_words()],
            ).fetchall()
        )
        plan = Plan(size, now, stems)
        with _without_indexes(connection):
            _arrange(connection, plan)
            share = ceil(size / writers)
            ranges = [(first, min(share, size - first)) for first in range(0, size, share)]
            with ProcessPoolExecutor(writers, mp_context=get_context("spawn")) as pool:
                for written in [pool.submit(write_range, url, plan, *one) for one in ranges]:
                    written.result()
            _learn(connection, plan)
        for table in (*TABLES, *_ARRANGED):
            connection.execute(f"VACUUM (ANALYZE) {table}".encode())
    return plan
