"""Certificates of all kinds, made when a test needs them."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.datetime.now(datetime.timezone.utc)
YEAR = datetime.timedelta(days=365)


class Authority(NamedTuple):
    """A certificate authority; `path` is its certificate in PEM format."""

    path: Path
    name: x509.Name
    key: ec.EllipticCurvePrivateKey


def make_authority(folder: Path, name: str = "test authority") -> Authority:
    subject = _name(name)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(subject, subject, key, NOW - YEAR, NOW + YEAR)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    usage = {name: name in ("key_cert_sign", "crl_sign") for name in _USAGES}
    builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    path = folder / f"{name.replace(' ', '-')}.pem"
    path.write_bytes(_pem(builder.sign(key, hashes.SHA256())))
    return Authority(path, subject, key)


def make_certificate(
    folder: Path,
    authority: Authority,
    host: str = "127.0.0.1",
    start: datetime.datetime = NOW - YEAR,
    end: datetime.datetime = NOW + YEAR,
    secret: str = "",
) -> tuple[Path, Path]:
    """The paths of a certificate for `host` and of its key, with `secret` as its pass phrase."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(host), authority.name, key, start, end)
    try:
        holder: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        holder = x509.DNSName(host)
    builder = builder.add_extension(x509.SubjectAlternativeName([holder]), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(issuer, critical=False)
    certificate = folder / f"{host}.pem"
    certificate.write_bytes(_pem(builder.sign(authority.key, hashes.SHA256())))
    path = folder / f"{host}.key"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(secret.encode())
            if secret
            else serialization.NoEncryption(),
        )
    )
    return certificate, path


def server_context(certificate: tuple[Path, Path], clients: Path | None = None) -> ssl.SSLContext:
    """For a server; with `clients`, only those with a certificate of that authority get in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if clients is not None:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    start: datetime.datetime,
    end: datetime.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
