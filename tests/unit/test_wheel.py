"""The package as it is installed."""

import shutil
import subprocess
import sys
import zipfile

import cv2
import numpy as np
import pytest

pytest.importorskip("setuptools", "77")


def test_metahdr_reconstruct_works_from_any_folder_of_an_installed_package(repository, tmp_path):
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

    ramp = np.arange(40 * 50, dtype=np.uint8).reshape(40, 50, 1).repeat(3, 2)
    cv2.imwrite(str(empty / "photo.png"), ramp)
    command = [sys.executable, "-m", "metahdr.cli", "reconstruct", "photo.png"]
    environment = {"PYTHONPATH": str(tmp_path / "installed")}
    made = subprocess.run(command, cwd=empty, env=environment, capture_output=True, encoding="utf-8")
    assert made.stdout == "photo.exr\n", made.stderr
