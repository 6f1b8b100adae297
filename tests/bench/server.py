"""Gateways of a generated cluster: one process, one address for each of the first nodes.

    python -m tests.bench.server NODES SHARDS GATEWAYS [--nodes-apart]

Prints its port, and ends when its standard input does. What a bench tells it and asks it
goes over paths that begin with /_bench: POST with `{"after": [path, count]}` makes the cluster
unwell until right after that many answers for the path, in all gateways; GET tells the requests of
each gateway by path, and how many seconds after the first of them all was well.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional

from tests.bench import served


class Cluster:
    """What is served now, and what was asked."""

    def __init__(self, size: served.Size, gateways: int, nodes_apart: bool = False) -> None:
        self._lock = threading.Lock()
        self._answers = {
            served.address(place): served.answers(size, place, nodes_apart)
            for place in range(gateways)
        }
        self.begin(None)

    def begin(self, after: Optional[tuple[str, int]]) -> None:
        """Forget what was asked."""
        with self._lock:
            self._after = after
            self._counts: dict[str, Counter[str]] = {}
            self._first: Optional[float] = None
            self._well: Optional[float] = None

    def answer(self, host: str, path: str) -> Optional[bytes]:
        with self._lock:
            if self._first is None:
                self._first = time.monotonic()
            self._counts.setdefault(host, Counter())[path] += 1
            unwell = self._after is not None and self._well is None
        return self._answers[host][unwell].get(path)

    def answered(self, path: str) -> None:
        """Right after an answer has gone out."""
        with self._lock:
            if self._well is None and self._after is not None and self._first is not None:
                awaited, count = self._after
                if sum(asked[awaited] for asked in self._counts.values()) >= count:
                    self._well = time.monotonic() - self._first

    def told(self) -> dict[str, Any]:
        with self._lock:
            return {"counts": self._counts, "well": self._well}


def handler(cluster: Cluster) -> type[BaseHTTPRequestHandler]:
    """A class of handlers for this cluster."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for an answer: unbuffered it is one for each line

        def do_GET(self) -> None:
            if self.path.startswith("/_bench"):
                self._send(200, json.dumps(cluster.told()).encode())
                return
            body = cluster.answer(str(self.connection.getsockname()[0]), self.path)
            self._send(404 if body is None else 200, body or b'{"error": "no such path"}')
            self.wfile.flush()
            cluster.answered(self.path)

        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            cluster.begin(tuple(told["after"]) if told["after"] else None)
            self._send(200, b"{}")

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()


def listeners(gateways: int, handlers: type[BaseHTTPRequestHandler]) -> list[Server]:
    """A server for each gateway, all on one port that is free on all their addresses."""
    for _attempt in range(20):
        made: list[Server] = []
        try:
            for place in range(gateways):
                port = made[0].server_address[1] if made else 0
                made.append(Server((served.address(place), port), handlers))
            return made
        except OSError:
            for one in made:
                one.server_close()
    raise OSError("no port is free on all addresses")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nodes", type=int)
    parser.add_argument("shards", type=int)
    parser.add_argument("gateways", type=int)
    parser.add_argument("--nodes-apart", action="store_true")
    given = parser.parse_args()
    size = served.Size(given.nodes, given.shards)
    made = listeners(given.gateways, handler(Cluster(size, given.gateways, given.nodes_apart)))
    for one in made:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    print(made[0].server_address[1], flush=True)
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
