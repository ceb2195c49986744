"""The adapter in adapters/README.md keeps every rule; adapters that break one are found out."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sdk import Adapter, NotConformant, Scenario, check_adapter
from adapters.sdk.conformance import RULES
from fleet.protocol.mission import Drop, Item, Load, Mission, Unload
from fleet.protocol.values import Dimensions, Goods, Place, TimeWindow

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOME = Place(lon=16.37, lat=48.21)
BOX = Dimensions(length_m=0.2, width_m=0.2, height_m=0.2)


def mission(weight_kg: float) -> Mission:
    return Mission(
        mission_id="m-1",
        asset_id="robot-7",
        items=(Item(order_id="o-1", weight_kg=weight_kg, size=BOX, goods=Goods.STANDARD),),
        steps=(
            Load(step_id="s-1", site_id="depot", order_ids=("o-1",)),
            Drop(
                step_id="s-2",
                order_id="o-1",
                place=HOME,
                service_s=30,
                window=TimeWindow(start=NOW, end=NOW + timedelta(hours=1)),
            ),
            Unload(step_id="s-3", site_id="depot"),
        ),
        start_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        home=HOME,
    )


SCENARIO = Scenario(mission=mission(1.0), impossible=mission(99.0), now=NOW)


@pytest.fixture(scope="module")
def robot(repo_root: Path) -> Callable[[], Any]:
    """The class that the README defines, as source text becomes code."""
    text = (repo_root / "adapters" / "README.md").read_text(encoding="utf-8")
    source = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    namespace: dict[str, Any] = {}
    exec(compile(source, "adapters/README.md", "exec"), namespace)  # noqa: S102
    return lambda: namespace["PretendRobot"]


def test_the_adapter_in_the_readme_keeps_every_rule(robot: Callable[[], Any]) -> None:
    """What implementers copy is right."""
    assert check_adapter(lambda: robot()(HOME), SCENARIO) == list(RULES)


def forget(self: Any, saved: str) -> None:
    """A restart that loses the mission."""


def deaf(self: Any, command: Any, now: datetime) -> Iterator[Any]:
    yield from ()


def agreeable(self: Any, mission: Mission, now: datetime) -> None:
    return None


def restless(self: Any, command: Any, now: datetime) -> Iterator[Any]:
    yield from type(self).__mro__[1].on_command(self, command, now)  # type: ignore[attr-defined]
    self.held = False


def repetitive(self: Any, now: datetime) -> Iterator[Any]:
    for report in type(self).__mro__[1].tick(self, now):  # type: ignore[attr-defined]
        yield report
        if getattr(report, "state", None) == "done":
            yield report


def stale(self: Any, now: datetime) -> Iterator[Any]:
    for report in type(self).__mro__[1].tick(self, now):  # type: ignore[attr-defined]
        is_sample = report.type == "telemetry"
        yield report.model_copy(update={"at": now - timedelta(minutes=1)}) if is_sample else report


def unstoppable(self: Any, cancel: Any, now: datetime) -> Iterator[Any]:
    yield from ()


def forgetful(self: Any, cancel: Any, now: datetime) -> Iterator[Any]:
    if self.mission is not None:
        yield self.end("cancelled", now, detail=cancel.why)


def patient(self: Any, now: datetime) -> Iterator[Any]:
    if self.mission is not None and now >= self.mission.start_at:
        yield from self.work(self.mission, now)


BROKEN = [
    ("restore", forget, "goes_on_after_a_restart"),
    ("on_command", deaf, "acknowledges_every_command"),
    ("why_not", agreeable, "refuses_what_it_cannot_do"),
    ("on_command", restless, "stands_still_while_held"),
    ("tick", repetitive, "carries_out_a_mission"),
    ("tick", stale, "reports_honest_telemetry"),
    ("on_cancel", unstoppable, "drops_a_mission_that_has_not_begun"),
    ("on_cancel", forgetful, "answers_a_cancel_of_what_it_does_not_have"),
    ("tick", patient, "does_not_begin_what_has_expired"),
]


@pytest.mark.parametrize(("method", "fault", "rule"), BROKEN)
def test_a_broken_adapter_is_found_out(robot: Callable[[], Any], method: str, fault: Any, rule: str) -> None:
    """Each rule can fail, and says which one it is."""
    broken: type[Adapter] = type("Broken", (robot(),), {method: fault})
    with pytest.raises(NotConformant, match=rule):
        check_adapter(lambda: broken(HOME), SCENARIO)  # type: ignore[call-arg]
