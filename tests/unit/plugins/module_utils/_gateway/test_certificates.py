"""Until when certificates are valid: those that gateways show, and our own."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.certificates import (
    certificates,
    valid_until,
)
from ansible_collections.stemedb.cluster.tests.support.certificates import (
    NOW,
    YEAR,
    make_authority,
    make_certificate,
    server_context,
)

Pair = tuple[Path, Path]
DAY = datetime.timedelta(days=1)


@contextmanager
def served(certificate: Pair, clients: Path | None = None) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = server_context(certificate, clients)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def whole(end: datetime.datetime) -> float:
    return float(int(end.timestamp()))


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


@pytest.mark.parametrize("days", [12, -3, 365 * 40])
def test_the_end_is_read_also_if_it_has_passed(tmp_path: Path, days: int) -> None:
    end = NOW + days * DAY
    authority = make_authority(tmp_path)
    pair = make_certificate(tmp_path, authority, end=end)
    with served(pair) as url:
        found = certificates([url, "http://127.0.0.1:1"], 10, None, None)
    # Beyond 2049 another type of time is used.
    assert found == [{"subject": url, "not_after": whole(end), "error": None}]


def test_our_own_certificate_is_shown_and_read(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    pair = make_certificate(folder(tmp_path, "server"), authority)
    own = make_certificate(folder(tmp_path, "own"), authority, end=NOW + DAY)
    with served(pair, authority.path) as url:
        found = certificates([url], 10, str(own[0]), str(own[1]))
    assert found == [
        {"subject": url, "not_after": whole(NOW + YEAR), "error": None},
        {"subject": str(own[0]), "not_after": whole(NOW + DAY), "error": None},
    ]


def test_what_cannot_be_read_is_unknown_with_the_reason(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    first, own = certificates(["https://127.0.0.1:1"], 1, missing, None)
    assert first["not_after"] is None
    assert "No such file" in first["error"]
    assert (own["not_after"], own["subject"]) == (None, missing)
    (refused,) = certificates(["https://127.0.0.1:1"], 1, None, None)
    assert "refused" in refused["error"]


def test_what_is_no_certificate_is_refused(tmp_path: Path) -> None:
    path, _key = make_certificate(tmp_path, make_authority(tmp_path))
    der = ssl.PEM_cert_to_DER_cert(path.read_text())
    assert valid_until(der) == whole(NOW + YEAR)
    for broken in (b"", b"\x30", b"\x31\x00", der[:200], der[:-1], b"\x30\x02\x30\x00"):
        with pytest.raises(ValueError, match="certificate"):
            valid_until(broken)
