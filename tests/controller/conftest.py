"""What the tests of examples/controller share."""

from __future__ import annotations

from tests.integration.conftest import ROOT, ansible

__all__ = ["ansible"]
EXAMPLE = ROOT / "examples" / "controller"
