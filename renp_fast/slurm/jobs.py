"""The jobs of a store. Each submission has a directory in `STORE.zarr.jobs`, whose name is that of its job in Slurm.

It holds the scan as it was submitted, the script, the logs, and `job.json`. What is done is never read off from here,
nor from Slurm, but from the store.
"""

import json
import re
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from renp_fast.errors import ClusterError
from renp_fast.printable import printable
from renp_fast.slurm.cluster import call, queue
from renp_fast.store.files import write_whole
from renp_fast.store.untrusted import LARGEST_NOTE, Count, Foreign, Text, read_as, read_regular, why

RECORD = "job.json"
LARGEST_LOG = 1 << 20
UNKNOWN = "unknown"
NAME = re.compile(r"[A-Za-z0-9_-]+-[0-9a-f]{8}")


class Record(Foreign):
    """What is written down of a submission."""

    mode: Text
    tasks: Count
    job: Text | None = None


@dataclass(frozen=True)
class Submission:
    """A submission, and what Slurm and its own tasks say of it.

    Attributes
    ----------
    name : str
        Name of the job and of its directory.
    folder : str
        Where its logs are.
    job : str or None
        Its number in Slurm; None if it was never accepted.
    mode : str
        ``unknown`` if what was written down of it is damaged.
    tasks : int
    states : dict or None
        Number of tasks in the queue by state; None if Slurm could not be asked.
    given_up : list of str
        What tasks said that had no attempts left.
    """

    name: str
    folder: str
    job: str | None
    mode: str
    tasks: int
    states: dict[str, int] | None
    given_up: list[str]

    @property
    def alive(self) -> bool:
        """Whether anything of it is in the queue."""
        return bool(self.states)


def jobs_folder(store: Path) -> Path:
    """Where the submissions of a store are kept: beside it."""
    store = store.absolute()
    return store.with_name(f"{store.name}.jobs")


def new_name(store: Path) -> str:
    """A name for a job that no other has."""
    readable = re.sub(r"[^A-Za-z0-9_-]", "_", store.name.removesuffix(".zarr"))[:32]
    return f"{readable}-{uuid.uuid4().hex[:8]}"


def record(folder: Path, **about: object) -> None:
    """Write down what is known of a submission."""
    write_whole(folder / RECORD, json.dumps(about).encode())


def submissions(store: Path) -> list[Submission]:
    """All submissions of a store, oldest first."""
    try:
        return _submissions(store, ask=True)
    except ClusterError:
        return _submissions(store, ask=False)


def _submissions(store: Path, ask: bool) -> list[Submission]:
    folders = [folder for folder in jobs_folder(store).glob("*/") if NAME.fullmatch(folder.name)]
    folders.sort(key=_begun)
    states = queue([folder.name for folder in folders]) if ask else None
    return [_submission(folder, None if states is None else states.get(folder.name, {})) for folder in folders]


def _submission(folder: Path, states: dict[str, int] | None) -> Submission:
    """What is known of a submission; Slurm knows it by its name, whatever became of its files."""
    try:
        known = read_as(Record, folder / RECORD, LARGEST_NOTE)
    except (OSError, ValueError) as error:
        known = Record(mode=UNKNOWN, tasks=0)
        given_up = [f"{RECORD} is damaged ({why(error)}); nothing needs it: cancel goes by the name"]
    else:
        given_up = []
    given_up += _lines(folder / "given-up")
    return Submission(folder.name, str(folder), known.job, known.mode, known.tasks, states, given_up)


def _begun(folder: Path) -> float:
    try:
        return (folder / RECORD).stat().st_mtime
    except OSError:
        return 0.0


def _lines(file: Path) -> list[str]:
    try:
        return [printable(line) for line in read_regular(file, LARGEST_LOG).decode(errors="replace").splitlines()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        return [f"{file.name} cannot be read: {why(error)}"]


def cancel(store: Path) -> list[Submission]:
    """Cancel what is in the queue of a store's jobs, and return those jobs.

    Raises
    ------
    ClusterError
        If Slurm cannot be asked, or refuses.
    """
    found = _submissions(store, ask=True)
    for submission in found:
        if submission.alive:
            call("scancel", f"--name={submission.name}")
        remove_credentials(submission)
    return [submission for submission in found if submission.alive]


def remove_credentials(submission: Submission) -> None:
    """Remove what a dask job leaves if it is killed before it can tidy up itself."""
    for private in Path(submission.folder).glob("private-*"):
        shutil.rmtree(private, ignore_errors=True)
