import re

import yaml


def pins(text: str) -> set[str]:
    return set(re.findall(r"^[\w.-]+==[\w.]+", text, re.MULTILINE))


def test_conda_and_pip_install_the_same_versions(repository):
    environment = yaml.safe_load((repository / "environment.yml").read_text())
    (pip,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    required = pins((repository / "requirements.txt").read_text())
    assert len(required) > 100
    assert set(pip) == required


def test_the_packages_without_dependencies_are_the_same_for_both(repository):
    script = (repository / "environment.post-deploy.sh").read_text()
    required = pins((repository / "requirements-no-deps.txt").read_text())
    assert "learn2learn==0.2.0" in required
    assert set(re.findall(r"[\w-]+==[\w.]+", script)) == required
