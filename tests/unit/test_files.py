import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import metahdr
from metahdr.errors import UserError
from metahdr.files import atomic_write, known_sha256, sha256


def test_a_file_appears_only_when_it_is_complete(tmp_path):
    place = tmp_path / "new" / "file.txt"
    with atomic_write(place) as part:
        part.write_text("all of it", encoding="utf-8")
        assert not place.exists()
    assert place.read_text(encoding="utf-8") == "all of it"
    assert list(place.parent.iterdir()) == [place]


def test_after_an_error_the_old_file_is_there_and_nothing_beside_it(tmp_path):
    place = tmp_path / "file.txt"
    place.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), atomic_write(place) as part:
        part.write_text("ne", encoding="utf-8")
        raise RuntimeError
    assert place.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [place]


def test_the_unfinished_file_keeps_the_suffix_that_writers_look_at(tmp_path):
    with atomic_write(tmp_path / "image.exr") as part:
        assert part.suffix == ".exr"
        part.touch()


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    place = tmp_path / "file.txt"
    with atomic_write(place) as first:
        first.write_text("first", encoding="utf-8")
        with atomic_write(place) as second:
            assert second != first
            second.write_text("second", encoding="utf-8")
        assert place.read_text(encoding="utf-8") == "second"
        assert first.read_text(encoding="utf-8") == "first"
    assert place.read_text(encoding="utf-8") == "first"
    assert list(tmp_path.iterdir()) == [place]


def test_many_writers_of_one_file_each_write_all_of_it(tmp_path):
    place = tmp_path / "file.txt"

    def write(number):
        for _ in range(50):
            with atomic_write(place) as part:
                part.write_text(f"{number}" * 10_000, encoding="utf-8")
            assert len(set(place.read_text(encoding="utf-8"))) == 1 and place.stat().st_size == 10_000

    with ThreadPoolExecutor(6) as writers:
        list(writers.map(write, range(6)))
    assert list(tmp_path.iterdir()) == [place]


def test_what_a_killed_writer_left_is_taken_over_by_the_next(tmp_path):
    place = tmp_path / "file.txt"
    script = f"""
import os, signal
from pathlib import Path
from metahdr.files import atomic_write
with atomic_write(Path({str(place)!r})) as part:
    part.write_text("long and unfinished")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    source = Path(metahdr.__file__).parents[1]
    subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": str(source)}, check=False)
    (left,) = tmp_path.iterdir()
    assert left.read_text(encoding="utf-8") == "long and unfinished"
    with atomic_write(place) as part:
        part.write_text("new", encoding="utf-8")
    assert place.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [place]


def test_a_file_has_the_rights_of_any_new_file(tmp_path):
    (tmp_path / "other.txt").touch()
    with atomic_write(tmp_path / "file.txt") as part:
        part.write_text("", encoding="utf-8")
    assert (tmp_path / "file.txt").stat().st_mode == (tmp_path / "other.txt").stat().st_mode


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"gone\.pth: no such file"):
        sha256(tmp_path / "gone.pth")


def test_sha256_of_abc_is_the_one_of_fips_180(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_known_hash_is_kept_until_the_size_or_the_time_changes(tmp_path, monkeypatch):
    (tmp_path / ".snakemake").mkdir()
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    first = known_sha256(path)
    assert first == sha256(path)
    with monkeypatch.context() as patch:
        patch.setattr("metahdr.files.sha256", lambda _: pytest.fail("hashed again"))
        assert known_sha256(path) == first
    path.write_bytes(b"abd")
    os.utime(path, (1, 1))  # older than before
    assert known_sha256(path) == sha256(path) != first


def test_the_hash_of_a_folder_is_of_its_names_and_bytes_and_not_of_its_times(tmp_path):
    for name, text in {"a": "x", "b": "x", "c": "y"}.items():
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "inner/file").write_text(text, encoding="utf-8")
    (tmp_path / "b/.snakemake_timestamp").touch()
    os.utime(tmp_path / "b/inner/file", (1, 1))
    first, second, other = (known_sha256(tmp_path / name) for name in "abc")
    assert first == second != other
    (tmp_path / "b/inner/file").rename(tmp_path / "b/inner/moved")
    assert known_sha256(tmp_path / "b") != first
