"""The command lines that README and docs give a reader."""

import re
import shlex
import subprocess
from pathlib import Path

from checkout import REPOSITORY, without_make

PAGES = [REPOSITORY / "README.md", *sorted(REPOSITORY.glob("docs/*.md"))]
_BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(page: Path, program: str) -> list[list[str]]:
    """The arguments of each call of a program: of blocks of code, and of make and snakemake within the text, too.

    What stands for something, such as `CONFIG=…`, is no command line.
    """
    text = page.read_text(encoding="utf-8")
    lines = [line for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    if program != "metahdr":  # in the text, it is named with some of its options
        lines += re.findall(rf"`({program} [^`…]*)`", _BLOCK.sub("", text))
    called = (re.match(rf"(?:[A-Z_]+=\S+ )*(?:\S*/)?{program} ([^>&#]*)", line) for line in lines)
    return [shlex.split(call[1]) for call in called if call]


def make(*words: str) -> str:
    """What make would call, in an environment that is there.

    Raises:
        CalledProcessError: there is no such target.
    """
    call = ["make", "--dry-run", *words, "STATE=ready"]
    return subprocess.run(
        call, cwd=REPOSITORY, env=without_make(), capture_output=True, encoding="utf-8", check=True
    ).stdout
