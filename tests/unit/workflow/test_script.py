import json
import os
import signal
import subprocess
import sys
import time

import pytest

SCRIPT = '''"""Does something."""

import json
import logging
import sys
import time
from pathlib import Path

from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.files import atomic_write
from metahdr.workflow.script import run


def main(
    name: str, seed: int, paths: list[Path], settings: Score, source: dict, out: Path, labels: Path | None = None
) -> None:
    logging.getLogger(__name__).info("at work")
    if name == "mistake":
        raise UserError("image.exr: not what was expected")
    if name == "wait":
        with atomic_write(out) as part:
            part.touch()
            time.sleep(30)
    given = [name, seed, [str(p) for p in paths], settings.confidence, source, labels and str(labels)]
    out.write_text(json.dumps(given))


if __name__ == "__main__":
    run(main)
'''


@pytest.fixture
def start(tmp_path, repository):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")

    def start(name="oak", *more: str, seed="3") -> subprocess.Popen:
        command = [sys.executable, "script.py", "--name", name, "--seed", seed, "--paths", "a", "b c"]
        command += ["--settings", '{"confidence": 0.5}', "--source", '{"hdr": "x"}', "--out", "out.json", *more]
        environment = os.environ | {"PYTHONPATH": str(repository / "src")}
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


def test_arguments_follow_the_annotations_of_main(tmp_path, start):
    process = start("oak", "--labels", "here", "--log", "logs/script.log")
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    given = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert given == ["oak", 3, ["a", "b c"], 0.5, {"hdr": "x"}, "here"]
    assert "INFO at work" in (tmp_path / "logs" / "script.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("log", [[], ["--log", "script.log"]], ids=["log to stderr", "log to a file"])
def test_a_users_mistake_ends_with_status_1_and_its_message_alone(tmp_path, start, log):
    process = start("mistake", *log)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "image.exr: not what was expected" in errors
    assert "Traceback" not in errors
    if log:
        assert "ERROR image.exr: not what was expected" in (tmp_path / "script.log").read_text(encoding="utf-8")


def test_a_wrong_argument_is_explained(start):
    process = start(seed="three")
    _, errors = process.communicate()
    assert process.returncode == 2
    assert "argument --seed: found 'three'; Input should be a valid integer" in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupted_script_leaves_one_line_and_no_half_written_file(tmp_path, start, number):
    process = start("wait", "--log", str(tmp_path.with_suffix(".log")))
    while not (tmp_path / ".part-0-out.json").exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == 128 + number
    assert errors == f"error: ended by {number.name}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["script.py"]
