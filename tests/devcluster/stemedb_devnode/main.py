"""The program: read settings, start, stop on SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, Optional

from . import TITLE, NodeError
from .config import Config, load
from .gateway import Gateway
from .node import Node

log = logging.getLogger("stemedb")


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Exit code 0 after a signal, 2 for wrong settings, 1 if it cannot run."""
    try:
        config = load(sys.argv[1:] if argv is None else argv, os.environ)
    except NodeError as error:
        print(f"stemedb-node: {error}", file=sys.stderr)
        return 2
    _set_up_log()
    try:
        asyncio.run(_run(config))
    except NodeError as error:
        log.error("%s", error)
        return 1
    return 0


def _set_up_log() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    )
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # see _report


async def _run(config: Config) -> None:
    node = Node(config)
    log.info("%s", TITLE)
    log.info(
        "starting node %s of cluster %s at %s", node.id, config.cluster_name, node.swim.me.host
    )
    for key in config.unknown_keys:
        log.warning("configuration file: key %r is unknown; ignored", key)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_report)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if config.exit_with_stdin:
        threading.Thread(target=_await_stdin_end, args=(loop, stop), daemon=True).start()
    await Gateway(node).start()
    running = asyncio.ensure_future(node.run())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    node.save()
    log.info("stopped")
    # All is saved. Unwinding would wait for names being looked up, and race with new connections.
    logging.shutdown()
    os._exit(0)


def _await_stdin_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 1024):
        pass
    loop.call_soon_threadsafe(stop.set)


def _report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A client's broken handshake is no error of this node; anything else unexpected is."""
    error = context.get("exception")
    if isinstance(error, (ssl.SSLError, OSError)):
        log.info("a connection failed: %s", error)
    else:
        log.error("%s", context["message"], exc_info=error)
