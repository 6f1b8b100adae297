"""Real hosts on this machine, in containers that boot systemd and sshd (root and podman needed).

up starts a set of hosts in a network of its own, crash ends one of them at once, down removes the
set, clean removes all sets with images and keys. What an earlier run left of a set is removed
first. Everything made here is named stemedb-host-SET.
"""

from __future__ import annotations

import argparse
import ipaddress
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from scripts.hosts import image, machine

PREFIX = "stemedb-host"
# The size of a set's network: sixteen of them fit into 198.51.100.0/24, which is nobody's own.
BITS = 28
BITS6 = 64
SECONDS = 90.0
# What root can do on a real host: rules of a firewall, and the sandbox of a systemd unit.
CAPABILITIES = "NET_ADMIN,SYS_ADMIN"


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


def up(chosen: str, hosts: list[Host], suite: str) -> None:
    """Start the set's hosts and wait until all answer by SSH."""
    built = image.ensure(suite)
    down(chosen)
    folder = machine.FOLDER / chosen
    key = make_key(folder)
    network = f"{PREFIX}-{chosen}"
    addresses6 = [host.address6 for host in hosts if host.address6]
    both = ("--ipv6", "--subnet", around(addresses6[0], BITS6)) if addresses6 else ()
    podman("network", "create", "--subnet", around(hosts[0].address, BITS), *both, network)
    for host in hosts:
        run_host(network, host, key, built)
    with ThreadPoolExecutor(len(hosts)) as pool:
        keys = list(pool.map(lambda host: host_key(network, host), hosts))
    (folder / "known_hosts").write_text("".join(keys), encoding="utf-8")


def around(address: str, bits: int) -> str:
    """The network of that size in which the address is."""
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))


def run_host(network: str, host: Host, key: Path, built: str) -> None:
    podman(
        # A reboot ends a container, and whoever reboots wants it back; crash() is another matter.
        *("run", "--detach", "--restart=always", "--systemd=always", "--cap-add", CAPABILITIES),
        *("--name", f"{network}-{host.name}"),
        *("--hostname", host.name, "--network-alias", host.name),
        *("--network", network, "--ip", host.address),
        *(("--ip6", host.address6) if host.address6 else ()),
        *("--volume", f"{key}.pub:/etc/ssh/authorized_keys:ro", built),
    )


def make_key(folder: Path) -> Path:
    """A key pair for the set's hosts, once."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "id_ed25519"
    if not key.exists():
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", PREFIX, "-f", str(key)]
        subprocess.run(command, check=True)
    return key


def host_key(network: str, host: Host) -> str:
    """The host's line of known_hosts, read from the host itself once sshd answers."""
    container = f"{network}-{host.name}"
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


def crash(chosen: str, name: str) -> None:
    """End a host as a loss of power would."""
    podman("kill", "--signal", "KILL", f"{PREFIX}-{chosen}-{name}")


def down(chosen: str) -> None:
    """Remove the hosts of this set, also of an earlier run that was ended before its time."""
    remove(f"{PREFIX}-{chosen}")


def clean() -> None:
    """Remove all hosts, their images and their keys."""
    remove(PREFIX)
    images = podman("image", "ls", "--quiet", "--filter", f"reference={image.NAME}").split()
    if images:
        podman("image", "rm", "--force", *sorted(set(images)))
    shutil.rmtree(machine.FOLDER, ignore_errors=True)


def remove(prefix: str) -> None:
    """Remove the containers of that prefix, then their networks."""
    left = podman("ps", "--all", "--quiet", "--filter", f"name=^{prefix}-").split()
    if left:
        podman("rm", "--force", "--time", "0", "--volumes", *left)
    for network in podman("network", "ls", "--quiet").split():
        if network == prefix or network.startswith(f"{prefix}-"):
            podman("network", "rm", "--force", network, check=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.hosts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    parser.add_argument("--set", dest="chosen", default="play", help="which hosts (default: play)")
    starting = commands.add_parser("up", help="start hosts")
    starting.add_argument("--suite", choices=image.SUITES, default=image.SUITES[0])
    starting.add_argument("hosts", nargs="+", type=parse, metavar="NAME=IPV4[,IPV6]")
    crashing = commands.add_parser("crash", help="end a host as a loss of power would")
    crashing.add_argument("host", metavar="NAME")
    commands.add_parser("down", help="remove the set")
    commands.add_parser("clean", help="remove all sets, images and keys")
    arguments = parser.parse_args()
    lacking = machine.missing()
    if lacking:
        sys.exit(f"Hosts need what is not installed here: {' '.join(lacking)}")
    try:
        if arguments.command == "up":
            up(arguments.chosen, arguments.hosts, arguments.suite)
        elif arguments.command == "crash":
            crash(arguments.chosen, arguments.host)
        elif arguments.command == "down":
            down(arguments.chosen)
        else:
            clean()
    except (HostsError, subprocess.TimeoutExpired) as error:
        sys.exit(f"Hosts: {error}")


if __name__ == "__main__":
    main()
