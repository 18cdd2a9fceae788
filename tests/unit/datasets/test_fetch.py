import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from metahdr.datasets import download
from metahdr.datasets.fetch import fetch
from metahdr.datasets.register import find_dataset, record_path
from metahdr.errors import UserError
from metahdr.files import sha256

HDR = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 3\n" + bytes(range(1, 25))
SCENE = {f"{name}.tif": name.encode() * 5000 for name in "abc"} | {"exposure.txt": b"-2 0 2", "HDRImg.hdr": HDR}
TRAINING = {f"Training/001/{name}": content for name, content in SCENE.items()}
TEST = {f"Test/PAPER/Bird/{name}": content for name, content in SCENE.items()}
FACTS = dict.fromkeys(("title", "licence", "citation"), "x") | {
    "version": "1",
    "homepage": "https://example.org/d",
}


def write(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def zipped(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


@pytest.fixture(autouse=True)
def one_try(monkeypatch):
    monkeypatch.setattr(download, "TRIES", 1)


@pytest.fixture
def server(tmp_path):
    """The address of a server of the folder `served`."""
    (tmp_path / "served").mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "served")) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def register(tmp_path, server):
    archives = [{"name": name, "url": f"{server}/{name}"} for name in ("training.zip", "test.zip")]
    entries = {
        "kalantari": FACTS | {"kind": "kalantari", "archives": archives},
        "pairs": FACTS | {"kind": "photographs", "git": {"url": (tmp_path / "repository").as_uri()}},
        "vds": FACTS | {"kind": "photographs"},
        "haven": FACTS | {"kind": "panoramas", "polyhaven": {"resolution": "1k", "slugs": ["oak"]}},
        "known": FACTS
        | {"kind": "photographs", "origins": ["url"]}
        | {"files": [{"name": "a.hdr", "sha256": "0" * 64, "size": 1, "url": f"{server}/a.hdr"}]},
    }
    path = tmp_path / "config" / "datasets.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(entries), encoding="utf-8")
    zipped(tmp_path / "served" / "training.zip", TRAINING)
    zipped(tmp_path / "served" / "test.zip", TEST)
    return path


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "data" / "raw"


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".locks")


