"""Data sets for development, built through the actions so that events tell of them. A second run adds nothing."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import structlog
from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.kinds import Subcategory
from offers.categories.tables import SUBCATEGORIES
from offers.images.actions import set_thumbnail
from offers.offerers.actions import attach_user, create_offerer, validate_offerer
from offers.offerers.models import Offerer
from offers.offerers.values import ValidationStatus
from offers.offers.creation import NewOffer, create_offer
from offers.offers.edition import update_offer
from offers.offers.models import Offer
from offers.offers.publication import publish_offer, reject_offer, set_active
from offers.offers.queries import offer_or_404
from offers.offers.values import WithdrawalType
from offers.providers.models import OffererProvider, Provider, VenueProvider
from offers.providers.tokens import add_api_key
from offers.replicas.queries import user_id_by_email
from offers.sandbox_data import SHOW, STRUCTURES, TINY_SAMPLES, Place, Sample, Structure, siret
from offers.settings import get_settings
from offers.stocks.actions import EventStock, ThingStock, create_event_stocks, upsert_thing_stocks
from offers.stocks.price_categories import PriceGiven, replace_price_categories
from offers.venues.actions import create_venue
from offers.venues.addresses import AddressGiven
from offers.venues.models import Venue
from shared import clock
from shared.database import Database
from shared.identity import Principal
from shared.storage import Storage
from shared.storage_s3 import open_storage

log = structlog.get_logger(__name__)

WAIT_SECONDS = 60.0
POLL_SECONDS = 0.25
EVERYWHERE = "retention_structures@example.com"
# The catalogue came out this many days ago, so that there are past dates and old bookings in it.
AGE = timedelta(days=60)
PALETTE = ("#eb0055", "#320096", "#005a64", "#b4500f", "#0f4c81", "#6b2d5c")
STRESS_STOCKS = 1_000
PER_SUBCATEGORY = 10
ENDS = ("published",) * 7 + ("hidden", "draft", "scheduled", "closed", "rejected")
AUTHORS = ("Lise Morel", "Amin Haddad", "Jeanne Roux", "Théo Lacombe", "Awa Diarra")


async def build(name: str, database: Database, *, wait_seconds: float = WAIT_SECONDS) -> None:
    """Build `tiny` or `industrial` once the partners' accounts are known here; what is there already is left alone."""
    settings = get_settings()
    storage = open_storage(settings)
    author = await _author(database, wait_seconds)
    structures = [item for item in STRUCTURES if name == "industrial" or item.tiny]
    made = 0
    for structure in structures:
        made += await _add_structure(database, structure, author)
    added = await _add_catalogue(database, storage, author, TINY_SAMPLES)
    if name == "industrial":
        added += await _add_catalogue(database, storage, author, _industrial())
        await _add_providers(database)
    log.info("sandbox.built", name=name, structures=made, offers=added)


async def _author(database: Database, seconds: float) -> Principal:
    """Who makes the catalogue, once `users` has told of that account."""
    deadline = time.monotonic() + seconds
    while True:
        async with database.transaction() as session:
            found = await user_id_by_email(session, EVERYWHERE)
        if found is not None:
            return Principal(found, "pro", "sandbox", "access", 0, roles=frozenset({"ADMIN"}))
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"after {seconds:.0f} s offers does not know {EVERYWHERE}: "
                "build the sandbox of users first and let all workers run"
            )
        await asyncio.sleep(POLL_SECONDS)


async def _add_structure(database: Database, structure: Structure, author: Principal) -> bool:
    """The offerer with its venues and members; False when it is there."""
    async with database.transaction() as session:
        offerer = (await session.execute(select(Offerer).where(Offerer.siren == structure.siren))).scalar_one_or_none()
        is_new = offerer is None
        if offerer is None:
            offerer = await create_offerer(session, name=structure.name, siren=structure.siren)
            if structure.is_validated:
                await validate_offerer(session, offerer)
            for number, place in enumerate(structure.places, start=1):
                await _add_venue(session, offerer, place, number)
        # Accounts of a larger data set may have come since.
        members = {EVERYWHERE, *(f"{who}@example.com" for who in structure.members)}
        for email in sorted(members):
            await _attach(session, offerer, email, ValidationStatus.VALIDATED)
        for who in structure.candidates:
            await _attach(session, offerer, f"{who}@example.com", ValidationStatus.NEW)
    return is_new


async def _attach(session: AsyncSession, offerer: Offerer, email: str, status: ValidationStatus) -> None:
    user_id = await user_id_by_email(session, email)
    if user_id is not None:
        await attach_user(session, user_id=user_id, offerer_id=offerer.id, status=status)


