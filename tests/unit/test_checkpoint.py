import pickle
from pathlib import Path

import pytest
import torch

from metahdr.checkpoint import load, save
from metahdr.errors import UserError


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


@pytest.mark.parametrize("write", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
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


@pytest.mark.parametrize(
    "content",
    [*OTHERS.values(), b"step,loss\n1,0.5\n"],
    ids=[*OTHERS, "a table"],
)
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
