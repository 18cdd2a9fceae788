"""What an interrupted labelling goes on with, and what it makes anew."""

import runpy

import pytest

from metahdr.labels import simulate
from metahdr.scenes.scene import Scenes
from metahdr.training import inputs

EVS = ("-2", "+0", "+2")
PART = ".part-chunk0-" + 16 * "?"


@pytest.fixture
def label(repository, results, tmp_path, monkeypatch):
    """Runs the labelling; `scenes` is the number of scenes after which it is interrupted."""
    script = runpy.run_path(str(repository / "workflow" / "scripts" / "label.py"))["main"]

    def label(threads=1, scenes=None):
        with monkeypatch.context() as patch:
            if scenes is not None:
                patch.setattr(simulate, "track", lambda items, *_: _interrupted(items, scenes))
            script("gamma_2", results.parent, "chunk0", False, threads, "c0de", tmp_path / "chunk0")

    return label


def _interrupted(items, scenes):
    for _, item in zip(range(scenes), items, strict=False):
        yield item
    raise KeyboardInterrupt


def test_labels_that_are_made_already_stay(label, results, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        label(scenes=2)
    (part,) = tmp_path.glob(PART)
    first = {path.name: path.stat().st_ino for path in part.iterdir()}
    assert first
    label()
    (made,) = tmp_path.iterdir()
    assert made.name == "chunk0"
    names = {f"{scene}_ev{ev}.exr" for scene in Scenes(results, None, "chunk0").table.scene for ev in EVS}
    assert {path.name for path in made.iterdir()} == names and len(names) < 10 * 3
    assert all((made / name).stat().st_ino == inode for name, inode in first.items())


def test_other_threads_and_libraries_make_the_labels_anew(label, tmp_path, monkeypatch):
    def part(**given):
        with pytest.raises(KeyboardInterrupt):
            label(scenes=1, **given)
        (part,) = tmp_path.glob(PART)
        return part

    before, version = part(), inputs.version
    assert part() == before
    assert part(threads=2) != before
    monkeypatch.setattr(inputs, "version", lambda name: version(name) + ".post1")
    assert part() != before


def test_a_chunk_whose_name_begins_alike_keeps_its_unfinished_labels(label, tmp_path):
    other = tmp_path / (".part-chunk01-" + 16 * "0")
    other.mkdir()
    label()
    assert other.exists()
