"""What failed in a run: a summary for its end, made of the records that Snakemake logs."""

import logging
from collections import defaultdict
from pathlib import Path

LINES = 5  # of each log


class Failures(logging.Handler):
    """Collects the jobs that failed and were not finished by a later attempt; a handler of Snakemake's logger."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.wildcards: dict[int, dict[str, str]] = {}
        self.failed: dict[int, list[logging.LogRecord]] = defaultdict(list)  # the attempts of each job
        self.done = self.total = 0

    def emit(self, record: logging.LogRecord) -> None:
        match getattr(record, "event", None):
            case "job_info":
                self.wildcards[record.jobid] = dict(record.wildcards)
            case "job_error":
                self.failed[record.jobid].append(record)
            case "job_finished":
                self.failed.pop(record.job_id, None)
            case "progress":
                self.done, self.total = record.done, record.total

    def summary(self) -> str:
        """How much of the run is done, and of each failed job rule, wildcards, reason and ends of its logs."""
        if not self.failed:
            return "The run stopped early; no job failed. See the message above."
        jobs = "\n".join(self._job(number, attempts) for number, attempts in self.failed.items())
        done = f"{self.done} of {self.total} steps are done" if self.total else "no step is done"
        return (
            f"\n{len(self.failed)} job(s) failed; {done}. The same command goes on with what is left.\n\n{jobs}\n"
        )

    def _job(self, number: int, attempts: list[logging.LogRecord]) -> str:
        last = attempts[-1]
        name = ", ".join(f"{key}={value}" for key, value in self.wildcards.get(number, {}).items())
        facts = [f"job {last.aux['external_jobid']}"] if "external_jobid" in last.aux else []
        facts += [f"{len(attempts)} attempts"] if len(attempts) > 1 else []
        reason = (last.rule_msg or "").partition(" For further")[0]
        head = f"{last.rule_name}{f' ({name})' if name else ''}{''.join(f', {fact}' for fact in facts)}"
        return "\n".join([head, *([f"  {reason}"] if reason else []), *map(_end, last.log)])


def _end(log: str) -> str:
    """How a log ends, indented."""
    path = Path(log)
    lines = path.read_text(errors="replace", encoding="utf-8").splitlines()[-LINES:] if path.is_file() else []
    return "\n".join(
        [f"  {log}{' ends with:' if lines else ': nothing was written'}", *(f"    {x}" for x in lines)]
    )
