"""Makes the pictures of the console in `docs/img`: a recorded day of a made-up city, seen in Chromium.

`--out FOLDER` puts them elsewhere, `--dark` takes the dark scheme, `--size WxH` another size.
"""

import argparse
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from environment import ROOT

sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page

from tests.browser.chromium import chromium
from tests.browser.city_day import city_day, city_recording
from tests.browser.console import console_beside
from tests.browser.fakehub import FakeHub

OUT = ROOT / "docs" / "img"
INTO_THE_DAY = timedelta(hours=4, minutes=20)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--parcels", type=int, default=150)
    return parser.parse_args()


def take(page: Page, address: str, file: Path) -> None:
    """The console with a handed-on order chosen, once positions have arrived."""
    page.goto(address)
    page.wait_for_selector("#feed[data-state=live]")
    page.get_by_label("Orders: flag").select_option("handed on")
    page.locator("#panel-orders .grid-row").first.click()
    page.wait_for_selector("#alternatives")
    page.get_by_label("Orders: flag").select_option("")
    time.sleep(1)
    page.screenshot(path=file)


def main() -> int:
    """Take the pictures; 0 done."""
    said = arguments()
    width, height = map(int, said.size.split("x"))
    said.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lastmile-fleet-") as folder, chromium() as browser:
        day, zones = city_day(Path(folder), parcels=said.parcels)
        now = day.at + INTO_THE_DAY
        with (
            FakeHub(city_recording(day, now), Path(folder) / "hub.db", now) as hub,
            console_beside(hub, zones) as address,
        ):
            scheme = "dark" if said.dark else "light"
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
            )
            file = said.out / "console.png"
            take(page, address, file)
            print(f"screenshots: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
