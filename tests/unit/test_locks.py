import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import metahdr
from metahdr.errors import UserError
from metahdr.locks import alone

HOLDS = """
import sys
from pathlib import Path
from metahdr.locks import alone
with alone(Path(sys.argv[1])):
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def owner(tmp_path):
    """Another process that has the lock of `data` until its stdin is closed or it is killed."""
    environment = os.environ | {"PYTHONPATH": str(Path(metahdr.__file__).parents[1])}
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=-1, stdout=-1, encoding="utf-8", env=environment) as process:
        assert process.stdout.readline() == "inside\n"
        yield process
        process.kill()


@pytest.fixture
def second(tmp_path):
    """A thread that wants the lock, and what is set when it has it."""
    inside = threading.Event()

    def want():
        with alone(tmp_path / "data"):
            inside.set()

    return threading.Thread(target=want), inside


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_a_second_process_says_for_whom_it_waits_and_goes_on_when_that_one_ends(owner, second, caplog, end):
    thread, inside = second
    with caplog.at_level(logging.WARNING):
        thread.start()
        assert not inside.wait(0.5)
        owner.send_signal(signal.SIGKILL) if end == "killed" else owner.stdin.close()
        assert inside.wait(10)
        thread.join()
    (line,) = caplog.messages
    assert f"data: process {owner.pid} on {socket.gethostname()} is at work on it" in line


def test_the_lock_of_a_killed_process_is_taken_at_once(owner, tmp_path, caplog):
    owner.kill()
    owner.wait()
    with alone(tmp_path / "data"):
        pass
    assert caplog.messages == []


def test_the_lock_is_beside_its_path_and_names_nobody_when_nobody_has_it(tmp_path):
    with alone(tmp_path / "new" / "data"):
        assert (tmp_path / "new" / ".locks" / "data").read_text(encoding="utf-8").split() == [
            str(os.getpid()),
            socket.gethostname(),
        ]
    assert (tmp_path / "new" / ".locks" / "data").read_text(encoding="utf-8") == ""


def test_after_an_error_the_lock_is_free(tmp_path, caplog):
    with pytest.raises(RuntimeError), alone(tmp_path / "data"):
        raise RuntimeError
    with alone(tmp_path / "data"):
        assert caplog.messages == []


def test_a_lock_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(UserError, match=r"^[^\n]*data: cannot be locked \(Not a directory\)$"),
        alone(tmp_path / "file" / "data"),
    ):
        pass
