"""The HTTP gateway: paths and shapes as in the gateway contract, and the fault switches."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import ssl
import time
from collections import Counter
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Optional

from . import NodeError, answers
from .addresses import listening
from .config import Config
from .node import Node

log = logging.getLogger("stemedb")

_HEAD_LIMIT = 64 << 10
_BODY_LIMIT = 1 << 20
_JSON = "application/json"


class Gateway:
    """Serves one node's view over HTTP/1.1 with kept connections."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._requests: Counter[str] = Counter()
        self._mutating: list[dict[str, Any]] = []

    async def start(self) -> None:
        config = self._node.config
        with listening(config.listen, config.gateway_port, "gateway"):
            await asyncio.start_server(
                self._connection,
                config.listen,
                config.gateway_port,
                ssl=_tls(config),
                limit=_HEAD_LIMIT,
            )

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # asyncio sets TCP_NODELAY itself, and each answer is one write.
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, OSError):
            pass  # the client went away
        except (asyncio.LimitOverrunError, ValueError, UnicodeDecodeError):
            writer.write(_response(400, {"error": "this is no HTTP request"}, close=True))
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection is kept."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.rstrip().split("\r\n")
        method, target, version = request.split(" ")
        headers = {}
        for line in lines:
            name, _colon, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        if not 0 <= length <= _BODY_LIMIT or "transfer-encoding" in headers:
            raise ValueError("a body of this kind is not read")
        body = await reader.readexactly(length)

        path = target.partition("?")[0]
        status, content = await self._answer(method, path, headers, body)
        close = headers.get("connection", "").lower() == "close" or version == "HTTP/1.0"
        now = time.time() + (self._node.faults.on("clock") or 0)
        writer.write(_response(status, content, close=close, head=method == "HEAD", now=now))
        await writer.drain()
        return not close

    async def _answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        node = self._node
        if not path.startswith("/_dev/"):
            self._requests[f"{method} {path}"] += 1
            if method not in ("GET", "HEAD"):
                self._mutating.append({"method": method, "path": path, "at": time.time()})
            await asyncio.sleep(node.faults.by_path("slow", path) or 0)
        key = node.config.api_key
        if key and not hmac.compare_digest(headers.get("x-api-key", "").encode(), key.encode()):
            return 401, {"error": "the header X-API-Key is missing or wrong"}
        if path.startswith("/_dev/"):
            return await self._dev(method, path, body)
        failure = node.faults.by_path("fail", path)
        if failure:
            return int(failure), {"error": "failing as asked by a fault switch"}
        if path == "/v1/admin/sync":
            if method != "POST":
                return 405, {"error": f"{method} is not allowed here, POST is"}
            return 200, {"status": "ok", "synced_nodes": await node.sync_all()}
        if path == "/metrics":
            found: tuple[int, Any] = 200, self._metrics()
        else:
            found = answers.read(node.gateway_view(), node.config.cluster_name, node.faults, path)
        if method not in ("GET", "HEAD") and found[0] == 200:
            return 405, {"error": f"{method} is not allowed here, GET is"}
        return found

    async def _dev(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Switches for tests. No part of the gateway contract."""
        node = self._node
        try:
            given = json.loads(body) if body else {}
            if not isinstance(given, dict):
                raise NodeError("the body must be a JSON object")
            if path == "/_dev/faults":
                if method == "DELETE":
                    node.faults.clear()
                elif method == "POST":
                    node.faults.update(given)
                    log.info("faults: %s", json.dumps(node.faults.active))
                node.gateway_view()  # a stale view freezes now, not at the next question
                return 200, node.faults.active
            if path == "/_dev/requests":
                if method == "DELETE":
                    self._requests.clear()
                    self._mutating.clear()
                return 200, {"counts": dict(self._requests), "mutating": self._mutating}
            if path == "/_dev/split" and method == "POST":
                answer = await node.split(int(given["shard"]))
                return (409 if "error" in answer else 200), answer
        except NodeError as error:
            return 400, {"error": str(error)}
        except (ValueError, KeyError, TypeError) as error:
            return 400, {"error": f"the body is not understood: {error!r}"}
        return 404, {"error": f"no such switch: {method} {path}"}

    def _metrics(self) -> str:
        node, view = self._node, self._node.gateway_view()
        lines = [f'stemedb_nodes{{state="{m.state}",node="{m.node_id}"}} 1' for m in view.members]
        lines += [
            f"stemedb_meta_version {view.meta.version}",
            f"stemedb_shards {len(view.meta.shards)}",
            f"stemedb_rpc_requests_total {node.rpc_calls}",
            f"stemedb_replication_received_bytes_total {node.replicator.received}",
            f"stemedb_replication_sent_bytes_total {node.replicator.sent}",
            f"stemedb_http_requests_total {sum(self._requests.values())}",
        ]
        for number, replica in sorted(node.replicas.items()):
            lines.append(f'stemedb_shard_size_bytes{{shard="{number}"}} {replica.size}')
        return "\n".join(lines) + "\n"


def _response(
    status: int,
    content: Any,
    close: bool = False,
    head: bool = False,
    now: Optional[float] = None,
) -> bytes:
    text = isinstance(content, str)
    body = (content if text else json.dumps(content)).encode()
    reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
    lines = [
        f"HTTP/1.1 {status} {reason}",
        f"Content-Type: {'text/plain; version=0.0.4' if text else _JSON}",
        f"Content-Length: {len(body)}",
        f"Date: {formatdate(now, usegmt=True)}",
        "Server: stemedb-devnode",
        *(["Connection: close"] if close else []),
        "\r\n",
    ]
    return "\r\n".join(lines).encode() + (b"" if head else body)


def _tls(config: Config) -> Optional[ssl.SSLContext]:
    if not config.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(config.tls_cert, config.tls_key)
        if config.tls_client_ca:
            context.load_verify_locations(config.tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise NodeError(f"cannot use the TLS files: {error}") from None
    return context
