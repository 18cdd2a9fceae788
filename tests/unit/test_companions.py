import pytest

from metahdr.companions import is_companion

LEFT = [
    "._a.hdr",
    ".DS_Store",
    "__MACOSX/a.hdr",
    "sub/@eaDir/a.hdr/SYNOPHOTO_THUMB_M.jpg",
    "Thumbs.db",
    "THUMBS.DB",
]
LEFT += ["desktop.ini", "sub/Desktop.ini", "$RECYCLE.BIN/a.hdr", "#recycle/a.hdr", ".part-0-a.hdr", "Icon\r"]


@pytest.mark.parametrize("name", LEFT)
def test_what_systems_leave_is_no_data(name):
    assert is_companion(name)


@pytest.mark.parametrize(
    "name", ["a.hdr", "./a.hdr", "sub/a._b.hdr", "Thumbs.db.hdr", "thumbs/a.hdr", "macosx.exr"]
)
def test_data_is_none_of_it(name):
    assert not is_companion(name)
