"""A headless Chromium that is spoken to over two pipes: no driver and no library is needed.

with Browser() as browser:
    seen = browser.open(path, dark=True, width=400)
    assert seen.problems == []
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.support import process_tree

SECONDS = 60.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
# Chromium reads from 3 and writes to 4, which may be taken while Python starts it.
LAUNCHER = """
import fcntl, os, sys
given, told = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3])
os.dup2(given, 3)
os.dup2(told, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
# What a page that is wider than its window shows: that, and each thing that sticks out of a part
# that does not scroll.
OVERFLOW = """
(() => {
  const wide = document.documentElement.clientWidth;
  const found = document.documentElement.scrollWidth > wide ? ["the page"] : [];
  for (const one of document.querySelectorAll("body *")) {
    if (one.closest(".scroll") || one.closest("svg")) continue;
    const box = one.getBoundingClientRect();
    if (box.right > wide + 1 || box.left < -1) found.push(one.tagName + " " + one.className);
  }
  for (const drawing of document.querySelectorAll("svg[role=img]")) {
    const outer = drawing.getBoundingClientRect();
    for (const text of drawing.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.left < outer.left - 1 || box.right > outer.right + 1 || box.top < outer.top - 1 ||
          box.bottom > outer.bottom + 1) found.push("text " + text.textContent);
    }
  }
  return found.slice(0, 20);
})()
"""
COLORS = """
[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]
"""


class Seen(NamedTuple):
    """What a page did: `problems` of its console, `requests` beside that for itself."""

    problems: list[str]
    requests: list[str]
    overflow: list[str]
    colors: tuple[str, str]
    roles: list[tuple[str, str]]
    picture: bytes


class Browser:
    """One process for several pages."""

    def __enter__(self) -> Browser:
        self._folder = tempfile.mkdtemp(prefix="chromium-")
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        launcher = [sys.executable, "-c", LAUNCHER, str(theirs_in), str(theirs_out)]
        command = ["chromium", *FLAGS, f"--user-data-dir={self._folder}", "about:blank"]
        self._process = subprocess.Popen(
            [*launcher, *command],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self._folder},
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._ids = itertools.count(1)
        self._buffer = b""
        self._events: list[dict[str, Any]] = []
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(OSError, AssertionError):
            self._call("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            process_tree.kill(self._process.pid)
            self._process.wait()
        os.close(self._out)
        os.close(self._in)
        shutil.rmtree(self._folder, ignore_errors=True)

    def open(self, path: Path, dark: bool, width: int) -> Seen:
        """Load a page in a window of its own."""
        self._events.clear()
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        given = self._call("Target.attachToTarget", targetId=target, flatten=True)
        page = given["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self._call(f"{domain}.enable", page)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", page, features=[scheme])
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", page, **size)
        url = path.as_uri()
        self._call("Page.navigate", page, url=url)
        self._until("Page.loadEventFired")
        overflow = self._value(page, OVERFLOW)
        background, text = self._value(page, COLORS)
        nodes = self._call("Accessibility.getFullAXTree", page)["nodes"]
        shot = self._call("Page.captureScreenshot", page, captureBeyondViewport=True)["data"]
        seen = Seen(
            [_problem(event) for event in self._events if _problem(event)],
            [found for found in map(_request, self._events) if found not in ("", url)],
            overflow,
            (background, text),
            [(_of(node, "role"), _of(node, "name")) for node in nodes if not node["ignored"]],
            base64.b64decode(shot),
        )
        self._call("Target.closeTarget", targetId=target)
        return seen

    def _value(self, page: str, expression: str) -> Any:
        found = self._call("Runtime.evaluate", page, expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"]["value"]

    def _call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer)
                return dict(answer["result"])
            self._events.append(answer)

    def _until(self, method: str) -> None:
        while not any(event.get("method") == method for event in self._events):
            self._events.append(self._read())

    def _read(self) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            assert left > 0, "Chromium does not answer"
            ready, _w, _x = select.select([self._in], [], [], left)
            if ready:
                part = os.read(self._in, 1 << 20)
                assert part, "Chromium has ended"
                self._buffer += part
        line, _zero, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))


def _problem(event: dict[str, Any]) -> str:
    told = event.get("method", "")
    if told in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
        return json.dumps(event["params"])[:500]
    return ""


def _request(event: dict[str, Any]) -> str:
    if event.get("method") != "Network.requestWillBeSent":
        return ""
    return str(event["params"]["request"]["url"])


def _of(node: dict[str, Any], key: str) -> str:
    return str(node.get(key, {}).get("value", ""))
