"""Slurm's commands as a few lines of shell: every job runs on this machine, two at a time.

The plugin that calls them is the real one. `make test-slurm` has a real Slurm.
"""

import os
import sys
from pathlib import Path

COMMANDS = {
    # A job's id is that of this process; its state is in STATES/ID, how it was submitted in STATES/ID.call.
    "sbatch": """
printf '%s\\n' "$@" > "$STATES/$$.call"
for word in "$@"; do
    case $word in --wrap=*) command=$(echo "${word#--wrap=}" | sed "s#$COLD#$WARM#g") ;; esac
    [ "$before" = --output ] && log=${word%%%j.log}$$.log
    before=$word
done
echo PENDING > "$STATES/$$"
export SLURM_JOB_ID=$$
{
    flock "$STATES/$(($$ % 2)).lock" sh -c "$command" && state=COMPLETED || state=FAILED
    echo $state > "$STATES/$$.new" && mv "$STATES/$$.new" "$STATES/$$"
} > "$log" 2>&1 &
echo $$
""",
    "srun": """
while :; do case $1 in -*) shift ;; *) exec "$@" ;; esac; done
""",
    # It answers when one more job has ended, so that nobody waits for the plugin's next question.
    "sacct": """
cd "$STATES"
for try in $(seq 100); do
    ended=$(grep -Lx PENDING *[0-9] | wc -l)
    [ "$ended" != "$(cat seen 2>&1)" ] && break
    sleep 0.2
done
echo "$ended" > seen
for file in *[0-9]; do echo "$file|$(cat "$file")"; done
""",
    # The others that the plugin calls: a Slurm that is installed here must not answer for this one.
    **dict.fromkeys(["sacctmgr", "scancel", "scontrol", "sinfo", "squeue", "sshare"], ""),
}


def stub_slurm(folder: Path, python: Path) -> dict[str, str]:
    """Puts the commands into a folder; returns the environment in which they are found first.

    Args:
        python: that jobs run with, in place of the one that submits them.
    """
    states = folder / "states"
    states.mkdir()
    for name, script in COMMANDS.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        path.chmod(0o755)
    path = f"{folder}:{python.parent}:{os.environ['PATH']}"
    return {"PATH": path, "STATES": str(states), "COLD": sys.executable, "WARM": str(python)}


def calls(folder: Path) -> dict[str, list[str]]:
    """The words of each submission, by the rule in its comment."""
    found = {}
    for path in (folder / "states").glob("*.call"):
        words = path.read_text(encoding="utf-8").splitlines()
        comment = words[words.index("--comment") + 1]
        found[comment.partition("_wildcards_")[0].removeprefix("rule_")] = words
    return found
