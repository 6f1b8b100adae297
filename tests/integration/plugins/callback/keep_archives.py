"""Lets all runs have the archives in which modules are sent, in the folder named by ARCHIVES.

Ansible makes them anew in each run, which takes it longer than most modules run.
"""

from __future__ import annotations

import os

from ansible import constants
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: keep_archives
type: notification
short_description: Archives of modules for more than one run
description: For tests, so that they take less time.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "keep_archives"

    def __init__(self) -> None:
        super().__init__()
        kept = os.environ["ARCHIVES"]
        os.makedirs(kept, exist_ok=True)
        os.symlink(kept, os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))
