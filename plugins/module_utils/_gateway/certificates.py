# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until when certificates are valid: those that gateways show, and our own.

Private to stemedb.cluster. Only a handshake is made: nothing is sent, and nothing is trusted, so an
expired certificate can be read too. Python decodes only certificates that it trusts, so the two
times are read from the DER encoding (RFC 5280, section 4.1).
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

_SEQUENCE = 0x30
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_VERSION = 0xA0
# serialNumber, signature and issuer stand before the validity.
_BEFORE_VALIDITY = 3
_MOST = 8


def certificates(
    urls: Iterable[str], timeout: float, client_cert: str | None, client_key: str | None
) -> list[dict[str, Any]]:
    """`{subject, not_after, error}` of each https gateway, and of our own certificate.

    `subject` is a URL or the path of a file, `not_after` seconds since the epoch, None where
    `error` says why it is not known.
    """
    secure = [url for url in urls if urlsplit(url).scheme == "https"]
    with ThreadPoolExecutor(_MOST) as pool:
        found = list(pool.map(lambda url: _shown(url, timeout, client_cert, client_key), secure))
    return found + ([_own(client_cert)] if client_cert and secure else [])


def _told(subject: str, not_after: float | None, error: str | None = None) -> dict[str, Any]:
    return {"subject": subject, "not_after": not_after, "error": error}


def _shown(url: str, timeout: float, cert: str | None, key: str | None) -> dict[str, Any]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    # What is read is shown to an operator, and nothing is sent or believed.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        if cert:
            context.load_cert_chain(cert, key or None)
        with socket.create_connection((host, parts.port or 443), timeout=timeout) as plain:
            with context.wrap_socket(plain, server_hostname=host) as secured:
                der = secured.getpeercert(binary_form=True) or b""
        return _told(url, valid_until(der))
    except (OSError, ValueError) as error:
        return _told(url, None, str(error) or type(error).__name__)


def _own(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            text = stream.read()
        begin = text.index("-----BEGIN CERTIFICATE-----")
        end = text.index("-----END CERTIFICATE-----", begin) + len("-----END CERTIFICATE-----")
        return _told(path, valid_until(ssl.PEM_cert_to_DER_cert(text[begin:end])))
    except (OSError, ValueError) as error:
        return _told(path, None, str(error))


def valid_until(der: bytes) -> float:
    """The end of a certificate's validity, in seconds since the epoch.

    :raises ValueError: this is no certificate.
    """
    _tag, certificate, _rest = _element(der, _SEQUENCE)
    _tag, body, _rest = _element(certificate, _SEQUENCE)
    if body[:1] == bytes([_VERSION]):
        _tag, _value, body = _element(body)
    for _field in range(_BEFORE_VALIDITY):
        _tag, _value, body = _element(body)
    _tag, validity, _rest = _element(body, _SEQUENCE)
    _tag, _not_before, rest = _element(validity)
    tag, not_after, _rest = _element(rest)
    if tag not in (_UTC_TIME, _GENERALIZED_TIME):
        raise ValueError("the certificate has no time at which it ends")
    return _time(not_after.decode("ascii"))


def _time(text: str) -> float:
    """The seconds of YYMMDDhhmmssZ or YYYYMMDDhhmmssZ, as RFC 5280 has them.

    :raises ValueError: it is another text.
    """
    found = re.fullmatch(r"(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z", text)
    if not found:
        raise ValueError(f"{text!r} is no time of a certificate")
    year, month, day, hour, minute, second = map(int, found.groups())
    if len(found[1]) == 2:
        year += 1900 if year >= 50 else 2000
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp()


def _element(data: bytes, wanted: int | None = None) -> tuple[int, bytes, bytes]:
    """The tag and the content of the first element, and what follows it."""
    if len(data) < 2 or wanted not in (None, data[0]):
        raise ValueError("this is no certificate")
    length, start = data[1], 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
    if start + length > len(data):
        raise ValueError("the certificate is cut short")
    return data[0], data[start : start + length], data[start + length :]
