"""Chromium as a person uses it, through chromedriver's plain HTTP (W3C WebDriver): no library in between."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.servers.chromium import chromium_path
from tests.servers.packages import Missing

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PAGE_SECONDS_MAX = 20
SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip


class Browser:
    """One window."""

    def __init__(self, client: httpx.Client, session: str) -> None:
        self._client = client
        self._session = session

    def open(self, url: str) -> None:
        self._post("url", url=url)

    @property
    def url(self) -> str:
        return str(self._get("url"))

    @property
    def source(self) -> str:
        return str(self._get("source"))

    def size(self, width: int, height: int) -> None:
        self._post("window/rect", width=width, height=height)

    def run(self, script: str, *arguments: object) -> Any:
        return self._post("execute/sync", script=script, args=list(arguments))

    def wait_for(self, script: str, *arguments: object) -> Any:
        """What the script hands to its last argument, a function."""
        return self._post("execute/async", script=script, args=list(arguments))

    def click(self, css: str) -> None:
        self._post(f"element/{self._find(css)}/click")

    def follow(self, css: str) -> None:
        """Click what leads to another page, and wait until that is there."""
        before = self._find("html")
        self.click(css)
        until = time.monotonic() + PAGE_SECONDS_MAX
        while time.monotonic() < until:
            if self._client.get(f"/session/{self._session}/element/{before}/name").is_error:
                return
            time.sleep(0.02)
        raise AssertionError(f"{css} led nowhere")

    def type(self, css: str, text: str) -> None:
        self._post(f"element/{self._find(css)}/value", text=text)

    def keys(self, text: str) -> None:
        """Keys pressed on whatever has the focus."""
        pressed = [one for key in text for one in ({"type": "keyDown", "value": key}, {"type": "keyUp", "value": key})]
        self._post("actions", actions=[{"type": "key", "id": "keyboard", "actions": pressed}])

    def text(self, css: str = "body") -> str:
        return str(self._get(f"element/{self._find(css)}/text"))

    def picture(self, place: Path) -> None:
        """The whole page, however long."""
        height = int(self.run("return document.documentElement.scrollHeight"))
        width = int(self.run("return window.innerWidth"))
        whole = {"format": "png", "captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}
        shot = self._post("goog/cdp/execute", cmd="Page.captureScreenshot", params=whole)
        place.write_bytes(base64.b64decode(shot["data"]))

    def command(self, name: str, **parameters: object) -> Any:
        """A command of the DevTools protocol."""
        return self._post("goog/cdp/execute", cmd=name, params=parameters)

    def _find(self, css: str) -> str:
        return str(self._post("element", using="css selector", value=css)[ELEMENT])

    def _get(self, path: str) -> Any:
        return self._answer(self._client.get(f"/session/{self._session}/{path}"))

    def _post(self, path: str, **body: object) -> Any:
        return self._answer(self._client.post(f"/session/{self._session}/{path}", json=body))

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        value = response.json()["value"]
        if response.is_error:
            raise AssertionError(f"{value['error']}: {value['message']}")
        return value


@contextmanager
def browser(scratch: Path) -> Iterator[Browser]:
    """A window of its own; raises Missing where there is no Chromium with its driver."""
    chromium, driver = chromium_path(), shutil.which("chromedriver")
    if driver is None:
        raise Missing("chromium-driver: no chromedriver is installed")
    with tempfile.TemporaryDirectory(dir=scratch) as profile, (scratch / "chromedriver.log").open("wb") as log:
        # Port 0: the driver chooses, and says so.
        process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{_port(process)}", timeout=60, trust_env=False) as client:
                wanted = {"binary": str(chromium), "args": [*SWITCHES, f"--user-data-dir={profile}"]}
                capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": wanted}}
                made = client.post("/session", json={"capabilities": capabilities}).json()["value"]
                assert "sessionId" in made, made
                try:
                    yield Browser(client, made["sessionId"])
                finally:
                    client.delete(f"/session/{made['sessionId']}")
        finally:
            process.terminate()
            process.wait(10)
            assert process.stdout is not None
            process.stdout.close()


def _port(process: subprocess.Popen[bytes]) -> int:
    """The port the driver says it listens on."""
    assert process.stdout is not None
    until = time.monotonic() + 20
    while time.monotonic() < until:
        line = process.stdout.readline().decode()
        if "started successfully on port" in line:
            return int(line.rstrip(".\n ").rpartition(" ")[2])
        if not line and process.poll() is not None:
            break
    raise Missing("chromium-driver: it did not start")
