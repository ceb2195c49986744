"""``[[pilots]]`` of a fleet file: what is read, and what is refused where."""

from __future__ import annotations

from datetime import time

import pytest

from fleet.domain.pilots import Pilots
from fleet.intake.errors import IntakeError
from fleet.intake.fleetfile import default_fleet, parse_fleet

ROW = '[[pilots]]\nkind = "drone"\npilots = 2\nmachines_each = 10\n'


def test_rows_are_read_with_their_shifts() -> None:
    """Without a shift around the clock, without sites for all of them."""
    found = parse_fleet(ROW + 'sites = ["S2", "S1"]\nshift = "07:00-15:00"\n' + ROW, "fleet.toml").spec
    early, whole = found.pilots
    assert early == Pilots(
        kind="drone", sites=("S1", "S2"), pilots=2, machines_each=10, begins=time(7), ends=time(15)
    )
    assert (whole.sites, whole.begins, whole.ends, whole.machines) == ((), time(0), time(0), 20)
    assert found.pilots_of("sidewalk_robot") == ()


def test_a_fleet_without_pilots_is_written_as_before() -> None:
    """So that a day of an earlier version keeps its fingerprint."""
    assert "pilots" not in default_fleet().spec.model_dump(mode="json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROW.replace("drone", "dron"), r"fleet\.toml:2: pilots.*kind.*no kind of drones or robots.*drone"),
        (ROW.replace("drone", "van"), r"pilots.*kind.*no kind of drones or robots"),
        (ROW.replace("pilots = 2", "pilots = 0"), r"fleet\.toml:3: pilots.*pilots"),
        (ROW.replace("machines_each = 10\n", ""), r"pilots.*machines_each"),
        (ROW + "drones_each = 3\n", r"fleet\.toml:5: pilots.*drones_each"),
        (ROW + 'shift = "7-15"\n', r"fleet\.toml:5: pilots.*shift"),
        (ROW.replace("[[pilots]]", "[pilots]"), r"pilots.*\[\[pilots\]\]"),
        (
            ROW + 'sites = ["S1", "S2"]\n' + ROW + 'sites = ["S2", "S3"]\n',
            r"fleet\.toml:10: pilots.*sites.*partly those of another row \(S1, S2\)",
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(text: str, said: str) -> None:
    with pytest.raises(IntakeError, match=said):
        parse_fleet(text, "fleet.toml")
