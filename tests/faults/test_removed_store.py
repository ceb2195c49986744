"""The run's folder is removed under a hub that is at work, as by a clean-up that knows nothing of it."""

from __future__ import annotations

import shutil
from contextlib import closing, suppress

from benchmarks.faults.hubprocess import hub_process
from benchmarks.faults.reporters import Reporters

WITHIN_S = 60.0


def test_a_hub_whose_store_is_gone_acknowledges_nothing_more() -> None:
    """It ends with an error that says what happened, though nobody has anything to report."""
    with hub_process(drones=4) as hub:
        hub.start()
        hub.wait_until_up()
        with closing(Reporters(hub.asset_ids, hub.endpoints, each=20)) as reporters:
            reporters.run(lambda: reporters.done, WITHIN_S)
            shutil.rmtree(hub.run.path)
            assert hub.wait() != 0
            told = reporters.acknowledged
            for reporter in reporters.all:
                reporter.limit += 5
            with suppress(TimeoutError):
                reporters.run(lambda: reporters.acknowledged > told, 1)
            assert reporters.acknowledged == told
        assert "was removed or replaced while the hub wrote to it" in hub.log.read_text(encoding="utf-8")
        assert "disk is full" not in hub.log.read_text(encoding="utf-8")


def test_a_hub_at_work_acknowledges_nothing_that_went_into_a_file_that_is_gone() -> None:
    """What is reported after the removal stays with those who report it."""
    with hub_process(drones=4) as hub:
        hub.start()
        hub.wait_until_up()
        with closing(Reporters(hub.asset_ids, hub.endpoints, each=1_000_000, ahead=4)) as reporters:
            reporters.run(lambda: reporters.acknowledged > 50, WITHIN_S)
            shutil.rmtree(hub.run.path)
            removed = reporters.told
            with suppress(TimeoutError):
                reporters.run(lambda: reporters.acknowledged > removed, 3)
            assert reporters.acknowledged <= removed
            assert hub.wait() != 0
