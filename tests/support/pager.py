"""Somebody on call: a server on loopback that keeps what it is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

# Larger than any page.
LONGEST = 1 << 20


class Pager(NamedTuple):
    """Its address, and the JSON of each page."""

    url: str
    pages: list[dict[str, Any]]


@contextmanager
def pager(status: int = 200) -> Iterator[Pager]:
    """Takes pages while the block lasts, or answers with another status."""
    pages: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers["Content-Length"]), LONGEST)
            pages.append(json.loads(self.rfile.read(length)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_told: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Pager(f"http://127.0.0.1:{server.server_port}/on-call?token=SECRET", pages)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
