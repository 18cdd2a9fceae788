"""A checkout of the project in an empty folder, and one smoke run in it that all workflow tests look at."""

from pathlib import Path

import pytest
from checkout import check_out
from runs import SMOKE, snakemake


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    return check_out(tmp_path_factory.mktemp("a checkout"))


@pytest.fixture(scope="session")
def smoke(checkout) -> Path:
    """The checkout after a smoke run on the real panoramas."""
    result = snakemake(checkout, *SMOKE)
    assert result.returncode == 0, result.stdout[-4000:]
    return checkout
