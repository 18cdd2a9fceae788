"""The pins are the same wherever they stand, and they are what is installed."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def requirements(name: str) -> list[str]:
    lines = (ROOT / name).read_text().splitlines()
    return [line.split(" --")[0] for line in lines if line and not line.startswith("#")]


def test_environment_yml_repeats_the_requirements():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == requirements("requirements.txt")
    assert "python=3.11" in environment["dependencies"]


def test_the_post_deploy_script_repeats_the_requirements_without_dependencies():
    script = (ROOT / "environment.post-deploy.sh").read_text()
    assert sorted(re.findall(r"[\w-]+==[\w.]+", script)) == sorted(requirements("requirements-no-deps.txt"))


def test_pyproject_and_makefile_read_the_requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements.txt"]}
    makefile = (ROOT / "Makefile").read_text()
    assert "-r requirements.txt" in makefile
    assert "--no-deps -r requirements-no-deps.txt" in makefile
    assert not re.search(r"==\d", makefile)


@pytest.mark.parametrize("pin", requirements("requirements.txt") + requirements("requirements-no-deps.txt"))
def test_every_requirement_is_pinned_and_installed(pin):
    name, _, version = pin.partition("==")
    assert version
    assert metadata.version(name).split("+")[0] == version
