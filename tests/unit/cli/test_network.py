"""`fleet network` where there is nothing to build from or with; what it builds is tested beside the network."""

import subprocess
import sys
from pathlib import Path

import pytest

from fleet.cli.main import main
from fleet.network import extra
from fleet.network.errors import NetworkError


def ended(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.mark.parametrize(
    ("python", "advice"),
    [
        ((3, 11), "needs Python 3.12 or later, and this is 3.11"),
        ((3, 13), "pip install 'lastmile-fleet[streets]'"),
    ],
)
def test_a_missing_engine_says_what_to_install(python: tuple[int, int], advice: str) -> None:
    assert advice in extra.missing(extra.TABLES, python)


def test_without_the_engine_nothing_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda _name: None)
    source = tmp_path / "t.osm"
    source.write_text("<osm/>", encoding="utf-8")
    assert ended("network", "build", source, "--out", tmp_path / "out") == 2
    assert "the routing engine" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    with pytest.raises(NetworkError, match="the routing engine"):
        extra.package_folder(extra.TABLES)


@pytest.mark.parametrize("said", ["", "car,bicycle", "walk"])
def test_profiles_that_are_not_known_are_refused(
    said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("network", "build", tmp_path / "t.osm.pbf", "--profiles", said) == 2
    assert "--profiles: must be some of car,foot,robot" in capsys.readouterr().err


def test_a_plan_with_streets_that_are_not_there_is_refused(
    city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [w for n in ("orders", "depots", "lockers") for w in (f"--{n}", city / f"{n}.csv")]
    assert ended("plan", *named, "--out", city / "plan.json", "--network", city / "no.streets") == 2
    assert "no.streets: is not there: build one with `fleet network build" in capsys.readouterr().err
    fleet = city / "fleet.toml"
    fleet.write_text('[network]\nstreets = "."\nfarthest_m = -1\n', encoding="utf-8")
    assert ended("plan", *named, "--out", city / "plan.json", "--fleet", fleet) == 2
    assert "fleet.toml:3: network.farthest_m" in capsys.readouterr().err
    fleet.write_text('[network]\nstreets = "."\nclosed = "works.geojson"\n', encoding="utf-8")
    assert ended("plan", *named, "--out", city / "plan.json", "--fleet", fleet) == 2
    said = capsys.readouterr().err
    assert "fleet.toml:3: network.closed: must be a list, in brackets: […] (found 'works.geojson')" in said
    fleet.write_text('[network]\nstreets = "."\n', encoding="utf-8")
    assert ended("plan", *named, "--out", city / "plan.json", "--fleet", fleet) == 2
    assert "is no folder of streets" in capsys.readouterr().err


def test_the_engine_is_loaded_by_nobody_who_does_not_use_it() -> None:
    code = (
        "import fleet.config, fleet.cli.network, sys; sys.exit(bool({'osrm', 'valhalla'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
