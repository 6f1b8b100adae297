"""A cluster that follows Git, to watch: a merge adds a node; one dies, and is replaced by an event.

Runs what an operator would run, on a copy of examples/gitops, and prints each command. Everything
it makes is in `.demo/`; at the end the nodes are stopped. Needs git 2.34, ssh-keygen and Java 17.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import yaml

from scripts import demo

BARE, WORK = demo.WORK / "stemedb.git", demo.WORK / "work"
RULEBOOK = demo.ROOT / "extensions" / "eda" / "rulebooks" / "replace_dead_node.yml"
EVENTS = demo.ROOT / ".venv-eda" / "bin" / "ansible-rulebook"
GATEWAYS = [f"http://{demo.NODES[name]}:18181" for name in ("node-01", "node-02")]
HOSTS = """\
---
all:
  vars:
    stemedb_spares: "{{ groups['spares'] }}"
  hosts:
    localhost:
      ansible_connection: local
      ansible_python_interpreter: "{{ ansible_playbook_python }}"
  children:
    demo:
      children:
        stemedb_nodes:
          hosts:
            node-01:
              stemedb_node_address: 127.0.0.11
            node-02:
              stemedb_node_address: 127.0.0.12
            node-03:
              stemedb_node_address: 127.0.0.13
        spares:
          hosts:
            node-05:
              stemedb_node_address: 127.0.0.15
"""
NEW = """\
            node-04:
              stemedb_node_address: 127.0.0.14
"""
# A fortieth of the guide's minutes; the demo proper takes a tenth.
QUICK = {
    "stemedb_detection_time": 3,
    "stemedb_bootstrap_stable_for": 2,
    "stemedb_add_node_stable_for": 2,
    "stemedb_replace_confirm_dead_for": 4,
    "stemedb_replace_node_stable_for": 2,
    "stemedb_replace_node_age_out_timeout": 1,
    "stemedb_lock_hosts": ["node-01", "node-02"],
    "stemedb_unattended_apply": True,
}
PATIENCE = 300.0


def main() -> int:
    """Exit status 0 if the cluster and Git agree at the end."""
    lacking = [name for name in ("git", "ssh-keygen", "java") if shutil.which(name) is None]
    if lacking:
        packages = "git openssh-client default-jre-headless"
        print(f"demo-gitops: not in PATH: {', '.join(lacking)}. By apt: {packages}.")
        return 1
    if not demo.begin("demo-gitops"):
        return 1
    started = time.monotonic()
    rulebook: subprocess.Popen[bytes] | None = None
    try:
        make_repository()
        git("merge", "--no-ff", "--message=Add node-04", "origin/add")
        git("push", "origin", "main")
        rulebook = events()
        demo.kill("node-03")
        wait_for("the rulebook to replace it", lambda: "Replaced node-03 by node-05" in said())
        print("\n".join(line for line in said().splitlines() if line.startswith("Replaced ")))
        demo.run("ci/propose.sh", cwd=WORK, env=environment())
        git("fetch", "--quiet", "origin")
        git("merge", "--no-ff", "--message=Declare node-05", proposal())
        git("push", "origin", "main")
        demo.run("ci/drift.sh", cwd=WORK, env=environment())
        print(f"\nDone in {time.monotonic() - started:.0f} s: the cluster is what Git declares.")
    except subprocess.CalledProcessError as error:
        print(f"\ndemo-gitops: this failed, its output above says why: {shlex.join(error.cmd)}")
        return 1
    except TimeoutError as error:
        print(f"\n{said()}\ndemo-gitops: {error}")
        return 1
    finally:
        if rulebook is not None:
            rulebook.terminate()
            rulebook.wait(30)
        demo.stop_nodes()
    return 0


def environment() -> dict[str, str]:
    """That of git and of what its hooks run."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(demo.ROOT / ".collections"),
        "STEMEDB_ALLOWED_SIGNERS": str(demo.WORK / "allowed_signers"),
        "STEMEDB_HOOK": "1",
    }


def git(*arguments: str, quiet: bool = False) -> None:
    """Run git in the clone."""
    demo.run("git", *arguments, cwd=WORK, env=environment(), quiet=quiet)