async def _add_venue(session: AsyncSession, offerer: Offerer, place: Place, number: int) -> None:
    await create_venue(
        session,
        offerer,
        name=place.name,
        siret=siret(offerer.siren, number),
        address=AddressGiven(
            street=place.street,
            postal_code=place.postal_code,
            city=place.city,
            insee_code=place.insee_code,
            ban_id=place.ban_id,
            latitude=place.latitude,
            longitude=place.longitude,
        ),
        activity=place.activity,
        booking_email=f"reservations.{number}@{offerer.siren.lower()}.example.com",
        description=f"{place.name}, à {place.city}.",
        withdrawal_details="Présentez votre contremarque et une pièce d’identité à l’accueil.",
        is_virtual=place.is_virtual,
        accessibility=True,
        contact_email=f"contact@{offerer.siren.lower()}.example.com",
        website=f"https://{offerer.siren.lower()}.example.com",
    )


async def _add_catalogue(
    database: Database, storage: Storage, author: Principal, samples: dict[str, tuple[Sample, ...]]
) -> int:
    """The offers that are missing, each in a transaction of its own; how many."""
    added = 0
    colours = count()
    for venue_name, wanted in samples.items():
        async with database.transaction() as session:
            venue = (
                await session.execute(select(Venue).where(Venue.name == venue_name).order_by(Venue.id).limit(1))
            ).scalar_one_or_none()
            if venue is None:
                continue
            known = set(await session.scalars(select(Offer.name).where(Offer.venue_id == venue.id)))
        for sample in wanted:
            if sample.name not in known:
                async with database.transaction() as session:
                    await _add_offer(session, storage, author, venue.id, sample, next(colours))
                added += 1
    return added


def _industrial() -> dict[str, tuple[Sample, ...]]:
    """Ten offers of every subcategory that can still be chosen, ten of each venue, and one with a thousand dates."""
    places = [place.name for structure in STRUCTURES if structure.is_validated for place in structure.places]
    found: dict[str, list[Sample]] = {place: [] for place in places}
    kinds = [item for item in SUBCATEGORIES.values() if item.is_selectable]
    for index, (kind, number) in enumerate(
        (kind, number) for kind in kinds for number in range(1, PER_SUBCATEGORY + 1)
    ):
        found[places[index % len(places)]].append(_of_kind(kind, number, end=ENDS[index % len(ENDS)]))
    for index, place in enumerate(places):
        for number in range(1, 6):
            hidden = "hidden" if number % 3 == 0 else "published"
            found[place].append(_of_kind(SUBCATEGORIES["CONFERENCE"], 100 + 10 * index + number, end=hidden))
            found[place].append(_of_kind(SUBCATEGORIES["MATERIEL_ART_CREATIF"], 100 + 10 * index + number, end=hidden))
    many = Sample("Mille et une séances", "SEANCE_CINE", 600, dates=tuple(range(1, STRESS_STOCKS + 1)), quantity=50)
    found[places[0]].append(many)
    return {place: tuple(samples) for place, samples in found.items()}


def _of_kind(kind: Subcategory, number: int, *, end: str) -> Sample:
    """An offer of a subcategory, priced as its kind is and complete enough to be published."""
    extra_data: dict[str, str] = dict(SHOW) if "showType" in kind.field_names else {}
    for name in ("author", "performer", "speaker", "stageDirector"):
        if name in kind.field_names:
            extra_data[name] = AUTHORS[number % len(AUTHORS)]
    if "musicType" in kind.field_names:
        extra_data["musicType"] = ("501", "520", "530", "600")[number % 4]
    price = 0 if number % 4 == 0 else 300 + 100 * (number % 20)
    return Sample(
        f"{kind.label[:60]} nº {number}",
        kind.id,
        price,
        dates=(-15 + number % 5, 4 + number % 9, 20 + number % 30) if kind.is_event else (),
        quantity=None if number % 5 == 0 else 10 + number,
        extra_data=extra_data,
        url=f"https://exemple.example.com/{kind.id.lower()}/{number}" if kind.is_online_only else None,
        has_image=number % 5 == 1,
        end=end,
    )


async def _add_providers(database: Database) -> None:
    """Ticketing partners, each of an offerer, linked to its venues, with keys that are no secret."""
    names = ("TicketBusters", "MangaMania", "VinylVibes", "TaylorManager")
    async with database.transaction() as session:
        offerers = await session.scalars(
            select(Offerer)
            .where(Offerer.validation_status == ValidationStatus.VALIDATED)
            .order_by(Offerer.id)
            .limit(len(names))
        )
        for name, offerer in zip(names, offerers.all(), strict=False):
            if (await session.scalars(select(Provider.id).where(Provider.name == name))).first() is not None:
                continue
            provider = Provider(name=name, is_active=True, enabled_for_pro=True, hmac_key="S3cr3tK3y")
            session.add(provider)
            await session.flush()
            session.add(OffererProvider(offerer_id=offerer.id, provider_id=provider.id))
            venues = await session.scalars(select(Venue.id).where(Venue.managing_offerer_id == offerer.id))
            session.add_all(VenueProvider(venue_id=venue_id, provider_id=provider.id) for venue_id in venues.all())
            await add_api_key(session, provider, f"development_{offerer.id}", f"clearSecret{offerer.id}")


