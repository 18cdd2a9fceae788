"""Downloads from a server on this machine that does what servers do."""

import contextlib
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from metahdr.datasets import download as module
from metahdr.datasets.download import download
from metahdr.errors import UserError

CONTENT = bytes(range(256)) * 400
OTHER = CONTENT[::-1]
PAGE = b"\n<!DOCTYPE html><html><title>Quota exceeded</title></html>"


class Server(ThreadingHTTPServer):
    """Answers each request with the next of `plan`, then with the file as it is.

    An item is a status, or a dict with `cut` (bytes of the body that are sent), `stall` (seconds before the body),
    `file`, `status`, `headers`.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.file, self.plan, self.asked = CONTENT, [], []
        self.ranges, self.etag, self.lengths = True, True, True
        self.url = f"http://127.0.0.1:{self.server_port}/file.zip"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers["Range"])
        act = server.plan.pop(0) if server.plan else {}
        act = {"status": act} if isinstance(act, int) else act
        server.file = body = act.get("file", server.file)
        status, headers = act.get("status", 200), dict(act.get("headers", {}))
        tag = f'"{hash(body)}"'
        asked, same = self.headers["Range"], self.headers["If-Range"] in (None, tag)
        if status == 200 and asked and server.ranges and same:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
            status = 206 if start < len(body) else 416
            headers["Content-Range"] = f"bytes {start}-/{len(body)}" if status == 206 else f"bytes */{len(body)}"
            body = body[start:]
        body = body if status in (200, 206) else b""
        self.send_response(status)
        if server.etag:
            headers["ETag"] = tag
        if server.lengths:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        time.sleep(act.get("stall", 0))
        with contextlib.suppress(OSError):  # the client has given up
            self.wfile.write(body[: act.get("cut")])
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    waits = []
    monkeypatch.setattr(module.time, "sleep", lambda s, real=time.sleep: waits.append(s) if s >= 1 else real(s))
    monkeypatch.setattr(module, "STALL", 0.3)
    return waits


@pytest.fixture
def fetch(tmp_path, server):
    def call(**facts):
        download(server.url, tmp_path / "file.zip", tmp_path / "file.zip.partial", **facts)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file.zip"]
        return (tmp_path / "file.zip").read_bytes()

    return call


def test_a_cut_download_goes_on_where_it_was_cut(server, fetch):
    server.plan = [{"cut": 1000}, {"cut": 2000}]
    assert fetch() == CONTENT
    assert server.asked == [None, "bytes=1000-", "bytes=3000-"]


def test_a_killed_download_goes_on_in_the_next_run(server, fetch, monkeypatch):
    server.plan = [{"cut": 1000}]
    monkeypatch.setattr(module, "TRIES", 1)
    with pytest.raises(UserError, match=r"ended after 1000 of 102400 bytes; 1 tries; run again and it goes on"):
        fetch()
    assert fetch() == CONTENT
    assert server.asked == [None, "bytes=1000-"]


def test_a_file_that_changes_half_way_is_begun_anew(server, fetch):
    server.plan = [{"cut": 1000}, {"file": OTHER}]
    assert fetch() == OTHER
    assert server.asked == [None, "bytes=1000-"]


def test_what_cannot_be_told_from_another_file_is_begun_anew_unless_a_hash_is_checked(server, fetch):
    server.etag = False
    server.plan = [{"cut": 1000}, {"file": OTHER}]
    assert fetch() == OTHER
    assert server.asked == [None, None]
    server.plan, server.asked = [{"cut": 1000}], []
    assert fetch(hashed=True) == OTHER
    assert server.asked == [None, "bytes=1000-"]


def test_a_server_without_ranges_sends_everything_again(server, fetch):
    server.ranges = False
    server.plan = [{"cut": 1000}]
    assert fetch() == CONTENT


def test_an_old_partial_file_of_something_else_is_not_taken_for_the_file(server, fetch, tmp_path):
    (tmp_path / "file.zip.partial").write_bytes(b"x" * 200_000)  # longer than the file: the server answers 416
    assert fetch(hashed=True) == CONTENT
    (tmp_path / "file.zip").unlink()
    (tmp_path / "file.zip.partial").write_bytes(b"x" * 200_000)
    assert fetch() == CONTENT


def test_a_whole_partial_file_is_taken(server, fetch, tmp_path):
    (tmp_path / "file.zip.partial").write_bytes(CONTENT)
    assert fetch(hashed=True) == CONTENT
    assert server.asked == [f"bytes={len(CONTENT)}-"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_an_overloaded_server_is_asked_again_after_longer_and_longer_waits(server, fetch, quick, status):
    server.plan = [status, status, status]
    assert fetch() == CONTENT
    assert quick == [2, 4, 8]


def test_a_server_that_says_how_long_to_wait_is_obeyed_up_to_a_limit(server, fetch, quick):
    server.plan = [
        {"status": 429, "headers": {"Retry-After": "17"}},
        {"status": 503, "headers": {"Retry-After": "100000"}},
    ]
    assert fetch() == CONTENT
    assert quick == [17, 300]


def test_it_gives_up_in_the_end_and_says_why(server, fetch):
    server.plan = [500] * 5
    with pytest.raises(UserError, match=r"HTTP 500 .*; 5 tries"):
        fetch()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_final(server, fetch, status):
    server.plan = [status]
    with pytest.raises(UserError, match=rf"file\.zip: HTTP {status}"):
        fetch()
    assert len(server.asked) == 1


def test_a_stall_ends_a_try(server, fetch):
    server.plan = [{"stall": 0.6}]
    assert fetch() == CONTENT
    assert len(server.asked) == 2


def test_a_web_page_is_not_the_file_and_says_what_to_do(server, fetch, tmp_path):
    server.file = PAGE
    with pytest.raises(UserError, match=r"a web page came .*\n.*by hand in a browser, and put it there; then run"):
        fetch(by_hand="put it there")
    assert not (tmp_path / "file.zip").exists() and not (tmp_path / "file.zip.partial").exists()


def test_redirects_are_followed_to_http_and_not_round_and_round(server, fetch):
    server.plan = [{"status": 302, "headers": {"Location": "/elsewhere"}}]
    assert fetch() == CONTENT
    server.plan = [{"status": 302, "headers": {"Location": "/round"}}] * 20
    with pytest.raises(UserError, match="HTTP 302"):
        fetch()
    server.plan = [{"status": 302, "headers": {"Location": "file:///etc/passwd"}}]
    with pytest.raises(UserError, match=r"HTTP 302|redirected to file:///etc/passwd"):
        fetch()


def test_https_is_never_left_for_http():
    request = module.urllib.request.Request("https://example.org/a")
    with pytest.raises(UserError, match=r"redirected to http://example\.org/a; expected https"):
        module._Redirects().redirect_request(request, None, 302, "", {}, "http://example.org/a")


def test_more_than_registered_ends_the_download(server, fetch):
    assert len(fetch(size=1000)) > 1000  # and its size and hash are refused by the caller


def test_a_file_without_any_stated_size_has_a_limit(server, fetch, monkeypatch):
    server.lengths = False
    server.file = bytes(2_000_000)
    assert len(fetch(most=300_000)) < 1_000_000


def test_no_room_on_the_disk_is_said_before_anything_is_taken(server, fetch, monkeypatch, tmp_path):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(UserError, match=r"needs 0\.00 GB in .*; 0\.00 GB are free"):
        fetch()
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_named(tmp_path, server):
    url = server.url.replace(str(server.server_port), "9")
    with pytest.raises(UserError, match=r":9/file\.zip: .*refused; 5 tries"):
        download(url, tmp_path / "a", tmp_path / "a.partial")
