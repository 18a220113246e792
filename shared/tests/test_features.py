"""Feature flags: declared, turned, told, and followed by processes without a restart."""

import asyncio

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sample.app import create_app
from sample.events import FEATURE
from sample.features import Flag, flags
from sample.settings import Settings
from structlog.testing import capture_logs

from shared.database import Database
from shared.events.features import feature_id
from shared.events.replay import replay
from shared.features import FeatureFlag, Follower, following, memory, off
from shared.features.actions import clean, install, page, turn
from shared.features.memory import resolve


@pytest.fixture(autouse=True)
def _fresh_loggers(monkeypatch):
    """A command that another test ran in this process made the modules' loggers keep its configuration."""
    for module in (memory, following):
        monkeypatch.setattr(module, "log", structlog.get_logger(module.__name__))


names = st.sampled_from([*Flag.__members__, "VANISHED"])


@given(st.dictionaries(names, st.booleans()))
def test_what_is_stored_counts_else_what_is_declared(stored):
    active = resolve(Flag, stored)
    for flag in Flag:
        assert (flag in active) is stored.get(flag.name, flag.declared.default)
    assert {flag.name for flag in active} <= set(Flag.__members__)


def test_two_flags_are_not_described_alike():
    with pytest.raises(TypeError, match="SECOND"):

        class Twins(FeatureFlag):
            FIRST = off("a", "b")
            SECOND = off("a", "b")


async def _turn(database: Database, flag: Flag, *, active: bool) -> bool:
    async with database.transaction() as session:
        return await turn(session, flags, flag, active=active, by="a@b.fr", reason="tests")


async def test_a_turn_is_told_once_with_the_state_after_it(database, events):
    assert await _turn(database, Flag.RENAME_THINGS, active=False)
    assert not await _turn(database, Flag.RENAME_THINGS, active=False)
    (told,) = await events.published("feature.changed")
    assert told["state"] == {
        "id": feature_id("sample", "RENAME_THINGS"),
        "name": "RENAME_THINGS",
        "is_active": False,
        "description": "Renommer les choses",
        "portal": False,
    }
    # On its first turn a database learns what is declared.
    assert [state["state"]["name"] for state in await events.published("feature.declared")] == [
        "MAKE_THINGS_TWICE",
        "RENAME_THINGS",
    ]


async def test_what_is_as_asked_already_is_not_told(database, events):
    assert not await _turn(database, Flag.RENAME_THINGS, active=True)
    assert await events.published("feature.changed") == []


async def test_a_release_installs_what_is_new_and_cleans_what_is_gone(database, session, events):
    async with database.transaction() as inside:
        assert await install(inside, flags) == ["MAKE_THINGS_TWICE", "RENAME_THINGS"]
        assert await install(inside, flags) == []
        await inside.execute(flags_table().insert().values(name="VANISHED", description="gone", is_active=True))
    async with database.transaction() as inside:
        assert await clean(inside, flags) == ["VANISHED"]
        assert await clean(inside, flags) == []
    (told,) = await events.published("feature.withdrawn")
    assert (told["state"]["name"], told["state"]["id"]) == ("VANISHED", feature_id("sample", "VANISHED"))
    await _turn(database, Flag.MAKE_THINGS_TWICE, active=True)
    assert await replay(database, FEATURE, page(flags)) == 2
    told = {row["state"]["name"]: row["state"]["is_active"] for row in await events.published("feature.replayed")}
    assert told == {"MAKE_THINGS_TWICE": True, "RENAME_THINGS": True}


def flags_table():
    from sample.base import Base

    return Base.metadata.tables["feature"]


async def test_a_running_api_follows(app, client, database, tokens):
    async def rename() -> int:
        return (await client.patch("/things/1", json={"label": "x"}, headers=tokens.pro(1))).status_code

    assert await rename() == 204
    await _turn(database, Flag.RENAME_THINGS, active=False)
    assert await rename() == 204
    with capture_logs() as logs:
        await app.state.follower.look_now()
    assert await rename() == 503
    assert {"event": "feature.followed", "feature": "RENAME_THINGS", "is_active": False, "log_level": "info"} in logs
    await _turn(database, Flag.RENAME_THINGS, active=True)
    with capture_logs() as logs:
        await app.state.follower.look_now()
        await app.state.follower.look_now()
    assert await rename() == 204
    assert len([line for line in logs if line["event"] == "feature.followed"]) == 1


async def test_an_api_that_starts_knows_what_was_turned(database, settings):
    await _turn(database, Flag.RENAME_THINGS, active=False)
    made = create_app(settings)
    async with made.router.lifespan_context(made):
        assert not flags.is_active(Flag.RENAME_THINGS)


async def test_while_the_database_is_away_the_last_known_holds(database, settings):
    await _turn(database, Flag.RENAME_THINGS, active=False)
    assert await Follower(database, [flags], 3_600).look()
    away = Database(
        Settings.model_validate({**settings.model_dump(), "database_url": "postgresql://a:b@127.0.0.1:9/c"})
    )
    follower = Follower(away, [flags], 3_600)
    with capture_logs() as logs:
        assert [await follower.look() for _ in range(3)] == [False] * 3
    assert [line["event"] for line in logs] == ["feature.not_read"]
    assert not await follower.is_known()
    assert not flags.is_active(Flag.RENAME_THINGS)
    await away.close()


async def test_it_is_not_ready_before_flags_are_known_and_nothing_is_handled(settings, tokens):
    away = Settings.model_validate({**settings.model_dump(), "database_url": "postgresql://a:b@127.0.0.1:9/c"})
    made = create_app(away)
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://testserver") as client,
    ):
        assert (await client.get("/health/ready")).json()["checks"]["features"] is False
    stop, begun = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()

    follower = Follower(Database(away), [flags], 3_600)
    waiting = asyncio.create_task(follower.then(work, stop)())
    stop.set()
    await waiting
    assert not begun.is_set()
    stop.clear()
    waiting = asyncio.create_task(follower.then(work, stop)())
    follower.known.set()
    await waiting
    assert begun.is_set()


async def test_the_loop_looks_at_its_pace_and_stops_at_once(database):
    seen: asyncio.Queue[int] = asyncio.Queue()

    class Counter:
        def __init__(self) -> None:
            self.count = 0

        async def read(self, connection) -> None:
            self.count += 1
            seen.put_nowait(self.count)

    stop = asyncio.Event()
    running = asyncio.create_task(Follower(database, [Counter()], 0.001).run(stop))
    assert [await seen.get() for _ in range(3)] == [1, 2, 3]
    stop.set()
    await running


async def test_a_database_that_says_nothing_holds_up_neither_start_nor_stop(database, monkeypatch):
    monkeypatch.setattr(following, "FIRST_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(following, "LAST_LOOK_SECONDS", 0.01)
    asked, never = asyncio.Event(), asyncio.Event()

    class Mute:
        async def read(self, connection) -> None:
            asked.set()
            try:
                await never.wait()
            except asyncio.CancelledError:
                # As the driver does, which waits for the server's word after a cancellation.
                await never.wait()

    follower = Follower(database, [Mute()], 3_600)
    async with follower.following():
        await asked.wait()
        assert not await follower.is_known()
    never.set()