async def _add_offer(
    session: AsyncSession, storage: Storage, author: Principal, venue_id: int, sample: Sample, number: int
) -> None:
    """An offer as its partner would have made it when the catalogue came out."""
    today = clock.now()
    subcategory = SUBCATEGORIES[sample.subcategory_id]
    clock.set_frozen(today - AGE)
    try:
        offer_id = await _write(session, author, venue_id, sample, subcategory, today)
        if sample.has_image:
            offer = await offer_or_404(session, author, offer_id, lock=True)
            content = await asyncio.to_thread(_picture, sample.name, number)
            await set_thumbnail(session, storage, offer, content, credit="Jeu de données", author_id=author.id)
        await _finish(session, author, offer_id, sample, today)
    finally:
        clock.set_frozen(None)


async def _write(
    session: AsyncSession, author: Principal, venue_id: int, sample: Sample, subcategory: Subcategory, today: datetime
) -> int:
    withdrawal = subcategory.can_be_withdrawable
    extra_data = {**sample.extra_data, **({"ean": sample.ean} if sample.ean else {})}
    offer = await create_offer(
        session,
        author,
        venue_id,
        NewOffer(
            name=sample.name,
            subcategory_id=sample.subcategory_id,
            audio_disability_compliant=True,
            mental_disability_compliant=True,
            motor_disability_compliant=True,
            visual_disability_compliant=False,
            description=sample.description or f"{sample.name} : une proposition de la saison.",
            extra_data=extra_data,
            url=sample.url,
            duration_minutes=90 if subcategory.is_event else None,
            booking_email="reservations@example.com",
            booking_contact="billetterie@example.com" if withdrawal else None,
            withdrawal_type=WithdrawalType.ON_SITE if withdrawal else None,
            withdrawal_delay=1_800 if withdrawal else None,
        ),
    )
    if sample.duo_thing:
        await update_offer(session, author, offer.id, {"is_duo": True})
    offer = await offer_or_404(session, author, offer.id, lock=True)
    if not subcategory.is_event:
        codes = [f"PASS-{offer.id}-{index:04d}" for index in range(sample.codes)] or None
        stock = ThingStock(price_cents=sample.price_cents, quantity=sample.quantity, activation_codes=codes)
        await upsert_thing_stocks(session, offer, [stock])
        return offer.id
    prices = [PriceGiven("Tarif plein", sample.price_cents)]
    if sample.second_price_cents is not None:
        prices.append(PriceGiven("Tarif réduit", sample.second_price_cents))
    await replace_price_categories(session, offer, prices)
    offer = await offer_or_404(session, author, offer.id, lock=True)
    evening = today.replace(hour=18, minute=30, second=0, microsecond=0)
    dates = [
        EventStock(
            beginning_datetime=evening + timedelta(days=day),
            booking_limit_datetime=evening + timedelta(days=day) - timedelta(hours=2),
            price_category_id=category.id,
            quantity=sample.quantity,
        )
        for day in sample.dates
        for category in offer.price_categories
    ]
    await create_event_stocks(session, offer, dates)
    return offer.id


async def _finish(session: AsyncSession, author: Principal, offer_id: int, sample: Sample, today: datetime) -> None:
    if sample.end == "draft":
        return
    if sample.quantity == 0:
        await _publish_sold_out(session, author, offer_id)
        return
    scheduled = (today + timedelta(days=5)) if sample.end == "scheduled" else None
    opening = (today + timedelta(days=8)) if sample.end == "closed" else None
    await publish_offer(session, author, offer_id, publication_datetime=scheduled, booking_allowed_datetime=opening)
    if sample.end == "rejected":
        await reject_offer(session, offer_id, author_id=author.id)
    elif sample.end == "hidden":
        await set_active(session, author, [offer_id], is_active=False)


async def _publish_sold_out(session: AsyncSession, author: Principal, offer_id: int) -> None:
    """Publish with one item, then take it out of the stock: an offer with nothing left."""
    for quantity in (1, 0):
        offer = await offer_or_404(session, author, offer_id, lock=True)
        stock = next(item for item in offer.stocks if not item.is_soft_deleted)
        wanted = ThingStock(price_cents=stock.price_cents, quantity=quantity, id=stock.id)
        await upsert_thing_stocks(session, offer, [wanted])
        if quantity:
            await publish_offer(session, author, offer_id)


def _picture(name: str, number: int) -> bytes:
    """A poster of flat colours with the offer's name: an image that is ours."""
    width, height = 600, 900
    image = Image.new("RGB", (width, height), PALETTE[number % len(PALETTE)])
    draw = ImageDraw.Draw(image)
    for step in range(6):
        radius = 420 - 60 * step
        tint = PALETTE[(number + step + 1) % len(PALETTE)]
        draw.ellipse((300 - radius, 330 - radius, 300 + radius, 330 + radius), outline=tint, width=18)
    draw.rectangle((0, 700, width, height), fill="#161617")
    for line, words in enumerate(_lines(name)):
        draw.text((30, 730 + 50 * line), words, fill="white", font_size=38)
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _lines(name: str, width: int = 26) -> Iterator[str]:
    line = ""
    for word in name.split():
        if line and len(line) + len(word) >= width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line
