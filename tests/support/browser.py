"""Debian's chromium, headless, driven by chromium-driver: what a page does, shows and asks for."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.processes import absent, find

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
except ImportError:
    webdriver = None  # type: ignore[assignment]

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # CI is root
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)


class Size(NamedTuple):
    """The size of a window in pixels."""

    width: int
    height: int


WIDE, NARROW = Size(1600, 1000), Size(360, 780)


class Browser:
    """One browser.

    Attributes:
        driver: selenium's, for what is not here.
    """

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(
        self, page: Path, *, size: Size = WIDE, dark: bool = False, script: bool = True
    ) -> None:
        """Open a page from its file, and wait until its script has started it."""
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.resize(size)
        self.driver.get("about:blank")
        self.logs()
        self.driver.get(page.as_uri())
        if script:
            self.wait("'ready' in document.documentElement.dataset")

    def resize(self, size: Size) -> None:
        """Give the page a window of that size."""
        metrics = {"width": size.width, "height": size.height, "deviceScaleFactor": 1}
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {**metrics, "mobile": size.width < 500}
        )

    def run(self, script: str, *arguments: object) -> Any:
        """Run a function body in the page; return its result, a promise's once it is kept."""
        function = f"return (async function () {{ {script} }}).apply(null, arguments)"
        return self.driver.execute_script(function, *arguments)

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        self.driver.set_script_timeout(60)
        self.driver.execute_async_script(
            f"const done = arguments[0]; const look = () => ({condition}) ? done() :"
            " setTimeout(look, 20); look();"
        )

    def press(self, selector: str) -> None:
        """Click the first element that a selector finds."""
        self.run("document.querySelector(arguments[0]).click()", selector)

    def text(self, selector: str) -> str:
        """Return the text of an element as it is rendered."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the visible elements that a selector finds."""
        found = self.run(
            "return Array.from(document.querySelectorAll(arguments[0]))"
            ".filter((e) => e.checkVisibility()).map((e) => e.innerText)",
            selector,
        )
        return [str(text) for text in found]

    def screenshot(self, path: Path, *, height: int = 12_000) -> None:
        """Save a picture of the page, of at most so many pixels from its top."""
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], height)}
        options = {"format": "png", "captureBeyondViewport": True, "clip": {**clip, "scale": 1}}
        data = self.driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
        path.write_bytes(base64.b64decode(data))

    def logs(self) -> tuple[list[str], list[str]]:
        """Return what has come since the last call: the console's messages, the requests' URLs."""
        console = [entry["message"] for entry in self.driver.get_log("browser")]
        events = (
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        )
        requests = [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return console, requests


def serious(violations: list[dict[str, Any]]) -> list[str]:
    """Return what axe finds serious or critical, with the elements."""
    return [
        f"{found['id']}: {node['html'][:200]}"
        for found in violations
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


@contextmanager
def running(profile: Path) -> Iterator[Browser]:
    """Start a browser; skip the test if there is none, in CI fail it."""
    binary = find("chromium", debian=True)
    driver = find("chromedriver", debian=True)
    if webdriver is None:
        absent("selenium is not installed", debian=True)
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (*_ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(started)
    finally:
        started.quit()


def skip_without(path: Path) -> Path:
    """Return a file that `.ci/run` fetches; skip the test without it."""
    if not path.exists():
        pytest.skip(f"{path} is not there: .ci/run fetches it")
    return path
