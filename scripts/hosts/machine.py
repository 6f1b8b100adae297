"""What this machine needs so that containers boot systemd: an ordinary one next to nothing."""

from __future__ import annotations

import json
import os
import resource
import shutil
import threading
from pathlib import Path

from scripts import home

FOLDER = home.ROOT / "build" / "hosts"
# What podman asks for, and what is enough where it cannot be had.
WANTED_LIMIT = 1048576
ENOUGH = 20000
NEEDED = {
    "podman": "podman",
    "netavark": "netavark",
    "aardvark-dns": "aardvark-dns",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "openssl": "openssl",
}
ELSEWHERE = ("/usr/lib/podman", "/usr/libexec/podman", "/usr/local/libexec/podman", "/usr/sbin")


def settings() -> list[str]:
    """The lines of containers.conf, each only where this machine cannot do without."""
    lines = ["[network]", 'network_backend = "netavark"', "[engine]"]
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        lines.append('runtime = "runc"')  # crun refuses the older layouts of cgroups
    if not Path("/run/systemd/system").exists():
        lines += ['cgroup_manager = "cgroupfs"', 'events_logger = "file"']
    limits = [name for name in ("nofile", "nproc") if not _can_raise(name)]
    if limits:
        values = [f"{name}={ENOUGH}:{ENOUGH}" for name in limits]
        lines += ["[containers]", f"default_ulimits = {json.dumps(values)}"]
    return lines


def environment() -> dict[str, str]:
    """The environment for podman, its settings written."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "containers.conf"
    # Written beside and renamed: another set's podman may be reading it.
    draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    draft.write_text("\n".join([*settings(), ""]), encoding="utf-8")
    draft.replace(path)
    return {**os.environ, "CONTAINERS_CONF": str(path)}


def missing() -> list[str]:
    """What hosts cannot be started without, as one word each; empty if all is there."""
    needed = dict(NEEDED)
    if 'runtime = "runc"' in settings():
        needed["runc"] = "runc"
    path = os.pathsep.join([os.environ.get("PATH", ""), *ELSEWHERE])
    return [package for name, package in needed.items() if not shutil.which(name, path=path)]


def _can_raise(name: str) -> bool:
    """Whether the limit can be as podman wants it; tried in a child, which ends with it."""
    number = getattr(resource, f"RLIMIT_{name.upper()}")
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(number, (WANTED_LIMIT, WANTED_LIMIT))
        except (ValueError, OSError):
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
