import os
import shutil
from pathlib import Path

import pytest

import g2r


@pytest.fixture(scope="session")
def cora():
    return g2r.load_dataset("cora")


@pytest.fixture(scope="session")
def karate():
    return g2r.load_dataset("karate")


@pytest.fixture(scope="session")
def program():
    """The program g2r of the same build; CI says where it is."""
    found = os.environ.get("G2R_PROGRAM") or shutil.which("g2r")
    if found is None or not Path(found).exists():
        if os.environ.get("G2R_REQUIRE_PROGRAM"):
            pytest.fail("G2R_PROGRAM names no program")
        pytest.skip("G2R_PROGRAM is not set")
    return found