def make_repository() -> None:
    """The example for this machine's nodes, a running cluster, and a request that adds a node."""
    demo.run(sys.executable, "tests/devcluster/build.py", show="python tests/devcluster/build.py")
    key = demo.WORK / "key"
    keygen = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "you", "-f", str(key))
    subprocess.run(keygen, check=True)
    public = key.with_suffix(".pub").read_text(encoding="utf-8")
    (demo.WORK / "allowed_signers").write_text(f"you@example.com {public}", encoding="utf-8")
    demo.run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(BARE))
    shutil.copytree(demo.ROOT / "examples" / "gitops", WORK)
    write_inventory()
    git("init", "--quiet", "--initial-branch=main")
    for name, value in {
        "user.name": "you",
        "user.email": "you@example.com",
        "user.signingKey": str(key),
        "gpg.format": "ssh",
        "commit.gpgSign": "true",
        "remote.origin.url": str(BARE),
        "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
    }.items():
        subprocess.run(["git", "config", name, value], cwd=WORK, check=True)
    git("add", ".")
    git("commit", "--quiet", "--message=Declare three members")
    git("push", "--quiet", "origin", "main")
    demo.run("ansible-playbook", "stemedb.cluster.bootstrap", cwd=WORK, env=environment())
    for hook in (WORK / "hooks").iterdir():
        shutil.copy2(hook, BARE / "hooks")
    signers = str(demo.WORK / "allowed_signers")
    config = ["git", "config", "gpg.ssh.allowedSignersFile", signers]
    subprocess.run(config, cwd=BARE, check=True)
    git("switch", "--quiet", "--create", "add")
    hosts = WORK / "inventory" / "hosts.yml"
    hosts.write_text(
        HOSTS.replace("        spares:\n", f"{NEW}        spares:\n"), encoding="utf-8"
    )
    git("commit", "--all", "--quiet", "--message=Declare node-04")
    git("push", "origin", "add")
    git("switch", "--quiet", "main")


def write_inventory() -> None:
    """The hosts of this demo, with the variables of the other one."""
    text = (demo.ROOT / demo.INVENTORY).read_text(encoding="utf-8")
    inventory: dict[str, Any] = yaml.safe_load(text)["all"]
    variables = WORK / "inventory" / "group_vars"
    shutil.rmtree(variables)
    variables.mkdir()
    told = {**inventory["vars"], **QUICK}
    told["stemedb_diagnose_dest"] = str(demo.WORK / "state.json")
    (variables / "all.yml").write_text(yaml.safe_dump(told), encoding="utf-8")
    hosts = inventory["children"]["demo"]["vars"]
    hosts["demo_checkout"] = str(demo.ROOT)
    hosts["stemedb_node_environment"] |= {
        "STEMEDB_DEV_TIME_SCALE": "0.025",
        "STEMEDB_DEV_SHARD_SIZE": "2000000",
        # Dead nodes stay listed for as long as a person needs to read what is printed.
        "STEMEDB_DEV_AGE_OUT": "120",
    }
    (variables / "demo.yml").write_text(yaml.safe_dump(hosts), encoding="utf-8")
    (WORK / "inventory" / "hosts.yml").write_text(HOSTS, encoding="utf-8")


def events() -> subprocess.Popen[bytes]:
    """Start the rulebook, and wait until it watches."""
    told = demo.WORK / "events.yml"
    quick = {"gateway_url": ",".join(GATEWAYS), "events_settle": 2, "events_remind": 20}
    variables = {f"stemedb_{name}": value for name, value in quick.items()}
    told.write_text(yaml.safe_dump(variables), encoding="utf-8")
    command = [str(EVENTS), "-r", str(RULEBOOK), "-i", "inventory", "--vars", str(told)]
    print(f"\n$ {shlex.join(command)} &", flush=True)
    path = f"{EVENTS.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    with (demo.WORK / "events.log").open("wb") as log:
        running = subprocess.Popen(
            command,
            cwd=WORK,
            env={**os.environ, **environment(), "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # The first reminder finds nothing to do; what comes after it is an event.
    wait_for("the rulebook to watch", lambda: "The cluster is as declared." in said(), running)
    return running


def said() -> str:
    """What the rulebook, and what it started, has printed."""
    log = demo.WORK / "events.log"
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def wait_for(
    what: str, seen: Callable[[], bool], running: subprocess.Popen[bytes] | None = None
) -> None:
    """Wait until something is seen.

    :raises TimeoutError: it is not, or what was to bring it about has ended.
    """
    print(f"\nWaiting for {what} ...", flush=True)
    deadline = time.monotonic() + PATIENCE
    while not seen():
        if running is not None and running.poll() is not None:
            raise TimeoutError(f"waited for {what}, and it ended with {running.returncode}.")
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE:.0f} s for {what}.")
        time.sleep(0.2)


def proposal() -> str:
    """The branch that ci/propose.sh has pushed."""
    command = ["git", "for-each-ref", "--format=%(refname)", "refs/remotes/origin/propose"]
    done = subprocess.run(command, cwd=WORK, capture_output=True, text=True, check=True)
    return done.stdout.split()[0].removeprefix("refs/remotes/")


if __name__ == "__main__":
    sys.exit(main())
