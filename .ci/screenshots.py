"""Makes the picture of the console in `docs/img`: the demo's day after a third of it, seen in Chromium.

`--out FOLDER` puts it elsewhere, `--dark` takes the dark scheme, `--size WxH` another size.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from environment import ROOT

sys.path.insert(0, str(ROOT))

from tests.browser.chromium import chromium
from tests.browser.demo import running_demo

OUT = ROOT / "docs" / "img"
PARCELS_ENDED = 50


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", default="1600x1000")
    parser.add_argument("--seed", default="0")
    return parser.parse_args()


def main() -> int:
    """Take the picture; 0 done."""
    said = arguments()
    width, height = map(int, said.size.split("x"))
    said.out.mkdir(parents=True, exist_ok=True)
    words = ("--incidents", "some", "--seed", said.seed)
    with (
        tempfile.TemporaryDirectory(prefix="lastmile-fleet-") as folder,
        chromium() as browser,
        running_demo(Path(folder), *words) as demo,
    ):
        demo.wait_for_parcels(PARCELS_ENDED)
        demo.stop_time()
        scheme = "dark" if said.dark else "light"
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        page.goto(demo.console)
        page.wait_for_selector("#feed[data-state=live]")
        page.get_by_role("row").filter(has_text="van").first.click()
        page.wait_for_timeout(2000)
        page.screenshot(path=said.out / "console.png")
        demo.let_time_go_on()
    print(f"written to {said.out / 'console.png'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
