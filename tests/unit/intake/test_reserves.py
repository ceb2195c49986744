"""Named rules of reserves: read, taken by a fleet or a type, and refused where they are not meant."""

from __future__ import annotations

import pytest

from fleet.domain.fleet import Kept, ReserveRule, SortieType
from fleet.intake.errors import IntakeError
from fleet.intake.fleetfile import default_fleet, parse_fleet
from fleet.intake.reserves import reserve_sets

TYPE = '[types.x]\nbased_on = "courier-x4"\n{}\n[[drone]]\ntype = "x"\n'


def test_each_rule_has_a_source_and_says_which_it_is() -> None:
    assert {"fifth", "rotorcraft-vfr"} <= set(reserve_sets())
    for name, kept in reserve_sets().items():
        assert kept.rule == name
        assert len(kept.source) > 20
        assert kept.fraction_of_usable > 0 or kept.minutes > 0


def test_the_default_fleet_keeps_what_its_named_rule_says() -> None:
    """The same numbers, whether they are stated or named."""
    named = parse_fleet('[reserve]\nrule = "fifth"\n', "fleet.toml").spec.reserve
    assert named.model_copy(update={"rule": None}) == default_fleet().spec.reserve


def test_a_fleet_takes_a_rule_and_says_how_sure_it_must_be() -> None:
    text = '[reserve]\nrule = "rotorcraft-vfr"\nepsilon = 0.0001\n'
    reserve = parse_fleet(text, "fleet.toml").spec.reserve
    assert (reserve.fraction_of_usable, reserve.minutes, reserve.epsilon) == (0.0, 20.0, 0.0001)
    assert "91.151(b)" in reserve.source
    assert ReserveRule.model_validate_json(reserve.model_dump_json()) == reserve


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ('reserve = {rule = "aeroplane-vfr-day"}', (0.0, 30.0)),
        ("reserve = {minutes = 3}", (0.2, 3.0)),
        ('reserve = {fraction_of_usable = 0.35, source = "winter"}', (0.35, 0.0)),
    ],
)
def test_a_type_keeps_its_own(stated: str, kept: tuple[float, float]) -> None:
    """The others what the fleet keeps."""
    spec = parse_fleet(TYPE.format(stated), "fleet.toml").spec
    own, other = (
        spec.types["x"],
        next(t for t in default_fleet().spec.types.values() if isinstance(t, SortieType)),
    )
    assert isinstance(own, SortieType)
    found = spec.reserve_of(own)
    assert isinstance(found, Kept)
    assert (found.fraction_of_usable, found.minutes) == kept
    assert spec.reserve_of(other) == spec.reserve
    assert SortieType.model_validate_json(own.model_dump_json()) == own


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            '[reserve]\nrule = "fith"\n',
            r"fleet\.toml:2: reserve\.rule: there is no such rule .*did you mean 'fifth'",
        ),
        ("[reserve]\nrule = 3\n", r"fleet\.toml:2: reserve\.rule"),
        (
            '[reserve]\nrule = "fifth"\nminutes = 5\n',
            r"fleet\.toml:3: reserve\.minutes: is the rule's \(fifth\): leave one of the two out",
        ),
        (TYPE.format('reserve = {rule = "none"}'), r"types\.x\.reserve\.rule: there is no such rule"),
        (TYPE.format("reserve = {epsilon = 0.1}"), r"types\.x\.reserve\.epsilon"),
    ],
)
def test_what_is_not_meant_is_refused(text: str, why: str) -> None:
    """By line and field; how sure a reserve must be is a matter of the whole fleet."""
    with pytest.raises(IntakeError, match=why):
        parse_fleet(text, "fleet.toml")
