"""Photographs every screen of the demo into docs/screens/: `make screens`.

Starts the demo in a folder of its own, gives it a few answers to show, and stops it again. With --address it
uses one that runs already, whose password DEMO_PASSWORD holds, and changes its data.
"""

import argparse
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect, sync_playwright

from .chromium import launch

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "docs/screens"
READY = "Ctrl-C stops everything"
WIDE, TABLET = (1280, 800), (768, 1024)
ANSWERS = "wwqwxwnw"
PATIENCE_MS = 20_000

Colours = Literal["light", "dark"]

# Name of the picture, address below the dataset, window, colours.
PICTURES: list[tuple[str, str, tuple[int, int], Colours]] = [
    ("overview", "", WIDE, "light"),
    ("overview-dark", "", WIDE, "dark"),
    ("review", "/review", WIDE, "light"),
    ("review-dark", "/review", WIDE, "dark"),
    ("review-tablet", "/review", TABLET, "light"),
    ("flags", "/flags", WIDE, "light"),
    ("sign-off", "/signoff", WIDE, "light"),
    ("versions", "/versions", WIDE, "light"),
    ("import", "/import", WIDE, "light"),
    ("detection", "/detection", WIDE, "light"),
    ("audit-log", "/audit", WIDE, "light"),
    ("members", "/members", WIDE, "light"),
]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screens", description=__doc__)
    parser.add_argument("--address", help="of a demo that runs already")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder of the pictures")
    arguments = parser.parse_args()
    if arguments.address:
        _photograph(arguments.address, os.environ["DEMO_PASSWORD"], arguments.to)
        return 0
    with _demo() as (address, password):
        _photograph(address, password, arguments.to)
    return 0


@contextmanager
def _demo() -> Iterator[tuple[str, str]]:
    """Address and password of a demo of our own."""
    password, port = secrets.token_urlsafe(9), _free_port()
    with tempfile.TemporaryDirectory(prefix="labelreview-screens-") as data:
        environment = {"LABELREVIEW_DATA": data, "PORT": str(port), "DEMO_PASSWORD": password}
        command = [sys.executable, "-m", "labelreview.local", "demo", "--with-parent"]
        demo = subprocess.Popen(  # noqa: S603
            command, cwd=PROJECT, env=os.environ | environment, stdout=subprocess.PIPE, text=True
        )
        try:
            _wait_until_ready(demo)
            yield f"http://127.0.0.1:{port}", password
        finally:
            demo.send_signal(SIGTERM)
            demo.communicate()


def _wait_until_ready(demo: "subprocess.Popen[str]") -> None:
    assert demo.stdout is not None
    for line in demo.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        if READY in line:
            return
    raise SystemExit("The demo did not start.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _photograph(address: str, password: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = _window(browser, address, WIDE, "light")
        page.goto("/signin")
        expect(page.get_by_label("User name")).to_be_visible()
        _save(page, folder / "sign-in.png")
        _sign_in(_window(browser, address, WIDE, "light"), "annotator", password, _answer_some)
        _sign_in(page, "lead", password, lambda page: _save(page, folder / "datasets.png"))
        dataset = page.get_by_role("link").filter(has_text="Images").first.get_attribute("href")
        session = page.context.storage_state()
        for name, path, size, colours in PICTURES:
            shown = _window(browser, address, size, colours, session)
            _stand_still(shown, f"{dataset}{path}")
            _save(shown, folder / f"{name}.png")
            shown.context.close()
        browser.close()


def _window(
    browser: Browser,
    address: str,
    size: tuple[int, int],
    colours: Colours,
    session: StorageState | None = None,
) -> Page:
    viewport: ViewportSize = {"width": size[0], "height": size[1]}
    context = browser.new_context(
        base_url=address, viewport=viewport, color_scheme=colours, storage_state=session
    )
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def _sign_in(page: Page, name: str, password: str, then: Callable[[Page], None]) -> None:
    page.goto("/signin")
    page.get_by_label("User name").fill(name)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Datasets", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    then(page)


def _answer_some(page: Page) -> None:
    """A few answers of the annotator, so that there is something to sign."""
    page.get_by_role("link").filter(has_text="Images").first.click()
    page.get_by_role("main").get_by_role("link", name=re.compile("^Review ")).click()
    expect(page.get_by_role("region", name=re.compile("^Item "))).to_be_visible()
    for key in ANSWERS:
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    page.wait_for_load_state("networkidle")


def _stand_still(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()


def _save(page: Page, path: Path) -> None:
    """With 256 colours: a third of the size, and no eye tells."""
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    sys.exit(main())
