import pytest

from metahdr.errors import UserError
from metahdr.files import atomic_write, sha256


def test_a_file_appears_only_when_it_is_complete(tmp_path):
    place = tmp_path / "new" / "file.txt"
    with atomic_write(place) as part:
        part.write_text("all of it")
        assert not place.exists()
    assert place.read_text() == "all of it"
    assert list(place.parent.iterdir()) == [place]


def test_after_an_error_the_old_file_is_there_and_nothing_beside_it(tmp_path):
    place = tmp_path / "file.txt"
    place.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(place) as part:
        part.write_text("ne")
        raise RuntimeError
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]


def test_the_unfinished_file_keeps_the_suffix_that_writers_look_at(tmp_path):
    with atomic_write(tmp_path / "image.exr") as part:
        assert part.suffix == ".exr"
        part.touch()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"gone\.pth: no such file"):
        sha256(tmp_path / "gone.pth")


def test_sha256_of_abc_is_the_one_of_fips_180(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
