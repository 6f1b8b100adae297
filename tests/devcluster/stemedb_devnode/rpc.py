"""Node-to-node calls over TCP: a line of JSON there, a line of JSON back, then bytes if asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, Optional

LINE_LIMIT = 8 << 20


class RpcError(Exception):
    """A call that got no usable answer."""


def source_address(listen: str) -> Optional[tuple[str, int]]:
    """The local address of outgoing connections, so that peers and firewalls know the node."""
    return None if listen in ("0.0.0.0", "::") else (listen, 0)


@contextlib.asynccontextmanager
async def open_call(
    listen: str, host: str, port: int, request: dict[str, Any], timeout: float
) -> AsyncIterator[tuple[dict[str, Any], asyncio.StreamReader]]:
    """The answer to a request, and the stream of what follows it."""
    writer = None
    try:
        connecting = asyncio.open_connection(
            host, port, local_addr=source_address(listen), limit=LINE_LIMIT
        )
        reader, writer = await asyncio.wait_for(connecting, timeout)
        writer.write(json.dumps(request, separators=(",", ":")).encode() + b"\n")
        line = await asyncio.wait_for(reader.readline(), timeout)
        if not line:
            raise RpcError(f"{host} port {port}: the connection was closed")
        answer = json.loads(line)
        if "error" in answer:
            raise RpcError(f"{host}: {answer['error']}")
        yield answer, reader
    except (OSError, asyncio.TimeoutError, ValueError, EOFError) as error:
        raise RpcError(f"{host} port {port}: {error or 'no answer in time'}") from error
    finally:
        if writer is not None:
            writer.close()


def encode(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode() + b"\n"
