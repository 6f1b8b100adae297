"""A command and all that it started, ended at once, as when its machine loses its power."""

from __future__ import annotations

import contextlib

import psutil


def kill(pid: int) -> None:
    """End a process and its descendants, whatever sessions they made; a daemon goes on."""
    root = psutil.Process(pid)
    tree = {root}
    new = tree
    while new:  # whoever is stopped starts nothing more
        for each in new:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.suspend()
        new = set(root.children(recursive=True)) - tree
        tree |= new
    for each in tree:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
