import io
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile

import pytest

from metahdr.datasets import archive as module
from metahdr.datasets.archive import list_files, unpack
from metahdr.errors import UserError

FILES = {"Training/001/a.tif": b"a" * 1000, "Training/001/exposure.txt": b"-2 0 2", "Test/b.hdr": b"b"}


def zipped(path, files, kind=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", kind) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def tarred(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as file:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def unpacked(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


MAKERS = {
    "a.zip": zipped,
    "a.tar": lambda path, files: tarred(path, files, "w"),
    "a.tar.gz": tarred,
    "a.tar.bz2": lambda path, files: tarred(path, files, "w:bz2"),
    "a.tar.xz": lambda path, files: tarred(path, files, "w:xz"),
}


@pytest.mark.parametrize(("name", "make"), MAKERS.items(), ids=MAKERS)
def test_all_files_are_unpacked_and_junk_is_left_out(tmp_path, name, make):
    junk = {"__MACOSX/Training/._a.tif": b"x", "Training/.DS_Store": b"x", "Training/001/._a.tif": b"x"}
    junk |= {"Training/@eaDir/a.tif": b"x", "Training/desktop.ini": b"x"}
    listed = unpack(make(tmp_path / name, FILES | junk), tmp_path / "out")
    assert unpacked(tmp_path / "out") == FILES
    assert listed == list_files(tmp_path / name) == {file: len(content) for file, content in FILES.items()}
    with pytest.raises(UserError, match="is there already"):
        unpack(tmp_path / name, tmp_path / "out")


@pytest.mark.parametrize("make", [zipped, tarred])
@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "C:\\x", "..\\x", "a\\..\\..\\x", "a\nb"])
def test_a_name_that_leaves_the_folder_is_refused_and_nothing_is_left(tmp_path, make, name):
    path = make(tmp_path / "a.bin", {"good.txt": b"1", name: b"2"})
    with pytest.raises(UserError, match="would leave the folder"):
        unpack(path, tmp_path / "sub" / "out")
    assert list((tmp_path / "sub").iterdir()) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.bin", "sub"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = kind, "/etc/passwd"
        file.addfile(info)
    with pytest.raises(UserError, match="'link' is a link or a device"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(info, "/etc/passwd")
    with pytest.raises(UserError, match="'link' is a link or a device"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("other", ["a.txt", "A.TXT", "./a.txt"])
def test_a_name_that_stands_twice_is_refused(tmp_path, other):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a.txt", b"1")
        file.writestr(other, b"2")
    with pytest.raises(UserError, match="stands twice"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    zipped(tmp_path / "a.zip", {"zeros": bytes(40_000_000)})
    assert (tmp_path / "a.zip").stat().st_size < 50_000
    with pytest.raises(UserError, match="1 files of 40000000 bytes; at most"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_than_the_archive_states_is_not_written(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a": bytes(100_000)}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    path.write_bytes(data[: at + 24] + (10).to_bytes(4, "little") + data[at + 28 :])
    with pytest.raises(UserError, match=r"a\.zip"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("limit", "value"), [("MOST_FILES", 2), ("MOST_BYTES", 100)])
def test_limits_hold(tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(module, limit, value)
    with pytest.raises(UserError, match="3 files of 1007 bytes; at most"):
        unpack(zipped(tmp_path / "a.zip", FILES), tmp_path / "out")


def test_too_little_room_is_said_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 500}))
    with pytest.raises(UserError, match="needs 0.0 GB beside it; 0.0 GB are free"):
        unpack(zipped(tmp_path / "a.zip", FILES), tmp_path / "out")


@pytest.mark.parametrize(("name", "make"), MAKERS.items(), ids=MAKERS)
def test_a_damaged_archive_is_one_clear_line(tmp_path, name, make):
    path = make(tmp_path / name, {"a": os.urandom(50_000)})
    data = path.read_bytes()
    for cut in (data[: len(data) // 2], data[:100] + bytes(2000) + data[2100:], b"no archive", b""):
        path.write_bytes(cut)
        if name == "a.tar" and len(cut) == len(data):
            continue  # tar has no checksum of contents: the record of hashes finds it
        with pytest.raises(UserError) as refusal:
            unpack(path, tmp_path / "out")
        assert "\n" not in str(refusal.value)
        assert not (tmp_path / "out").exists()


def test_an_encrypted_zip_says_so(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a": b"1"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="'a' is encrypted; unpack it by hand"):
        unpack(path, tmp_path / "out")


def test_a_run_that_is_killed_leaves_nothing_that_is_taken_for_finished(tmp_path):
    path = zipped(tmp_path / "a.zip", {f"{i}.bin": os.urandom(1_000_000) for i in range(30)}, zipfile.ZIP_STORED)
    code = f"from pathlib import Path; from metahdr.datasets.archive import unpack; unpack(Path({str(path)!r}), "
    code += f"Path({str(tmp_path / 'out')!r}))"
    process = subprocess.Popen([sys.executable, "-c", code])
    part = tmp_path / ".part-out"
    while not part.exists() or not any(part.iterdir()):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert part.exists() and not (tmp_path / "out").exists()
    unpack(path, tmp_path / "out")
    assert len(unpacked(tmp_path / "out")) == 30 and not part.exists()
