"""The summary at the end of a run in which jobs fail, by Snakemake itself."""

import subprocess
import sys

from checkout import REPOSITORY

RULES = """
import sys
from snakemake.logging import logger

sys.path.insert(0, {src!r})
from metahdr.workflow.failures import Failures

FAILURES = Failures()
logger.addHandler(FAILURES)

onerror:
    print(FAILURES.summary(), file=sys.stderr)

rule all:
    input: "good_1", "bad_2", "late_3", "needs_bad"

rule good:
    output: "good_{{n}}"
    shell: "touch {{output}}"

rule late:  # at the second attempt
    output: "late_{{n}}"
    shell: "test -e tried && touch {{output}} || (touch tried; false)"

rule bad:
    output: "bad_{{n}}"
    log: "logs/bad_{{n}}.log", "logs/none_{{n}}.log"
    shell: "seq 20 > {{log[0]}}; echo half > {{output}}; false"

rule needs_bad:
    input: "bad_2"
    output: "needs_bad"
    shell: "touch {{output}}"
"""


def test_what_failed_for_good_is_named_with_its_end_of_log_and_where_the_run_is(tmp_path):
    (tmp_path / "Snakefile").write_text(RULES.format(src=str(REPOSITORY / "src")), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--keep-going", "--retries", "1"]
    result = subprocess.run([*command, "--quiet", "all"], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert result.returncode == 1
    summary = result.stderr.partition("1 job(s) failed; ")[2]
    lines = ["    16", "    17", "    18", "    19", "    20"]
    expected = ["2 of 5 steps are done. The same command goes on with what is left.", "", "bad (n=2), 2 attempts"]
    expected += ["  logs/bad_2.log ends with:", *lines, "  logs/none_2.log: nothing was written"]
    assert summary.splitlines()[: len(expected)] == expected
    assert not (tmp_path / "bad_2").exists()
