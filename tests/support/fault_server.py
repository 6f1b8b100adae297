"""A server on loopback that answers as it is told: rightly, wrongly, slowly or not at all."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

if TYPE_CHECKING:
    from types import TracebackType

# No behaviour goes on for longer than this, whatever a test does.
LONGEST = 20.0


class Request(NamedTuple):
    """What a client asked; header names are in small letters."""

    method: str
    path: str
    headers: dict[str, str]


class Talk(NamedTuple):
    """One connection, for a behaviour to write on."""

    conn: socket.socket
    closing: threading.Event

    def drip(self, piece: bytes, every: float = 0.05) -> None:
        """Send `piece` again and again until the other side or the test has had enough."""
        for _ in range(int(LONGEST / every)):
            self.conn.sendall(piece)
            if self.closing.wait(every):
                return


# Writes an answer. Returns True if the connection stays open for the next request.
Behaviour = Callable[[Talk, Request], bool]


def reply(
    status: int = 200, body: Any = b"", headers: dict[str, str] | None = None, close: bool = False
) -> Behaviour:
    """A proper answer; what is not bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Length": str(len(raw)), **(headers or {})}
    if close:
        lines["Connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    def behave(talk: Talk, request: Request) -> bool:
        talk.conn.sendall(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + raw)
        return not close

    return behave


def raw(data: bytes) -> Behaviour:
    """These bytes, then the end."""

    def behave(talk: Talk, request: Request) -> bool:
        talk.conn.sendall(data)
        return False

    return behave


def dripping(start: bytes, piece: bytes) -> Behaviour:
    """`start` at once, then `piece` every 50 ms."""

    def behave(talk: Talk, request: Request) -> bool:
        talk.conn.sendall(start)
        talk.drip(piece)
        return False

    return behave


def silence(talk: Talk, request: Request) -> bool:
    """No answer; the connection stays open."""
    talk.closing.wait(LONGEST)
    return False


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after the other, one for each request; the last for all that follow."""
    left = list(behaviours)

    def behave(talk: Talk, request: Request) -> bool:
        return (left.pop(0) if len(left) > 1 else left[0])(talk, request)

    return behave


def routed(routes: dict[str, Behaviour]) -> Behaviour:
    """By path; 404 for all others."""
    missing = reply(404, {"error": "no such path"})

    def behave(talk: Talk, request: Request) -> bool:
        return routes.get(request.path, missing)(talk, request)

    return behave


class FaultServer:
    """Listens on a free port of loopback while its `with` block lasts.

    :param greeting: sent to whoever connects, whatever that says; then the connection ends.
    """

    def __init__(
        self, behaviour: Behaviour, tls: ssl.SSLContext | None = None, greeting: bytes | None = None
    ) -> None:
        self.behaviour = behaviour
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        self._greeting = greeting
        self._closing = threading.Event()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        _end(self._listener)
        for conn in self._open:
            _end(conn)
        self._thread.join(5)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.path for request in self.requests]

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(conn)
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn: socket.socket) -> None:
        try:
            if self._tls is not None:
                conn = self._tls.wrap_socket(conn, server_side=True, do_handshake_on_connect=False)
                self._open.append(conn)
                _shake_hands(conn)
            if self._greeting is not None:
                conn.sendall(self._greeting)
                conn.recv(65536)
                return
            talk = Talk(conn, self._closing)
            stream = conn.makefile("rb")
            while True:
                request = _read(stream)
                if request is None:
                    break
                self.requests.append(request)
                if not self.behaviour(talk, request):
                    break
            stream.close()
        except (OSError, ValueError):
            pass  # the client has gone, which many tests are about
        finally:
            _end(conn)


def _shake_hands(conn: ssl.SSLSocket) -> None:
    try:
        conn.do_handshake()
    except ssl.SSLError:
        # What the client sent meanwhile is read, or the reset would overtake our alert.
        socket.socket.shutdown(conn, socket.SHUT_WR)
        while socket.socket.recv(conn, 65536):
            pass
        raise


def _read(stream: Any) -> Request | None:
    words = stream.readline().decode("latin-1").split()
    if len(words) != 3:
        return None
    headers = {}
    while True:
        name, _, value = stream.readline().decode("latin-1").strip().partition(":")
        if not name:
            break
        headers[name.lower()] = value.strip()
    stream.read(int(headers.get("content-length", "0")))
    return Request(words[0], words[1], headers)


def _end(conn: socket.socket) -> None:
    with suppress(OSError):  # it may have ended already
        socket.socket.shutdown(conn, socket.SHUT_RDWR)
    conn.close()
