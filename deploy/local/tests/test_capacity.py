"""The capacity model counts as it says."""

from dataclasses import replace

from local.capacity import PAGE, Costs, Usage, expected, model


def peak(usage: Usage, what: str, costs: Costs = Costs()) -> float:
    (line,) = [line for line in model(usage, costs) if line.what == what]
    return float(line.peak.replace(" ", ""))


def test_one_user_who_does_one_thing() -> None:
    usage = Usage(users=86_400, active_a_day=1, requests_a_day=1, bookings_a_year=0, fullest_hour=1 / 24, rush=1)
    assert {line.what: line.average for line in model(usage)}["requests a second"] == "1.0"
    assert peak(usage, "requests a second") == 1


def test_twice_the_users_ask_for_twice_as_much() -> None:
    once, twice = Usage(users=4_000_000), Usage(users=8_000_000)
    for what in ("requests a second", "bookings a second", "facts a second"):
        assert abs(peak(twice, what) / peak(once, what) - 2) < 0.06
    assert peak(twice, "processors of the APIs") > peak(once, "processors of the APIs")


def test_what_costs_less_needs_less() -> None:
    cheap = replace(Costs(), postgres_ms=tuple((kind, ms / 10) for kind, ms in Costs().postgres_ms))
    what = "processors of the databases"
    assert peak(Usage(), what, cheap) < peak(Usage(), what) / 5


def test_the_mix_is_whole_and_the_page_is_current() -> None:
    assert abs(sum(share for _, share in Usage().mix) - 1) < 1e-9
    assert {kind for kind, _ in Usage().mix} == {kind for kind, _ in Costs().python_ms}
    assert expected() == {PAGE: PAGE.read_text()}, "docs/scaling.md is stale: run ./pc openapi"
