"""What is left of a sweep that was stopped, and the commands that do it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aetrain.config.jobs import planned
from aetrain.config.quoting import quoted
from aetrain.run import Run
from aetrain.typed import typed

STOPPED = 130
"""The status of a job that a signal ended."""
TOLD = 10
"""Jobs that have not begun whose commands are told; of more than these the number."""
PLACES = ("--config-dir=", "hydra.searchpath=")
"""What a job alone needs of what is said to Hydra."""


def rest(path: Path, jobs: Sequence[Mapping[str, Any]], arguments: Sequence[str]) -> Iterator[str]:
    """Yield a line for each job that was stopped or has not begun, with the command that does it.

    Arguments:
        path: directory of the sweep.
        jobs: the records of those that have begun.
        arguments: the sweep's command line.
    """
    places = [a for a in arguments if a.startswith(PLACES)]
    for job in jobs:
        if job["status"] == STOPPED:
            yield f"job {job['name']} stopped; {_again(path / job['name'], places, job['command'])}"
    to_come = not_begun(jobs, arguments)
    for number, command in to_come[:TOLD]:
        words = [*places, *command, f"run.dir={quoted(path / str(number))}"]
        yield f"job {number} not begun; do it with: {typed(words)}"
    if (more := len(to_come) - TOLD) > 0:
        yield f"{more} more not begun, to job {to_come[-1][0]}"


def _again(path: Path, places: Sequence[str], command: Sequence[str]) -> str:
    """Say how a job that was stopped is done."""
    if Run(path).last.is_file():
        allowed = [word for word in command if word.startswith("allow=")]
        return f"go on with: {typed([f'resume={path}', *allowed])}"
    again = path.with_name(f"{path.name}-again")
    words = [*places, *command, f"run.dir={quoted(again)}"]
    return f"it has no checkpoint yet; do it again with: {typed(words)}"


def not_begun(
    jobs: Sequence[Mapping[str, Any]], arguments: Sequence[str]
) -> list[tuple[int, list[str]]]:
    """Return number and overrides of the jobs to come; none where a sweeper chooses as it goes."""
    if any(job.get("chosen") for job in jobs):
        return []
    plan = planned([a for a in arguments if not a.startswith("-")])
    begun = {job["number"]: job["command"] for job in jobs if "number" in job}
    if any(number >= len(plan) or plan[number] != words for number, words in begun.items()):
        return []
    return [(number, words) for number, words in enumerate(plan) if number not in begun]
