"""What README and docs name is there: links, files, commands. The walks of docs/architecture.md go downward."""

import argparse
import re
import subprocess
from pathlib import Path

import pytest
from checkout import REPOSITORY
from documented import PAGES, commands, make
from snakemake.cli import get_argument_parser
from test_floors import FLOORS, ROOT

from metahdr import cli

FOLDERS = [
    REPOSITORY,
    ROOT,
    *(REPOSITORY / name for name in ("docs", "workflow/scripts", "workflow/rules", "config")),
]


@pytest.fixture(params=PAGES, ids=lambda path: path.name)
def page(request) -> Path:
    return request.param


def test_links_lead_to_a_file_and_a_heading(page):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_modules_and_rules_that_are_named_are_there(page):
    for name in re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|smk))`", page.read_text(encoding="utf-8")):
        assert any((folder / name).is_file() for folder in FOLDERS), name


def test_targets_and_commands_that_are_named_are_there(page):
    targets = set(re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = set(re.findall(r"(?:^|`)make ([a-z_-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert commands <= targets
    called = set(
        re.findall(r"(?:^|`|\.venv/bin/)metahdr ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    )
    (parsers,) = (each for each in cli.parser()._actions if isinstance(each, argparse._SubParsersAction))
    assert called <= set(parsers.choices)


def test_the_commands_take_the_arguments_that_they_are_given(page):
    for words in commands(page, "metahdr"):
        assert callable(cli.parser().parse_args(words).call)


def test_snakemake_takes_the_arguments_that_it_is_given(page):
    for words in commands(page, "snakemake"):
        get_argument_parser().parse_args(words)


def test_make_has_the_targets_and_reads_the_variables(page):
    for words in commands(page, "make"):
        said = make(*words)
        assert all(word.partition("=")[2] in said for word in words if "=" in word), words


def test_a_command_line_is_found_in_a_block_and_in_the_text_and_what_is_wrong_in_it_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "`make no CONFIG=a`\n```\nA=1 bin/metahdr fetch \\\n  --confgfile a  # why\nsnakemake --core 1\n```\n",
        encoding="utf-8",
    )
    found = {program: commands(page, program) for program in ("make", "metahdr", "snakemake")}
    assert found == {
        "make": [["no", "CONFIG=a"]],
        "metahdr": [["fetch", "--confgfile", "a"]],
        "snakemake": [["--core", "1"]],
    }
    with pytest.raises(subprocess.CalledProcessError):
        make("no", "CONFIG=a")
    with pytest.raises(SystemExit):
        cli.parser().parse_args(found["metahdr"][0])


def walks() -> dict[str, list[str]]:
    """The steps of each walk of docs/architecture.md."""
    parts = (
        (REPOSITORY / "docs/architecture.md")
        .read_text(encoding="utf-8")
        .partition("## Four walks\n")[2]
        .split("\n### ")[1:]
    )
    return {part.splitlines()[0]: re.split(r"^\d+\. ", part, flags=re.MULTILINE)[1:] for part in parts}


def test_there_are_four_walks():
    assert len(walks()) == 4 and all(len(steps) > 5 for steps in walks().values())


@pytest.mark.parametrize("steps", walks().values(), ids=list(walks()))
def test_a_walk_names_each_file_once_and_what_it_names_is_in_it(steps):
    text = " ".join(" ".join(steps).split())
    files = re.findall(r"`((?:\w+/)+\w+\.py)`", text)
    assert len(files) == len(set(files))
    for name, file in re.findall(r"`(\w+)` in `((?:\w+/)+\w+\.py)`", text):
        assert re.search(
            rf"^\s*(?:def|class) {name}\b|^{name} = ", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE
        ), name


@pytest.mark.parametrize("steps", walks().values(), ids=list(walks()))
def test_no_step_of_a_walk_climbs(steps):
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms.split()}
    for step in steps:
        floors = [floor[room] for room in re.findall(r"`(\w+)/(?:\w+/)*\w+\.py`", step)]
        assert floors == sorted(floors, reverse=True), step


def test_the_page_of_the_architecture_has_the_floors_of_the_house():
    table = (
        (REPOSITORY / "docs/architecture.md")
        .read_text(encoding="utf-8")
        .partition("| floor | room |")[2]
        .partition("\n\n")[0]
    )
    floors: list[set[str]] = []
    for number, rooms in re.findall(r"^\| (\d*) ?\| ([^|]*) \|", table, re.MULTILINE):
        floors += [set()] if number else []
        floors[-1] |= {Path(name).stem for name in re.findall(r"`([\w./]+)`", rooms)}
    assert floors[::-1] == [set(rooms.split()) for rooms in FLOORS]
