import hashlib
import os
import pickle
import resource
import signal
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from metahdr.errors import UserError
from metahdr.training.checkpoint import load, load_state, remove_state, save, save_state


class Trojan:
    """Touches a file when it is unpickled."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_tensors_numbers_and_text_come_back_as_they_were(tmp_path):
    values = {"parameters": {"w": torch.randn(2, 3)}, "history": [{"loss": 0.1}], "settings": "text", "best": None}
    save(tmp_path / "new" / "state.pt", values)
    back = load(tmp_path / "new" / "state.pt")
    assert torch.equal(back.pop("parameters")["w"], values.pop("parameters")["w"])
    assert back == values


@pytest.mark.parametrize(
    "write",
    [torch.save, lambda value, path: save(path, value), lambda value, path: path.write_bytes(pickle.dumps(value))],
)
def test_a_checkpoint_with_code_is_refused_and_the_code_not_run(tmp_path, write):
    path, mark = tmp_path / "trojan.pt", tmp_path / "was here"
    write({"parameters": Trojan(mark)}, path)
    with pytest.raises(UserError, match=r"trojan\.pt: not a readable checkpoint"):
        load(path)
    assert not mark.exists()


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(tmp_path, share):
    path = tmp_path / "state.pt"
    save(path, {"w": torch.zeros(1000)})
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(UserError, match=r"state\.pt: not a readable checkpoint .*; delete it and run again"):
        load(path)


OTHERS = {
    "a web page": b"<!DOCTYPE html><html></html>",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "an HDR image": b"#?RADIANCE\n\n-Y 1 +X 1\n\x00\x00\x00\x00",
    "a DVC file": b"outs:\n- md5: 0\n",
    "json": b'{"a": 1}',
    "zeros": bytes(100),
}


@pytest.mark.parametrize("content", [*OTHERS.values(), b"step,loss\n1,0.5\n"], ids=[*OTHERS, "a table"])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "state.pt").write_bytes(content)
    with pytest.raises(UserError, match=r"state\.pt: not a readable checkpoint"):
        load(tmp_path / "state.pt")


def test_a_damaged_checkpoint_is_refused(tmp_path):
    path = tmp_path / "state.pt"
    save(path, {"w": torch.zeros(10)})
    path.write_bytes(path.read_bytes().replace(b"FloatStorage", b"\xealoatStorage"))
    with pytest.raises(UserError, match=r"state\.pt: not a readable checkpoint"):
        load(path)


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(UserError, match=r"state\.pt: no such checkpoint"):
        load(tmp_path / "state.pt")


def test_an_error_while_saving_leaves_the_old_checkpoint(tmp_path):
    path = tmp_path / "state.pt"
    save(path, {"iteration": 1})
    with pytest.raises((AttributeError, pickle.PicklingError)):
        save(path, {"iteration": 2, "loss": lambda: None})
    assert load(path) == {"iteration": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_is_an_archive_that_any_torch_reads_with_its_sha256_as_comment(tmp_path):
    path = tmp_path / "state.pt"
    save(path, {"w": torch.arange(3)})
    assert torch.load(path, weights_only=True)["w"].tolist() == [0, 1, 2]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.comment.decode() == hashlib.sha256(path.read_bytes()[:-64]).hexdigest()


def test_a_change_of_any_byte_is_noticed(tmp_path):
    path = tmp_path / "state.pt"
    save(path, {"w": torch.ones(2)})
    data = path.read_bytes()
    for place in [*range(0, len(data), 13), -66, -65, -64, -1]:
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(UserError, match="not a readable checkpoint"):
            load(path)


def state(number: int) -> dict:
    return {"identity": "oak", "number": number, "w": torch.full((5000,), float(number))}


def save_states(path: Path, *numbers: int) -> None:
    for number in numbers:
        save_state(path, state(number))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
def test_instead_of_a_damaged_state_the_one_before_is_used_and_the_log_names_both(tmp_path, caplog, damage):
    path = tmp_path / "state.pt"
    save_states(path, 1, 2, 3)
    damage(path)
    assert load_state(path, "oak")["number"] == 2
    assert f"{path} is damaged or missing: training goes on from the state before" in caplog.text
    assert str(tmp_path / "state.previous.pt") in caplog.text
    save_states(path, 3)
    damage(path)
    assert load_state(path, "oak")["number"] == 2  # the damaged state did not become the state before


def test_without_a_readable_state_the_error_names_the_file(tmp_path):
    path = tmp_path / "state.pt"
    save_states(path, 1)
    flip(path)
    with pytest.raises(UserError, match=r"state\.pt: not a readable checkpoint"):
        load_state(path, "oak")
    remove_state(path)
    save_states(path, 1, 2)
    flip(path)
    flip(tmp_path / "state.previous.pt")
    with pytest.raises(UserError, match=r"state\.previous\.pt: not a readable checkpoint"):
        load_state(path, "oak")


def test_a_removed_state_leaves_nothing_behind(tmp_path):
    save_states(tmp_path / "state.pt", 1, 2)
    assert len(list(tmp_path.iterdir())) == 2
    remove_state(tmp_path / "state.pt")
    assert list(tmp_path.iterdir()) == []
    assert load_state(tmp_path / "state.pt", "oak") is None


def in_a_child(work) -> int:
    """Does it in a forked process; the signal that killed that, or 0."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at_event(path: Path, number: int) -> bool:
    """Whether saving a state was killed by SIGKILL just before its `number`-th access to the file system."""

    def work():
        events = iter(range(number + 1))

        def audit(event, _arguments):
            if event in ("open", "os.rename", "os.remove") and next(events) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(audit)
        save_states(path, 3)

    return in_a_child(work) == -signal.SIGKILL