def found(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_archives_are_downloaded_unpacked_and_recorded(register, raw):
    fetch(register, "kalantari", raw, None)
    assert found(raw / "kalantari") == TRAINING | TEST
    dataset = find_dataset(register, "kalantari")
    assert {file.name: file.sha256 for file in dataset.files} == {
        name: sha256(raw / "kalantari" / name) for name in TRAINING | TEST
    }
    assert visible(raw) == ["kalantari"]
    assert visible(raw.parent / "archives") == ["test.zip", "training.zip"]


def test_what_is_there_is_not_fetched_again_and_what_is_lost_is(register, raw, tmp_path):
    fetch(register, "kalantari", raw, None)
    (tmp_path / "served" / "training.zip").unlink()
    fetch(register, "kalantari", raw, None)
    for path in (raw / "kalantari").rglob("*.hdr"):
        path.unlink()
    with pytest.raises(
        UserError, match=r"2 of 10 files are not those of .*kalantari\.csv:\n.*HDRImg\.hdr: missing"
    ):
        fetch(register, "kalantari", raw, None)
    subprocess.run(["rm", "-r", raw / "kalantari"], check=True)
    fetch(register, "kalantari", raw, None)  # from the archives that were kept
    assert found(raw / "kalantari") == TRAINING | TEST


def test_another_version_is_refused_by_the_names_of_what_differs(register, raw, tmp_path):
    fetch(register, "kalantari", raw, None)
    subprocess.run(["rm", "-r", raw / "kalantari", raw.parent / "archives"], check=True)
    zipped(tmp_path / "served" / "test.zip", TEST | {"Test/PAPER/Bird/b.tif": b"other"})
    with pytest.raises(UserError, match=r"1 of 10 files .*\n  Test/PAPER/Bird/b\.tif: changed\n.*a new version"):
        fetch(register, "kalantari", raw, None)
    assert not (raw / "kalantari").exists()


def test_a_mirror_is_asked_first_and_then_where_a_user_has_put_an_archive(register, raw, tmp_path):
    zipped(tmp_path / "mirror" / "training.zip", TRAINING)
    zipped(raw.parent / "archives" / "test.zip", TEST)
    for path in (tmp_path / "served").iterdir():
        path.unlink()
    fetch(register, "kalantari", raw, str(tmp_path / "mirror"))
    assert found(raw / "kalantari") == TRAINING | TEST


def test_a_mirror_may_be_an_address(register, raw, server, tmp_path):
    (tmp_path / "served" / "copy").mkdir()
    for name in ("training.zip", "test.zip"):
        (tmp_path / "served" / name).rename(tmp_path / "served" / "copy" / name)
    fetch(register, "kalantari", raw, f"{server}/copy/")
    assert found(raw / "kalantari") == TRAINING | TEST


def test_a_page_in_place_of_an_archive_says_where_to_put_it(register, raw, tmp_path):
    (tmp_path / "served" / "test.zip").write_bytes(b"<!DOCTYPE html><html>Too many downloads</html>")
    expected = raw.parent / "archives" / "test.zip"
    with pytest.raises(
        UserError, match=rf"web page came(.|\n)*by hand in a browser, and put it there as {expected}"
    ):
        fetch(register, "kalantari", raw, None)
    assert not (raw / "kalantari").exists()
    zipped(expected, TEST)
    fetch(register, "kalantari", raw, None)
    assert found(raw / "kalantari") == TRAINING | TEST


def test_two_archives_with_one_name_are_refused(register, raw, tmp_path):
    zipped(tmp_path / "served" / "test.zip", TRAINING)
    with pytest.raises(UserError, match="is in another archive of the dataset, too"):
        fetch(register, "kalantari", raw, None)
    assert visible(raw) == []


def test_an_archive_with_a_registered_hash_must_have_it(register, raw):
    entries = yaml.safe_load(register.read_text(encoding="utf-8"))
    entries["kalantari"]["archives"][1]["sha256"] = "0" * 64
    register.write_text(yaml.safe_dump(entries), encoding="utf-8")
    with pytest.raises(UserError, match=r"test\.zip is not the registered archive:\n +expected sha256 0000"):
        fetch(register, "kalantari", raw, None)


@pytest.mark.parametrize("registered", [False, True])
def test_a_repository_is_fetched_without_its_history(register, raw, tmp_path, registered):
    def git(*words):
        command = ["git", "-C", tmp_path / "repository", "-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run([*command, *words], check=True, capture_output=True, encoding="utf-8").stdout.strip()

    write(tmp_path / "repository", {"HDR/HDR_001.hdr": b"old"})
    git("init", "-q")
    git("config", "uploadpack.allowAnySHA1InWant", "true")
    git("add", ".")
    git("commit", "-qm", "1")
    first = git("rev-parse", "HEAD")
    write(tmp_path / "repository", {"HDR/HDR_001.hdr": b"new"})
    git("commit", "-qam", "2")
    if registered:
        entries = yaml.safe_load(register.read_text(encoding="utf-8"))
        entries["pairs"]["git"]["commit"] = first
        register.write_text(yaml.safe_dump(entries), encoding="utf-8")
    fetch(register, "pairs", raw, None)
    assert found(raw / "pairs") == {"HDR/HDR_001.hdr": b"old" if registered else b"new"}


def test_a_repository_that_is_not_there_is_one_clear_line(register, raw):
    with pytest.raises(UserError, match=r"repository: git cannot fetch it \(.*\)$"):
        fetch(register, "pairs", raw, None)
    assert visible(raw) == []


def test_a_repository_over_another_protocol_is_not_asked(register, raw):
    register.write_text(
        register.read_text(encoding="utf-8").replace("file://", "ext::sh -c touch% /tmp/pwned "), encoding="utf-8"
    )
    with pytest.raises(UserError, match="git cannot fetch it"):
        fetch(register, "pairs", raw, None)


def test_what_a_person_must_get_says_where_from_and_where_to(register, raw, tmp_path):
    with pytest.raises(UserError, match=rf"https://example\.org/d\n.*unpacked, into {raw / 'vds'}/"):
        fetch(register, "vds", raw, None)
    write(raw / "vds", {"HDR/t1.hdr": HDR + b"1"})
    fetch(register, "vds", raw, None)
    assert record_path(register, "vds").read_text(encoding="utf-8").splitlines()[1].startswith("HDR/t1.hdr,")
    write(raw / "vds", {"HDR/t1.hdr": HDR + b"2"})
    with pytest.raises(UserError, match=r"HDR/t1\.hdr: changed"):
        (raw / "vds" / "HDR" / "t1.hdr").write_bytes(HDR + b"22")
        fetch(register, "vds", raw, None)


def test_single_files_without_hashes_are_recorded(register, raw, server, tmp_path):
    write(tmp_path / "served", {"oak.hdr": HDR})
    fetch(register, "haven", raw, server)
    assert found(raw / "haven") == {"oak.hdr": HDR}


def test_files_with_addresses_of_their_own_are_left_to_the_workflow(register, raw):
    fetch(register, "known", raw, None)
    assert not raw.exists()


def test_an_unknown_dataset_gets_the_nearest_name(register, raw):
    with pytest.raises(UserError, match=r"kalantary is not in .*; did you mean kalantari\?"):
        fetch(register, "kalantary", raw, None)


def test_a_fetch_that_is_killed_is_finished_by_the_next(register, raw, tmp_path):
    zipped(
        tmp_path / "served" / "training.zip",
        TRAINING | {f"Training/{i}.tif": os.urandom(1 << 20) for i in range(40)},
    )
    code = "import sys; from pathlib import Path; from metahdr.datasets.fetch import fetch; "
    code += "fetch(Path(sys.argv[1]), 'kalantari', Path(sys.argv[2]), None)"
    command = [sys.executable, "-c", code, register, raw]
    for delay in (0.3, 0.45, 0.6, 0.75):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            if (raw / "kalantari").exists():  # it was killed between its last step and its end
                assert len(found(raw / "kalantari")) == 50
    fetch(register, "kalantari", raw, None)
    assert len(found(raw / "kalantari")) == 50
    assert visible(raw) == ["kalantari"]


def test_the_command_fetches_what_the_configuration_names_and_says_mistakes_in_one_line(repository, tmp_path):
    (tmp_path / "over.yaml").write_text(
        f"data: {{dataset: vds, raw: {tmp_path / 'raw'}, register: {tmp_path}/d.yaml}}", encoding="utf-8"
    )
    (tmp_path / "d.yaml").write_text(yaml.safe_dump({"vds": FACTS | {"kind": "vds"}}), encoding="utf-8")
    command = [sys.executable, "-m", "metahdr.cli", "fetch", "--configfile"]

    def run(*files):
        return subprocess.run([*command, *files], cwd=repository, capture_output=True, encoding="utf-8")

    result = run(tmp_path / "over.yaml")
    assert result.returncode == 1
    assert result.stderr.startswith("error: vds: its files lie behind a page that a person must visit")
    quiet = run()
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    assert "none.yaml: cannot be read (No such file or directory)" in run(tmp_path / "none.yaml").stderr


SLOW = """
import sys, time
from pathlib import Path
from metahdr.datasets import archive
from metahdr.datasets.fetch import fetch
copy = archive._copy
def slowly(*words):
    copy(*words)
    while not Path(sys.argv[3]).exists():  # until the second one has said that it waits
        time.sleep(0.01)
archive._copy = slowly
fetch(Path(sys.argv[1]), "kalantari", Path(sys.argv[2]), None)
"""


def test_two_fetches_at_once_bring_every_file_and_record_every_file(register, raw, tmp_path):
    more = {f"Training/001/more/{number}.hdr": HDR + bytes([number]) for number in range(9)}
    zipped(tmp_path / "served" / "training.zip", TRAINING | more)
    command = [sys.executable, "-c", SLOW, register, raw, tmp_path / "go"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE)
    while first.poll() is None and not any((raw / ".part-kalantari").rglob("*.*")):
        time.sleep(0.01)
    second = subprocess.Popen(command, stderr=subprocess.PIPE)
    said = second.stderr.readline().decode()
    (tmp_path / "go").touch()
    rest = [process.communicate(timeout=60)[1].decode() for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], rest
    assert f"kalantari: process {first.pid} on {socket.gethostname()} is at work on it" in said
    assert found(raw / "kalantari") == TRAINING | more | TEST
    assert set(find_dataset(register, "kalantari").names) == {*TRAINING, *more, *TEST}


ERRORS = {
    "XML": b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
    "JSON": b'{"error": "quota"}',
    "text": b"Too many requests",
    "nothing": b"",
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_an_error_in_place_of_an_archive_is_removed_said_in_one_line_and_asked_for_again(
    register, raw, tmp_path, server, error
):
    (tmp_path / "served" / "test.zip").write_bytes(error)
    with pytest.raises(UserError) as refusal:
        fetch(register, "kalantari", raw, None)
    (line,) = str(refusal.value).splitlines()
    beginning = f"begins with '{error.decode()[:40]}'" if error else "an empty file came"
    for words in (
        f"{server}/test.zip: ",
        beginning,
        "expected a zip or tar archive",
        "run again",
        "archives/test.zip",
    ):
        assert words in line
    assert visible(raw.parent / "archives") == ["training.zip"]
    zipped(tmp_path / "served" / "test.zip", TEST)
    fetch(register, "kalantari", raw, None)
    assert found(raw / "kalantari") == TRAINING | TEST


@pytest.mark.parametrize("error", [*ERRORS.values(), HDR[:-1]], ids=[*ERRORS, "cut"])
def test_an_error_in_place_of_a_single_file_is_not_recorded(register, raw, server, tmp_path, error):
    write(tmp_path / "served", {"oak.hdr": error})
    with pytest.raises(
        UserError, match=rf"^{server}/oak\.hdr: .* came; expected an HDR image \(.*\)\..*run again"
    ):
        fetch(register, "haven", raw, server)
    assert visible(raw) == [] and not record_path(register, "haven").exists()
    write(tmp_path / "served", {"oak.hdr": HDR})
    fetch(register, "haven", raw, server)
    assert found(raw / "haven") == {"oak.hdr": HDR}


@pytest.mark.parametrize("lost", ["missing", "cut"])
def test_a_folder_that_lacks_files_of_its_archives_is_not_recorded(register, raw, tmp_path, lost):
    for name in ("training.zip", "test.zip"):
        (raw.parent / "archives").mkdir(parents=True, exist_ok=True)
        (tmp_path / "served" / name).rename(raw.parent / "archives" / name)
    write(raw / "kalantari", TRAINING | TEST)
    path = raw / "kalantari" / "Test" / "PAPER" / "Bird" / "c.tif"
    path.unlink() if lost == "missing" else path.write_bytes(SCENE["c.tif"][:-1])
    with pytest.raises(UserError, match=r"1 of the 10 files .* such as Test/PAPER/Bird/c\.tif; remove the folder"):
        fetch(register, "kalantari", raw, None)
    assert not record_path(register, "kalantari").exists()
    path.write_bytes(SCENE["c.tif"])
    fetch(register, "kalantari", raw, None)
    assert len(find_dataset(register, "kalantari").files) == 10


def test_what_is_no_image_in_an_archive_is_named_and_the_others_are_recorded(register, raw, caplog):
    fetch(register, "kalantari", raw, None)  # its TIFF files are none
    (line,) = caplog.messages
    assert "6 file(s) that are no images:" in line and "Training/001/a.tif" in line
    assert len(find_dataset(register, "kalantari").files) == 10


def test_what_systems_leave_is_neither_unpacked_nor_copied_nor_taken_for_a_users_files(register, raw, tmp_path):
    strays = {"Training/001/._a.tif": b"x", "__MACOSX/._HDRImg.hdr": b"x", "Training/@eaDir/a.tif": b"x"}
    zipped(tmp_path / "served" / "training.zip", TRAINING | strays)
    write(raw / "kalantari", {".DS_Store": b"x", "@eaDir/a": b"x"})
    fetch(register, "kalantari", raw, None)
    assert found(raw / "kalantari") == TRAINING | TEST
    write(tmp_path / "mirror" / "vds", {"a.hdr": HDR, "._a.hdr": b"x", "@eaDir/a.hdr": b"x"})
    fetch(register, "vds", raw, str(tmp_path / "mirror"))
    assert found(raw / "vds") == {"a.hdr": HDR}
