"""Real hosts on this machine, in containers that boot systemd and sshd (root and podman needed).

up starts hosts, crash ends one at once, down removes them, clean removes their images and keys as
well. What an earlier run left is removed first. Everything made here is named stemedb-host.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from scripts.hosts import image, machine

PREFIX = "stemedb-host"
# Ranges for documentation: nobody's own networks.
SUBNET = "198.51.100.0/24"
SUBNET6 = "2001:db8:51::/64"
SECONDS = 90.0
# What root can do on a real host: rules of a firewall, and the sandbox of a systemd unit.
CAPABILITIES = "NET_ADMIN,SYS_ADMIN"
KEY = machine.FOLDER / "id_ed25519"
KNOWN_HOSTS = machine.FOLDER / "known_hosts"


class HostsError(Exception):
    """One sentence: what failed, and on which host."""


def podman(*arguments: str, check: bool = True) -> str:
    """The output of one podman command."""
    done = subprocess.run(
        ["podman", *arguments],
        env=machine.environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if check and done.returncode:
        raise HostsError(f"podman {' '.join(arguments[:2])}: {done.stderr.strip()}")
    return done.stdout


class Host(NamedTuple):
    """A host to start; without `address6` it has IPv4 only."""

    name: str
    address: str
    address6: str = ""


def parse(text: str) -> Host:
    name, _, addresses = text.partition("=")
    return Host(name, *addresses.split(",", 1))


def up(hosts: list[Host], suite: str) -> None:
    """Start the hosts and wait until all answer by SSH."""
    name = image.ensure(suite)
    down()
    make_key()
    both = ("--ipv6", "--subnet", SUBNET6) if any(host.address6 for host in hosts) else ()
    podman("network", "create", "--subnet", SUBNET, *both, PREFIX)
    for host in hosts:
        run_host(host, name)
    with ThreadPoolExecutor(len(hosts)) as pool:
        keys = list(pool.map(host_key, hosts))
    KNOWN_HOSTS.write_text("".join(keys), encoding="utf-8")


def run_host(host: Host, name: str) -> None:
    podman(
        *("run", "--detach", "--systemd=always", "--cap-add", CAPABILITIES),
        *("--name", f"{PREFIX}-{host.name}"),
        *("--hostname", host.name, "--network-alias", host.name),
        *("--network", PREFIX, "--ip", host.address),
        *(("--ip6", host.address6) if host.address6 else ()),
        *("--volume", f"{KEY}.pub:/etc/ssh/authorized_keys:ro", name),
    )


def make_key() -> None:
    """A key pair for this checkout's hosts, once."""
    if not KEY.exists():
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", PREFIX, "-f", str(KEY)]
        subprocess.run(command, check=True)


def host_key(host: Host) -> str:
    """The host's line of known_hosts, read from the host itself once sshd answers."""
    container = f"{PREFIX}-{host.name}"
    deadline = time.monotonic() + SECONDS
    while not speaks_ssh(host.address):
        if time.monotonic() > deadline:
            state = podman("exec", container, "systemctl", "--failed", check=False)
            raise HostsError(f"{host.name} does not answer by SSH. What failed on it:\n{state}")
        time.sleep(0.1)
    key = podman("exec", container, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
    return f"{host.name},{host.address} {key}"


def speaks_ssh(address: str) -> bool:
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def crash(name: str) -> None:
    """End a host as a loss of power would."""
    podman("kill", "--signal", "KILL", f"{PREFIX}-{name}")


def down() -> None:
    """Remove the hosts of this run, or of an earlier one that was ended before its time."""
    label = f"name=^{PREFIX}-"
    left = podman("ps", "--all", "--quiet", "--filter", label).split()
    if left:
        podman("rm", "--force", "--time", "0", "--volumes", *left)
    podman("network", "rm", "--force", PREFIX, check=False)


def clean() -> None:
    """Remove the hosts, their images and the key."""
    down()
    images = podman("image", "ls", "--quiet", "--filter", f"reference={image.NAME}").split()
    if images:
        podman("image", "rm", "--force", *sorted(set(images)))
    shutil.rmtree(machine.FOLDER, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.hosts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("up", help="start hosts")
    starting.add_argument("--suite", choices=image.SUITES, default=image.SUITES[0])
    starting.add_argument("hosts", nargs="+", type=parse, metavar="NAME=IPV4[,IPV6]")
    crashing = commands.add_parser("crash", help="end a host as a loss of power would")
    crashing.add_argument("host", metavar="NAME")
    commands.add_parser("down", help="remove the hosts")
    commands.add_parser("clean", help="remove hosts, images and key")
    arguments = parser.parse_args()
    lacking = machine.missing()
    if lacking:
        sys.exit(f"Hosts need what is not installed here: {' '.join(lacking)}")
    try:
        if arguments.command == "up":
            up(arguments.hosts, arguments.suite)
        elif arguments.command == "crash":
            crash(arguments.host)
        elif arguments.command == "down":
            down()
        else:
            clean()
    except (HostsError, subprocess.TimeoutExpired) as error:
        sys.exit(f"Hosts: {error}")


if __name__ == "__main__":
    main()
