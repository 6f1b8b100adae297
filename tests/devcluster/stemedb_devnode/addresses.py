"""Which addresses are this node's, and whether it can listen on them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Optional

from . import NodeError
from .config import Config
from .rpc import source_address


@contextlib.contextmanager
def listening(host: str, port: int, use: str) -> Iterator[None]:
    """Turn a port that cannot be used into one clear sentence."""
    try:
        yield
    except OSError as error:
        # asyncio wraps the reason in a sentence of its own.
        reason = str(error.strerror or error).rsplit(": ", 1)[-1]
        raise NodeError(f"cannot listen on {host} port {port} ({use}): {reason}") from None


def is_me(config: Config, address: str, port: int) -> bool:
    if port != config.gossip_port:
        return False
    if source_address(config.listen) is not None:
        return address in (config.listen, config.advertise)
    return address == config.advertise or _is_local(address)


def _is_local(address: str) -> bool:
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
        return True
    except OSError:
        return False


def advertised(config: Config) -> str:
    """The address that others are told: as set, else the one that the seeds are reached from."""
    if config.advertise or source_address(config.listen) is not None:
        return _resolve(config.advertise or config.listen) or config.advertise
    seeds = [(_resolve(host), port) for host, port in config.seed_nodes]
    for address, port in seeds:
        if address and is_me(config, address, port):
            return address
    for target in (*(address for address, _port in seeds), "198.51.100.1"):
        if target is None:
            continue
        try:
            family = socket.AF_INET6 if ":" in target else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((target, 9))  # UDP: picks a route, sends nothing
                return str(probe.getsockname()[0])
        except OSError:
            continue
    return "127.0.0.1"


def _resolve(host: str) -> Optional[str]:
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0][4][0])
    except OSError:
        return None
