"""Every run that README and docs call, by make or by snakemake, can be planned."""

import re
import shlex

import pytest
from documented import PAGES, commands, make
from runs import snakemake

from metahdr.workflow.plan import jobs

PLAN_NOTHING = {"--list", "--report", "--touch", "--unlock", "--lint"}
DATA_FIRST = {
    "config/paper.yaml": "metahdr fetch ldr-hdr-pair",
    "config/radiance_study_photographs.yaml": "'openexr-photographs' is not in config/datasets.yaml",
}


def runs() -> set[tuple[str, ...]]:
    """The arguments of each call of Snakemake that runs something, but for what all have in common."""
    found = [words for page in PAGES for words in commands(page, "snakemake")]
    for call in {tuple(words) for page in PAGES for words in commands(page, "make")}:
        lines = map(shlex.split, make(*call).splitlines())
        found += [words[1:] for words in lines if words[:1] == ["snakemake"]]
    found = [" ".join(words) for words in found if not PLAN_NOTHING & set(words)]
    for common in ("--workflow-profile workflow/profiles/default", "--cores all", "-n", "all"):
        found = [re.sub(rf"(^| ){common}(?= |$)", "", line).strip() for line in found]
    return {tuple(line.split()) for line in found}


@pytest.mark.parametrize("words", sorted(runs()), ids=" ".join)
def test_a_run_of_the_documentation_is_planned_or_says_which_data_it_needs_first(checkout, words):
    said = snakemake(checkout, "--dry-run", *words).stdout
    needed = [text for file, text in DATA_FIRST.items() if file in words]
    assert needed[0] in said if needed else jobs(said), said[-2000:]
