"""Take the pictures of TensorBoard's pages that the README shows.

    python scripts/screenshots.py outputs docs/images

It starts `tensorboard` on a free local port on a directory of runs, opens its pages in a headless
Chromium (`apt-get install chromium`, or any Chrome, named with --browser), and writes
`tensorboard-<page>.png`. The browser is driven over its own debugging pipe, so no driver and no
package is needed for it.
"""

import argparse
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--remote-debugging-pipe"),
    *("--use-angle=swiftshader", "--enable-unsafe-swiftshader"),  # what the projector draws with
)
WIDTH, HEIGHT = 1500, 940
PINNED = ("val/elbo", "val/distortion", "val/rate", "train/elbo", "train/rate", "train/distortion")
PAGES = {
    "scalars": "?pinnedCards={pinned}&smoothing=0#timeseries",
    "images": "#images&tagFilter=latent_grid%7Clatent_plane",
    "hparams": "#hparams",
    "custom_scalars": "#custom_scalars",
    "projector": "#projector",
    "pr_curves": "#pr_curves",
    "text": "#text",
}
"""Name of a picture -> where TensorBoard has the page."""

CLOSE_SETTINGS = (
    "[...document.querySelectorAll('button')].find(b => b.innerText.includes('Settings'))?.click()"
)
COLUMNS = ("latent", "model", "seed", "test/elbo", "test/distortion", "test/rate")
STATUS = ("Unknown", "Success", "Failure", "Running")
CHOOSE_COLUMNS = """
(() => {
  const found = [];
  const look = node => {
    if (node.tagName == 'PAPER-CHECKBOX') found.push(node);
    [...node.children, ...(node.shadowRoot?.children ?? [])].forEach(look);
  };
  look(document.body);
  for (const box of found) {
    const name = box.textContent.trim();
    if (!%s.includes(name) && box.checked != %s.includes(name)) box.click();
  }
  return found.length;
})()
"""
"""In the table of hparams: tick these columns and no others, through every shadow root."""


class Browser:
    """A headless browser with one tab, spoken to in lines of JSON that end in a zero byte.

    References:
        Chrome DevTools Protocol. https://chromedevtools.github.io/devtools-protocol/
    """

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = os.fdopen(read, "rb"), os.fdopen(write, "wb")
        self._number = 0
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for one thing and return the answer; events that come in between are dropped."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        self._write.write(json.dumps(message).encode() + b"\0")
        self._write.flush()
        while True:
            answer = json.loads(self._line())
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def run(self, script: str) -> Any:
        """Return the value of an expression of JavaScript in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    def show(self, url: str) -> None:
        """Open a page, afresh even where only its fragment changes."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)

    def picture(self) -> bytes:
        """Return what the page looks like, as a png."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def _line(self) -> bytes:
        line = bytearray()
        while (byte := self._read.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser has gone")
            line += byte
        return bytes(line)


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """Start a browser with an empty profile of its own, and end it."""
    to_it, from_it = os.pipe(), os.pipe()

    def as_3_and_4() -> None:  # where the browser expects its pipes
        read, write = os.dup(to_it[0]), os.dup(from_it[1])
        os.dup2(read, 3)
        os.dup2(write, 4)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}"],
            close_fds=False,
            preexec_fn=as_3_and_4,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_it[0])
        os.close(from_it[1])
        try:
            yield Browser(from_it[0], to_it[1])
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextmanager
def tensorboard(runs: Path) -> Iterator[str]:
    """Serve a directory of runs; yield the address once the runs are read."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", "--logdir", str(runs), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wanted = len({file.parent for file in runs.rglob("events.out.*")})
        found, until = -1, time.time() + 120
        while time.time() < until and found < wanted:
            time.sleep(1)
            try:
                with urllib.request.urlopen(f"{address}/data/runs") as answer:
                    found = len(json.load(answer))
            except OSError:
                found = -1
        time.sleep(3)  # a run is listed before all of it is read
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def small(png: bytes) -> bytes:
    """Return a png of 256 colours."""
    out = BytesIO()
    image = Image.open(BytesIO(png)).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Write one picture for each page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("runs", type=Path, help="directory of runs")
    parser.add_argument("out", type=Path, help="directory of the pictures")
    parser.add_argument("--browser", default="chromium")
    parser.add_argument("--pages", nargs="+", choices=PAGES, default=list(PAGES)[:3])
    parser.add_argument("--wait", type=float, default=8.0, help="seconds for a page to be drawn")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    cards = json.dumps([{"plugin": "scalars", "tag": tag} for tag in PINNED])
    with tensorboard(arguments.runs) as address, browser(arguments.browser) as page:
        for name in arguments.pages:
            place = PAGES[name]
            page.show(f"{address}/{place.format(pinned=quote(cards))}")
            time.sleep(arguments.wait)
            page.run(
                CLOSE_SETTINGS
                if name != "hparams"
                else CHOOSE_COLUMNS % (list(STATUS), list(COLUMNS))
            )
            time.sleep(3)
            file = arguments.out / f"tensorboard-{name}.png"
            file.write_bytes(small(page.picture()))
            print(f"{file}  {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
