"""What has changed between two sets of zones."""

from dataclasses import replace

from geofences import Applicability, Datum, Limit, Restriction, TimePeriod, ZoneSet, compare
from geofences.zones.describe import describe, limit_text
from tests.unit.geofences.make import NOON, agl, amsl, circle, square, zone


def test_equal_sets_do_not_differ_whatever_their_order() -> None:
    one, other = zone(square(0, 0, 100), zone_id="a"), zone(square(0, 0, 200), zone_id="b")
    assert not compare(ZoneSet([one, other]), ZoneSet([other, replace(one, source="elsewhere")]))


def test_zones_that_came_went_or_changed_are_told() -> None:
    stays, goes = (
        zone(square(0, 0, 100), zone_id="stays", upper=agl(120.0)),
        zone(square(0, 0, 50), zone_id="goes"),
    )
    moved = zone(
        square(0, 0, 101),
        zone_id="stays",
        upper=amsl(120.0),
        restriction=Restriction.CONDITIONAL,
        applicability=Applicability((TimePeriod(NOON),)),
    )
    comes = zone(circle(0, 0, 50), zone_id="comes")
    found = compare(ZoneSet([stays, goes]), ZoneSet([comes, moved]))
    assert ([one.zone_id for one in found.added], [one.zone_id for one in found.removed]) == (
        ["comes"],
        ["goes"],
    )
    (changed,) = found.changed
    assert (changed.old, changed.new) == (stays, moved)
    told = {change.what: (change.old, change.new) for change in changed.changes}
    assert told.pop("restriction") == ("PROHIBITED", "CONDITIONAL")
    assert told.pop("when") == ("always", "2026-06-01T12:00:00+00:00 to open end")
    assert told.pop("volume, upper") == ("120 m AGL", "120 m AMSL")
    assert list(told) == ["volume, where"]


def test_zones_that_share_an_id_pair_off() -> None:
    small, large = zone(square(0, 0, 100)), zone(square(0, 0, 200))
    found = compare(ZoneSet([small, small, large]), ZoneSet([small, large]))
    assert (found.added, found.removed, found.changed) == ((), (small,), ())


def test_every_change_of_content_is_told_in_words() -> None:
    """A hundredth of a millimetre too."""
    one = zone(circle(0, 0, 50.0), upper=amsl(100.0))
    (volume,) = one.volumes
    for other in (
        zone(circle(0, 0, 50.00001), upper=amsl(100.0)),
        zone(circle(0, 0, 50.0), upper=amsl(100.00001)),
        replace(one, volumes=(volume, volume)),
        replace(one, name="x"),
        replace(one, message="x"),
        replace(one, country="LUX"),
        replace(one, reasons=("NOISE",)),
        replace(one, conditions="x"),
    ):
        assert one.content_hash() != other.content_hash()
        assert describe(one) != describe(other)


def test_a_change_that_words_do_not_tell_is_told_all_the_same() -> None:
    one, other = (
        zone(square(0, 0, 100), upper=amsl(100.0)),
        zone(square(0, 0, 100), upper=amsl(100.0 + 1e-12)),
    )
    (changed,) = compare(ZoneSet([one]), ZoneSet([other])).changed
    assert [change.what for change in changed.changes] == ["content"]


def test_limits_in_words() -> None:
    levels = [Limit(3048.0, Datum.FL), Limit(100.0, Datum.FL), agl(30.5), None]
    assert [limit_text(one) for one in levels] == ["FL100", "100 m FL", "30.5 m AGL", "not stated"]
