"""A `python` that starts in milliseconds: every call is forked from a process that has imported the libraries.

The runs of these tests are hundreds of short jobs, which would spend most of their time on importing torch. A call
has its caller's arguments, folder, environment and streams, and imports the project's own modules itself. It is no
child of its caller: what kills a job, or measures its memory, takes `sys.executable`. So does the paper's run
(workflow/test_datasets.py), whose every job starts as a user's.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from functools import cache
from pathlib import Path
from typing import NoReturn

LIBRARIES = """
    torch._dynamo torch.distributed.run pandas scipy.ndimage scipy.stats cv2 OpenEXR imagecodecs pydantic
    skimage.metrics matplotlib.pyplot jinja2 snakemake.cli dvc.cli
"""

CLIENT = """#!{python} -IS
import array, json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    server.sendmsg([b"\\n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    server.sendall(json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode())
    server.shutdown(socket.SHUT_WR)
    sys.exit((server.recv(1) or b"\\1")[0])
"""


@cache
def warm_python() -> Path:
    """The path of this `python`. The first call starts the process that all are forked from; it ends with ours."""
    folder = Path(tempfile.mkdtemp(prefix="python-"))
    atexit.register(shutil.rmtree, folder)
    client = folder / "python"
    client.write_text(CLIENT.format(python=sys.executable, address=str(folder / "socket")), encoding="utf-8")
    torchrun = folder / "torchrun"
    torchrun.write_text(f'#!/bin/sh\nexec {client} -m torch.distributed.run "$@"\n', encoding="utf-8")
    for command in (client, torchrun):
        command.chmod(0o755)
    server = subprocess.Popen([sys.executable, __file__, folder / "socket"], stdout=subprocess.PIPE)
    server.stdout.readline()  # it listens
    return client


def serve(address: str) -> None:
    """Forks for every call until the process that started this one is gone."""
    parent = os.getppid()
    for name in LIBRARIES.split():
        importlib.import_module(name)
    gc.freeze()  # so that forks share what is here
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        server.settimeout(1)
        print(flush=True)
        while os.getppid() == parent:
            try:
                call, _ = server.accept()
            except TimeoutError:
                continue
            with call:
                if not os.fork():
                    server.close()
                    answer(call)


def answer(call: socket.socket) -> NoReturn:
    """Does what a call asks for, as this process, and says with which status it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    words, status = receive(call), 0
    try:
        run(words)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        status = 1
        traceback.print_exc()
    # As Python ends, but for freeing all that was imported, which takes a second.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    call.sendall(bytes([status & 255]))
    os._exit(status & 255)


def receive(call: socket.socket) -> list[str]:
    """Takes over what a caller has; returns its words."""
    call.settimeout(None)
    _, streams, *_ = socket.recv_fds(call, 1, 3)
    with call.makefile() as file:
        (sys.executable, *words), folder, environment = json.load(file)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    return words


def run(words: list[str]) -> None:
    """Runs a script, or a module after -m."""
    if words[0] == "-u":  # of torchrun
        del words[0]
    module = words[0] == "-m"
    sys.argv = words[module:]
    paths = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:1] = [str(Path.cwd() if module else Path(words[0]).parent), *map(os.path.abspath, paths)]
    if module:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1])
