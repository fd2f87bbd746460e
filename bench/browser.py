"""The Chromium of this machine."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def program() -> str | None:
    """Its path; None where only Playwright knows of one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)