def test_a_kill_before_any_step_of_saving_leaves_a_state_and_room_for_the_next(tmp_path):
    survivors = []
    for number in range(20):
        path = tmp_path / str(number) / "state.pt"
        save_states(path, 1, 2)
        if not killed_at_event(path, number):
            break
        missing = not path.exists()
        survivors.append((missing, load_state(path, "oak")["number"]))
        save_states(path, 4)
        assert load_state(path, "oak")["number"] == 4
        remove_state(path)
        assert list(path.parent.iterdir()) == []
    assert survivors == sorted(survivors, key=lambda survivor: survivor[1])
    assert {number for _, number in survivors} == {2, 3}
    assert (True, 2) in survivors  # between the two renames


def limited(work, size: int):
    """Does it while no file may become longer than `size` bytes: the kernel itself refuses to write on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_kill_in_the_middle_of_writing_leaves_the_state(tmp_path):
    path = tmp_path / "state.pt"
    save_states(path, 1, 2)

    def work():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # the kernel kills who writes on
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limited(lambda: save_states(path, 3), 10_000)

    assert in_a_child(work) == -signal.SIGXFSZ
    assert (tmp_path / ".part-0-state.pt").stat().st_size == 10_000
    assert load_state(path, "oak")["number"] == 2
    save_states(path, 3)
    assert load_state(path, "oak")["number"] == 3
    assert len(list(tmp_path.iterdir())) == 2


def test_where_there_is_no_room_the_error_says_how_much_is_needed_and_the_states_stay(tmp_path):
    path = tmp_path / "state.pt"
    save_states(path, 1, 2)
    with pytest.raises(
        UserError, match=r"state\.pt: cannot be saved: File too large; 0\.0 MB are needed.* Make room"
    ):
        limited(lambda: save_states(path, 3), 10_000)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["state.previous.pt", "state.pt"]
    assert load_state(path, "oak")["number"] == 2


def test_a_full_disk_is_explained(tmp_path):
    path = tmp_path / "full.pt"
    (tmp_path / ".part-0-full.pt").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"full\.pt: cannot be saved: No space left on device"):
        save(path, {"w": torch.zeros(1000)})
    assert list(tmp_path.iterdir()) == []
