"""Messages of which only measurements are wrong: the rest counts, and who sent them is known to measure nonsense."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.protocol.codec import decode_telemetry
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import AssetReport, Envelope, MissionEnded, Role, Telemetry
from fleet.protocol.roles import ALLOWED
from fleet.protocol.salvage import Salvaged, placed_in_air, salvaged_control, salvaged_telemetry

SAMPLE: dict[str, Any] = {
    "type": "telemetry",
    "at": "2026-03-01T00:00:00Z",
    "lon": 16.0,
    "lat": 48.0,
    "soc": 0.5,
}
REPORT = {"type": "asset_report", "condition": "ready", "at": "2026-03-01T00:00:00Z", "site_id": "S1"}
ENDED = {"type": "mission_ended", "mission_id": "m", "outcome": "completed", "at": "2026-03-01T00:00:00Z"}


def telemetry(version: bytes = b"2", **changes: Any) -> Salvaged | None:
    """What is left of a sample with these changes."""
    return salvaged_telemetry([version, b"telemetry", json.dumps(SAMPLE | changes).encode()])


def control(message: dict[str, Any], **changes: Any) -> Salvaged | None:
    """The same of a report."""
    body = json.dumps({"seq": 1, "ack": 0, "message": message | changes}).encode()
    return salvaged_control([b"2", str(message["type"]).encode(), body], ALLOWED[Role.ASSET])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("soc", 1.5),
        ("soc", -0.1),
        ("soc", float("nan")),
        ("soc", "full"),
        ("soc", True),
        ("soc", 10**400),
        ("energy_used_wh", -1),
        ("energy_used_wh", float("inf")),
        ("heading_deg", 360),
        ("ground_speed_mps", -3),
        ("alt_amsl_m", float("nan")),
        ("airspeed_mps", -1),
        ("packs", []),
        ("packs", [{"pack": 1}, {"pack": 1}]),
        ("packs", [{"pack": 0, "soc": 0.5}]),
        ("packs", [{"pack": 1, "volts": 3}]),
    ],
)
def test_what_can_t_be_is_told_and_the_rest_counts(field: str, value: Any) -> None:
    """Where it is stays known."""
    found = telemetry(**{field: value})
    assert found is not None
    assert isinstance(found.message, Telemetry)
    assert (found.message.lon, getattr(found.message, field)) == (16.0, None)
    assert {one.field for one in found.nonsense} == {field}
    assert all(len(one.shown) <= 40 for one in found.nonsense)


def test_several_at_once() -> None:
    """Each of them is told."""
    found = telemetry(soc=2, heading_deg=-1, energy_used_wh="much")
    assert found is not None
    assert isinstance(found.message, Telemetry)
    assert {one.field: one.shown for one in found.nonsense} == {
        "soc": "2",
        "heading_deg": "-1",
        "energy_used_wh": "'much'",
    }


def test_a_wind_without_a_direction_is_none() -> None:
    """Neither is known without the other."""
    found = telemetry(wind_mps=5, wind_from_deg=400)
    assert found is not None
    assert isinstance(found.message, Telemetry)
    assert (found.message.wind_mps, found.message.wind_from_deg) == (None, None)
    assert [one.field for one in found.nonsense] == ["wind_from_deg"]


def test_of_a_pack_only_what_can_t_be_is_lost() -> None:
    """The others, and what else is known of this one, stay."""
    found = telemetry(packs=[{"pack": 1, "soc": 1.2, "voltage_v": 23.5}, {"pack": 2, "soc": 0.4}])
    assert found is not None
    assert isinstance(found.message, Telemetry)
    assert found.message.packs is not None
    assert [(one.pack, one.soc, one.voltage_v) for one in found.message.packs] == [
        (1, None, 23.5),
        (2, 0.4, None),
    ]
    assert [(one.field, one.shown) for one in found.nonsense] == [("packs", "soc 1.2 of pack 1")]


@pytest.mark.parametrize("changes", [{"lat": 200}, {"lon": float("nan")}, {"lat": None, "soc": 7}])
def test_who_does_not_say_where_it_is_says_nothing(changes: dict[str, Any]) -> None:
    """What is wrong is known all the same."""
    found = telemetry(**changes)
    assert found is not None
    assert found.message is None
    assert set(changes) >= {one.field for one in found.nonsense} >= {"lat", "lon"} & set(changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"soc": None},
        {"x": 1, "soc": 2},
        {"at": "noon", "soc": 2},
        {"state": "", "soc": 2},
        {"type": "attach"},
    ],
)
def test_nothing_is_mended_where_more_is_wrong_or_nothing_is(changes: dict[str, Any]) -> None:
    """The form of a message, its time and whom it is about are no measurements."""
    assert telemetry(**changes) is None


def test_frames_that_are_none() -> None:
    """Not JSON, of another kind, too many, of a version without the field."""
    for frames in (
        [],
        [b"2"],
        [b"2", b"telemetry", b"{"],
        [b"2", b"hello", b"{}"],
        [b"2", b"telemetry", b"[]"],
    ):
        assert salvaged_telemetry(frames) is None
    assert telemetry(b"1", packs=[{"pack": 1, "soc": 2}]) is None
    assert telemetry(b"9", soc=2) is None


def test_a_report_whose_charge_can_t_be_says_the_rest() -> None:
    """And a mission is over though its meter says nonsense."""
    found = control(REPORT, soc=1.5)
    assert found is not None
    assert isinstance(found.message, Envelope)
    assert found.message.message == AssetReport(condition="ready", at="2026-03-01T00:00:00Z", site_id="S1")  # type: ignore[arg-type]
    assert [one.field for one in found.nonsense] == ["soc"]
    over = control(ENDED, energy_used_wh=-5)
    assert over is not None
    assert isinstance(over.message, Envelope)
    assert isinstance(over.message.message, MissionEnded)
    assert over.message.message.energy_used_wh is None


def test_nothing_else_of_a_report_is_mended() -> None:
    """Not what it says has happened, nor to which mission."""
    assert control(REPORT, condition="happy", soc=1.5) is None
    assert control(ENDED, mission_id="", energy_used_wh=-5) is None
    assert control(ENDED, energy_used_wh=5) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("pack", "soc", "x")), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from((*SAMPLE, "packs", "heading_deg", "energy_used_wh", "x")), JSON))
def test_whatever_is_sent_nothing_wrong_comes_through(changes: dict[str, Any]) -> None:
    """What is left is a sample that any hub takes, with the position that was sent; nothing is made up."""
    found = telemetry(**changes)
    if found is None or found.message is None:
        return
    assert isinstance(found.message, Telemetry)
    sent = SAMPLE | changes
    told = json.loads(found.message.model_dump_json())
    assert (told["lon"], told["lat"]) == (sent["lon"], sent["lat"])
    assert decode_telemetry([b"2", b"telemetry", found.message.model_dump_json().encode()]) == found.message
    with pytest.raises(RemoteError):
        decode_telemetry([b"2", b"telemetry", json.dumps(sent).encode()])


@pytest.mark.parametrize("height_m", [-500.0, 0.0, 120.0, 8_000.0, None])
def test_a_height_that_can_be_counts(height_m: float | None) -> None:
    sample = Telemetry.model_validate(SAMPLE | {"alt_amsl_m": height_m})
    assert placed_in_air(sample) == (sample, None)


@pytest.mark.parametrize("height_m", [-9999.0, -500.1, 8_000.1, 12_000.0, 1e300])
def test_a_height_that_no_asset_has_is_taken_out_and_told(height_m: float) -> None:
    """In centimetres, or one that stands for none: the wire takes any number."""
    sample = Telemetry.model_validate(SAMPLE | {"alt_amsl_m": height_m})
    rest, nonsense = placed_in_air(sample)
    assert rest == sample.model_copy(update={"alt_amsl_m": None})
    assert nonsense is not None
    assert nonsense.field == "alt_amsl_m"
    assert nonsense.shown == repr(height_m)
    assert "-500 and 8000 m" in nonsense.problem
