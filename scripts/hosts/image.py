"""The image of a host: a small Debian that boots systemd and sshd, built once from packages."""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess

from scripts.hosts import machine

NAME = "localhost/stemedb-host"
USER = "ops"  # Ansible's user; whatever it may do beyond its own is for the scenario to grant
# bookworm is what many run; bullseye has Python 3.9 and requests 2.25.1, the oldest supported.
SUITES = ("bookworm", "bullseye")
PACKAGES = (
    "systemd,systemd-sysv,dbus,python3,iproute2,openssh-server,sudo,netcat-openbsd,procps,"
    "ca-certificates,curl,nftables"
)
# Nodes need nothing but Python, so requests is not installed: it lies ready for control hosts.
CONTROL_PACKAGES = "/opt/control-host"
FETCH = (
    "apt-get -y -qq --no-install-recommends --download-only"
    f" -o Dir::Cache::archives={CONTROL_PACKAGES} install python3-requests"
)
SSHD = """\
AuthorizedKeysFile /etc/ssh/authorized_keys
PasswordAuthentication no
UseDNS no
"""
# Host keys are each host's own, as they are anywhere. One that is there already is no failure.
SSH_KEYS = (
    "[Service]\\nExecStartPre=\\nExecStartPre=-/usr/bin/ssh-keygen"
    ' -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key\\n'
)
# And so is the id of each start, which containers would share with the machine: a host that was
# rebooted has to tell another one.
BOOT_ID = (
    "[Unit]\\nDefaultDependencies=no\\nBefore=systemd-journald.service sysinit.target\\n"
    "[Service]\\nType=oneshot\\nExecStart=/bin/sh -c"
    ' "cat /proc/sys/kernel/random/uuid >/run/boot_id'
    ' && mount --bind /run/boot_id /proc/sys/kernel/random/boot_id"\\n'
    "[Install]\\nWantedBy=sysinit.target\\n"
)
HOOKS = (
    f'mkdir -p "$1{CONTROL_PACKAGES}/partial" "$1/etc/systemd/system/ssh.service.d"',
    f'chroot "$1" {FETCH}',
    f'chroot "$1" useradd --create-home --shell /bin/bash {USER}',
    f"printf '{SSHD}' > \"$1/etc/ssh/sshd_config.d/hosts.conf\"".replace("\n", "\\n"),
    f"printf '{SSH_KEYS}' > \"$1/etc/systemd/system/ssh.service.d/keys.conf\"",
    f"printf '{BOOT_ID}' > \"$1/etc/systemd/system/boot-id.service\"",
    'chroot "$1" systemctl --quiet enable boot-id.service',
    'rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/resolv.conf "$1"/etc/hostname',
)


def mirror() -> str:
    """The archive that this machine installs its own packages from."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    archives = [line for line in told.stdout.split() if line.rstrip("/").endswith("/debian")]
    if not archives:
        raise SystemExit("No Debian archive is among the sources of apt: the image needs one.")
    return archives[0]


def recipe(suite: str) -> list[str]:
    """The command that writes the image's file system to standard output."""
    hooks = [f"--customize-hook={hook}" for hook in HOOKS]
    return [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        "--components=main",
        f"--include={PACKAGES}",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        *hooks,
        suite,
        "-",
        mirror(),
    ]


def tag(suite: str) -> str:
    """The image's name; another recipe gives another one."""
    digest = hashlib.sha256(json.dumps(recipe(suite)).encode()).hexdigest()
    return f"{NAME}:{suite}-{digest[:12]}"


def ensure(suite: str) -> str:
    """Build the image unless it is there; its name. Who comes second waits and finds it."""
    machine.FOLDER.mkdir(parents=True, exist_ok=True)
    with (machine.FOLDER / f"{suite}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return build(suite)


def build(suite: str) -> str:
    name = tag(suite)
    env = machine.environment()
    if subprocess.run(["podman", "image", "exists", name], env=env, check=False).returncode == 0:
        return name
    print(f"Building {name}, once ...", flush=True)
    importing = ["podman", "import", "--quiet", "--change", 'CMD ["/sbin/init"]', "-", name]
    with subprocess.Popen(recipe(suite), stdout=subprocess.PIPE) as recipe_run:
        imported = subprocess.run(
            importing, stdin=recipe_run.stdout, stdout=subprocess.DEVNULL, env=env, check=False
        )
    if recipe_run.returncode or imported.returncode:
        # What was read of half a file system is no image.
        subprocess.run(
            ["podman", "image", "rm", "--ignore", name], capture_output=True, env=env, check=False
        )
        raise SystemExit(f"The image {name} could not be built: the messages above say why.")
    return name
