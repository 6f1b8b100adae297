"""A signature of the tarball is verified, and what was changed afterwards is found."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.sign import sign
from tests.release.conftest import User, run

OURS, OTHERS = "release@example.com", "somebody.else@example.com"


@dataclass(frozen=True)
class Signed:
    """Keys that are thrown away: one signed the manifest, and is in the ring; another did too."""

    ours: Path
    others: Path
    ring: Path


def gpg(home: Path, *arguments: str) -> None:
    env = {"PATH": os.environ["PATH"], "GNUPGHOME": str(home)}
    done = run("gpg", "--batch", "--quiet", *arguments, cwd=home, env=env)
    assert done.returncode == 0, done.stderr


def signature(archive: Path, home: Path, owner: str) -> Path:
    """The signature of the tarball by a new key."""
    gpg(home, "--passphrase", "", "--quick-generate-key", owner, "ed25519", "sign", "never")
    made = home / f"{owner}.asc"
    sign(archive, made, "--quiet", "--homedir", str(home), "--local-user", owner)
    return made


@pytest.fixture(scope="module")
def signed(archive: Path) -> Iterator[Signed]:
    # A short name: gpg makes a socket in it, whose path may have 107 characters.
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    ours, others = signature(archive, home, OURS), signature(archive, home, OTHERS)
    ring = home / "ring.gpg"
    gpg(home, "--output", str(ring), "--export", OURS)
    yield Signed(ours, others, ring)
    env = {"PATH": os.environ["PATH"], "GNUPGHOME": str(home)}
    run("gpgconf", "--kill", "all", cwd=home, env=env)
    shutil.rmtree(home)


def verified(user: User, signature: Path, ring: Path) -> tuple[int, str]:
    """The exit status of the verification of what is installed, and what it printed."""
    options = ("--signature", f"file://{signature}", "--keyring", str(ring))
    command = ("collection", "verify", "--offline", *options, "stemedb.cluster")
    done = user.run("ansible-galaxy", *command)
    return done.returncode, done.stdout + done.stderr


def test_the_signature_of_the_project(user: User, signed: Signed) -> None:
    status, shown = verified(user, signed.ours, signed.ring)
    assert status == 0, shown
    assert "Successfully verified" in shown


def test_the_signature_of_another_key(user: User, signed: Signed) -> None:
    status, shown = verified(user, signed.others, signed.ring)
    assert status == 1, shown
    assert "signature" in shown


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("README.md", "README.md"),
        ("plugins/modules/stemedb_wait.py", "stemedb_wait.py"),
        ("FILES.json", "FILES.json"),
        ("MANIFEST.json", "signature"),
    ],
)
def test_one_byte_more(user: User, signed: Signed, name: str, shows: str) -> None:
    path = user.collection / name
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    try:
        status, shown = verified(user, signed.ours, signed.ring)
    finally:
        path.write_bytes(before)
    assert status == 1, shown
    assert shows in shown
