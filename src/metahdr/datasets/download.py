"""Downloads that go on where they stopped, wait and try again, and refuse a web page in place of a file."""

import logging
import shutil
import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from tqdm import tqdm

from metahdr.errors import UserError

log = logging.getLogger(__name__)
TRIES = 5
BACK_OFF = 2.0  # seconds before the second try; twice as long before each further one
LONGEST_WAIT = 300.0  # seconds, also where the server asks for more
STALL = 60.0  # seconds without a byte
MOST_BYTES = 1 << 30  # of a file whose size nobody states
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_CHUNK = 1 << 18


class _Failed(Exception):
    """A try that failed in a way that may pass."""

    def __init__(self, reason: str, wait: float | None = None):
        super().__init__(reason)
        self.wait = wait


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to http and https alone, and never from https to http."""

    def redirect_request(self, request, file, code, message, headers, address):  # noqa: PLR0913, PLR0917  urllib's
        before, after = urlsplit(request.full_url).scheme, urlsplit(address).scheme
        if after not in ("http", "https") or (before, after) == ("https", "http"):
            raise UserError(f"{request.full_url}: redirected to {address}; expected https, or http from http")
        return super().redirect_request(request, file, code, message, headers, address)


def download(
    url: str,
    destination: Path,
    partial: Path,
    size: int | None = None,
    hashed: bool = False,
    by_hand: str = "",
    most: int = MOST_BYTES,
) -> None:
    """Downloads a file, from where an earlier try stopped.

    The bytes so far are kept in `partial`, and beside it, as `PARTIAL.tag`, the ETag or Last-Modified by which the
    server tells whether its file is the same as before. A file that has changed is begun anew.

    Args:
        size: in bytes, where it is known.
        hashed: the caller checks a hash, so that a file without such a tag may be continued, too.
        by_hand: what a user can do where a web page comes instead of the file.
        most: bytes that are accepted where neither `size` nor the server states a size.

    Raises:
        UserError: not found, refused, no room on the disk, a web page, or no whole file after `TRIES` tries.
    """
    for number in range(TRIES):
        try:
            _try(url, partial, size, hashed, by_hand, most)
            break
        except _Failed as failure:
            if number == TRIES - 1:
                raise UserError(f"{url}: {failure}; {TRIES} tries; run again and it goes on from there") from None
            wait = min(max(failure.wait or 0, BACK_OFF * 2**number), LONGEST_WAIT)
            log.warning("%s: %s; trying again in %.0f s", url, failure, wait)
            time.sleep(wait)
    _tag_of(partial).unlink(missing_ok=True)
    partial.replace(destination)


def _try(url: str, partial: Path, size: int | None, hashed: bool, by_hand: str, most: int) -> None:
    """One request; returns when `partial` is whole."""
    tag = _tag_of(partial).read_text(encoding="utf-8") if _tag_of(partial).exists() else ""
    done = partial.stat().st_size if partial.exists() and (tag or hashed) else 0
    headers = {"User-Agent": "metahdr"}
    if done:
        headers |= {"Range": f"bytes={done}-"} | ({"If-Range": tag} if tag else {})
    opener = urllib.request.build_opener(_Redirects)
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=STALL) as answer:
            start = _start(answer, done, partial)
            total = size or _announced(answer, start)
            _check_room(url, (total or 0) - start, partial)
            _tag_of(partial).write_text(_tag(answer.headers), encoding="utf-8")
            _read(answer, url, partial, start, total, by_hand, most)
    except urllib.error.HTTPError as error:
        if error.code == 416 and done:
            _already_whole(error.headers, done, size, partial, hashed)
            return
        reason = f"HTTP {error.code} {error.reason}".splitlines()[0]
        if error.code in _AGAIN:
            wait = error.headers.get("Retry-After", "")
            raise _Failed(reason, float(wait) if wait.isdigit() else None) from None
        raise UserError(f"{url}: {reason}") from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise _Failed(f"nothing came for {STALL:g} s") from None
        raise _Failed(str(reason) or type(error).__name__) from None
    there = partial.stat().st_size
    if total and there < total:
        raise _Failed(f"the connection ended after {there} of {total} bytes")


def _start(answer: HTTPResponse, done: int, partial: Path) -> int:
    """From which byte the answer goes on."""
    if answer.status != 206:
        return 0
    told = (answer.headers.get("Content-Range") or f"bytes {done}-").removeprefix("bytes ").partition("-")[0]
    if told != str(done):
        partial.unlink()
        raise _Failed(f"bytes from {told} came, from {done} were asked for")
    return done


def _announced(answer: HTTPResponse, start: int) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _read(
    answer: HTTPResponse, url: str, partial: Path, start: int, total: int | None, by_hand: str, most: int
) -> None:
    bar = tqdm(total=total, initial=start, unit="B", unit_scale=True, desc=partial.stem, disable=None)
    with partial.open("ab" if start else "wb") as target, bar:
        while chunk := answer.read(_CHUNK):
            if target.tell() == 0 and _is_page(chunk):
                partial.unlink()
                raise UserError(
                    f"{url}: a web page came instead of the file, as for a login, a quota or a virus scan.\n"
                    f"  Download it by hand in a browser, and {by_hand or 'put it into the folder data.mirror'}; "
                    "then run again: it is verified, and the work goes on"
                )
            target.write(chunk)
            bar.update(len(chunk))
            if target.tell() > (total or most):
                break  # more than there is: the size and the hash will say so


def _is_page(beginning: bytes) -> bool:
    start = beginning[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<script"))


def _already_whole(headers: HTTPMessage, done: int, size: int | None, partial: Path, hashed: bool) -> None:
    """Checks the server's word that no bytes are left: `partial` is whole, or it is of another file."""
    total = (headers.get("Content-Range") or "").rpartition("/")[2]
    length = size or (int(total) if total.isdigit() else None)
    if length == done or (length is None and hashed):
        return
    partial.unlink()
    raise _Failed(f"{done} bytes were there, and the server has {length or 'fewer'}")


def _check_room(url: str, needed: int, partial: Path) -> None:
    free = shutil.disk_usage(partial.parent).free
    if needed > free:
        raise UserError(f"{url}: needs {needed / 1e9:.2f} GB in {partial.parent}; {free / 1e9:.2f} GB are free")


def _tag_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.tag")


def _tag(headers: HTTPMessage) -> str:
    """What `If-Range` takes: a strong ETag, else the time of the last change."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
