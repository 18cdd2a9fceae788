"""The pins are the same wherever they stand, and are what is installed; make knows whose environment it is."""

import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from checkout import without_make

ROOT = Path(__file__).parents[2]


def requirements(name: str) -> list[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line.split(" --")[0] for line in lines if line and not line.startswith("#")]


def test_environment_yml_repeats_the_requirements():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == requirements("requirements.txt")
    assert "python=3.11" in environment["dependencies"]


def test_the_post_deploy_script_repeats_the_requirements_without_dependencies():
    script = (ROOT / "environment.post-deploy.sh").read_text(encoding="utf-8")
    assert sorted(re.findall(r"[\w-]+==[\w.]+", script)) == sorted(requirements("requirements-no-deps.txt"))


def test_pyproject_and_makefile_read_the_requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements.txt"]}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "-r requirements.txt" in makefile
    assert "--no-deps -r requirements-no-deps.txt" in makefile
    assert not re.search(r"==\d", makefile)


@pytest.mark.parametrize("pin", requirements("requirements.txt") + requirements("requirements-no-deps.txt"))
def test_every_requirement_is_pinned_and_installed(pin):
    name, _, version = pin.partition("==")
    assert version
    assert metadata.version(name).split("+")[0] == version


PYTHON = """#!/bin/sh
[ "$2" = venv ] || exit 0
for folder; do :; done  # the last word
[ "$3" != --clear ] || rm -r "$folder"
mkdir -p "$folder/bin"
for name in pip metahdr; do
  printf '#!/bin/sh\\necho %s "$@" >> "$LOG"\\n' "$(cd "$folder" && pwd -P)/bin/$name" > "$folder/bin/$name"
  chmod +x "$folder/bin/$name"
done
"""


@pytest.fixture
def make(tmp_path):
    """Calls make in a folder, with a stand-in for Python whose environments note their calls; returns these."""
    python, log = tmp_path / "python", tmp_path / "log"
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o755)

    def make(folder: Path, *words: str, status: int = 0) -> list[str]:
        log.write_text("", encoding="utf-8")
        command, variables = ["make", f"PYTHON={python}", *words], without_make() | {"LOG": str(log)}
        result = subprocess.run(command, cwd=folder, env=variables, capture_output=True, encoding="utf-8")
        assert result.returncode == status, result.stdout + result.stderr
        said = [line for line in result.stdout.splitlines() if line.startswith("error")]
        return (
            said
            if status
            else [" ".join(line.split()[:2]) for line in log.read_text(encoding="utf-8").splitlines()]
        )

    return make


@pytest.fixture
def clone(tmp_path, make) -> Path:
    """A checkout with an environment of its own."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("Makefile", "requirements.txt", "requirements-no-deps.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    assert make(folder, "env") == installed(folder / ".venv")
    return folder


def installed(folder: Path) -> list[str]:
    return [f"{folder}/bin/pip install"] * 3


def test_a_finished_environment_is_not_installed_again_when_times_change_but_when_requirements_do(clone, make):
    (clone / "requirements.txt").touch()
    assert make(clone, "env") == []
    with (clone / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("another==1\n")
    assert make(clone, "data-status") == [f"{clone}/.venv/bin/metahdr data-status"], "it only reads"
    assert make(clone, "env") == installed(clone / ".venv")
    assert make(clone, "env") == []


def test_an_installation_that_failed_is_not_finished(clone, make):
    (clone / ".venv/.installed").unlink()
    (clone / ".venv/bin/pip").unlink()
    (clone / ".venv/bin/pip").symlink_to("/bin/false")
    (clone.parent / "python").write_text("#!/bin/sh\n", encoding="utf-8")
    assert make(clone, "env", status=2) == []
    assert not (clone / ".venv/.installed").exists()


@pytest.mark.parametrize("how", [shutil.copytree, shutil.move])
def test_an_environment_that_came_with_its_clone_is_made_anew(clone, make, how):
    there = clone.with_name("there")
    how(clone, there)
    assert make(there, "data-status") == [*installed(there / ".venv"), f"{there}/.venv/bin/metahdr data-status"]
    assert make(there, "env") == []


def test_the_environment_of_another_checkout_is_refused_in_one_line_and_left_alone(clone, make):
    other = shutil.copytree(clone, clone.with_name("other"), ignore=lambda *_: [".venv"])
    (line,) = make(other, f"VENV={clone}/.venv", "data-status", status=2)
    assert line.startswith(f"error: {clone}/.venv is the environment of another checkout ({clone})")
    assert make(clone, "env") == []


def test_an_environment_may_lie_elsewhere(clone, make):
    there = clone.with_name("elsewhere")
    assert make(clone, f"VENV={there}", "env") == installed(there)
    assert make(clone, f"VENV={there}", "data-status") == [f"{there}/bin/metahdr data-status"]


def test_clean_does_not_take_the_results_of_one_configuration_for_those_of_all(clone, make):
    (clone / "results").mkdir()
    (line,) = make(clone, "clean", "CONFIG=config/smoke.yaml", status=2)
    assert "make clean removes all of results/" in line and (clone / "results").exists()
    make(clone, "clean")
    assert not (clone / "results").exists()


@pytest.mark.parametrize("target", ["data-status", "publish", "restore"])
def test_a_target_calls_its_command_with_the_configuration_that_is_named(clone, make, target):
    command = ["make", "-n", target, "CONFIG=mine.yaml"]
    said = subprocess.run(command, cwd=clone, env=without_make(), capture_output=True, encoding="utf-8").stdout
    assert said == f"metahdr {target} --configfile mine.yaml\n"
