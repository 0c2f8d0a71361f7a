"""Pictures of the key pages for docs/screens: `python -m tests.screens http://127.0.0.1:8000`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import CHROMIUM, CHROMIUM_OPTIONS

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screens"
PAGES = {
    "home": "/",
    "list": "/recommendations/?q=local&working_group=economy-recovery"
    "&working_group=local-governance",
    "detail": "/recommendations/CSSR-B7-PR-3/",
}
WIDTHS = (1280, 390)


def main(site: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 860})
            for language, prefix in {"en": "", "ar": "/ar"}.items():
                for name, address in PAGES.items():
                    page.goto(site.rstrip("/") + prefix + address)
                    page.screenshot(path=FOLDER / f"{name}-{language}-{width}.png")
                    print(f"docs/screens/{name}-{language}-{width}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
