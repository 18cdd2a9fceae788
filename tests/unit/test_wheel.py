"""The package as it is installed."""

import shutil
import subprocess
import sys
import zipfile

import cv2
import numpy as np
import pytest

pytest.importorskip("setuptools", "77")


def test_metahdr_label_works_from_any_folder_of_an_installed_package(repository, tmp_path):
    checkout, empty = tmp_path / "checkout", tmp_path / "empty"
    empty.mkdir()
    shutil.copytree(
        repository / "src", checkout / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.txt"):
        shutil.copy(repository / name, checkout)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(checkout)], check=True)
    (wheel,) = tmp_path.glob("metahdr-*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")

    cv2.imwrite(str(empty / "photo.png"), np.full((40, 50, 3), 128, np.uint8))
    command = [sys.executable, "-m", "metahdr.cli", "label", "photo.png"]
    environment = {"PYTHONPATH": str(tmp_path / "installed")}
    made = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True)
    assert made.stdout == "photo.exr\n", made.stderr
