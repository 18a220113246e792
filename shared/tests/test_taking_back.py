"""Facts that name somebody are taken back from streams and dead letters, whatever the broker."""

import pytest
from sample.events import THING, ThingState

from shared.events.erasure import Personal, _clean_dead_letters, _clean_stream

NAMED = Personal(THING, lambda state: state["id"])


def event(number, person):
    return (
        THING.event(
            id=f"0190a5f0-0000-7000-8000-{number:012d}",
            name="thing.made",
            occurred_at="2026-01-01T00:00:00Z",
            aggregate_id=person,
            aggregate_version=number,
            state=ThingState(id=person, label=f"n{number}"),
        )
        .model_dump_json()
        .encode()
    )


async def people(kind):
    return [THING.event.model_validate_json(data).state.id for data in await kind.kept()]


@pytest.fixture
def counts():
    return {"waiting": 0}


async def clean(broker, counts, *ids):
    late = set()
    return await _clean_stream(broker, NAMED, set(ids), late, counts), late


async def test_what_nobody_reads_goes_at_once(broker, kind, counts):
    for number, person in enumerate((1, 2, 1, 3)):
        await kind.put(event(number, person))
    assert await clean(broker, counts, 1, 9) == (2, set())
    assert await people(kind) == [2, 3]
    assert await clean(broker, counts, 1) == (0, set())


async def test_what_a_group_has_not_settled_waits(broker, kind, counts):
    for number in range(4):
        await kind.put(event(number, 1))
    taken = await kind.take(2)
    assert await clean(broker, counts, 1) == (0, {1})
    assert counts["waiting"] == 4
    await kind.settle(taken)
    assert await clean(broker, counts, 1) == (2, {1})
    await kind.settle(await kind.take(2))
    assert await clean(broker, counts, 1) == (2, set())
    assert await people(kind) == []


async def test_dead_letters_go_with_them(broker, kind):
    await kind.put(event(0, 3))
    for number, person in enumerate((1, 2, 1), start=1):
        await kind.set_aside(event(number, person))
    await kind.set_aside(b"not JSON")
    assert await _clean_dead_letters(broker, NAMED, {1, 3}) == 2
    assert [THING.event.model_validate_json(letter.data).state.id for letter in await letters(broker)] == [2]
    assert await broker.count_dead(THING.stream) == 2
    assert await people(kind) == [3]


async def letters(broker):
    entries = [entry async for page in broker.entries(THING.stream, dead=True) for entry in page]
    return [entry for entry in entries if entry.data != b"not JSON"]
