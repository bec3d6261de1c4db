"""Streams that are full, closed or read by nobody never stop a scan; results that cannot be printed are an error."""

import os
import subprocess
from pathlib import Path

import pytest
from conftest import command

from renp_fast.cli.streams import Messages, Results, StreamError
from renp_fast.scan_file.scan import Scan
from renp_fast.store.inspection import status


def shell(redirection: str, *arguments: object, first: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line with redirected streams."""
    script = f'"$@" {redirection}'
    words = ["sh", "-c", script, "sh", *command(*arguments, first=first)]
    return subprocess.run(words, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(
    ("redirection", "options"),
    [
        *((to, ["--threads", "2"]) for to in ("2>/dev/full", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>&1")),
        *((to, ["--workers", "2"]) for to in ("2>/dev/full", "<&- >&- 2>&-")),
    ],
)
def test_a_scan_is_computed_whatever_its_messages_meet(
    redirection: str, options: list[str], scan: Scan, tmp_path: Path
) -> None:
    """With a line of progress for each block, so that there is much to say."""
    often = "import renp_fast.progress as progress; progress.LogProgress.__init__.__defaults__ = (0.0,)"
    store = tmp_path / "s.zarr"
    result = shell(redirection, "run", scan.file, "-o", store, "--part", "1/20", *options, first=often)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert status(store).done == 12
    data = [file for file in store.rglob("*") if file.is_file()]
    assert not any(b"of 240 blocks" in file.read_bytes() for file in data)


def test_a_scan_is_computed_though_nobody_reads_its_log(scan: Scan, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        command("run", scan.file, "-o", tmp_path / "s.zarr", "--part", "1/20"), stderr=writer, timeout=300
    )
    os.close(writer)
    assert run.returncode == 0
    assert status(tmp_path / "s.zarr").done == 12


def test_results_that_cannot_be_printed_are_an_error(scan: Scan, tmp_path: Path) -> None:
    shell("", "run", scan.file, "-o", tmp_path / "s.zarr", "--part", "1/240")
    for arguments in (["status", tmp_path / "s.zarr"], ["status", tmp_path / "s.zarr", "--json"]):
        result = shell(">/dev/full", *arguments)
        assert result.returncode == 1
        assert result.stderr == "error: standard output: cannot write: No space left on device\n"


def test_a_stream_that_has_room_again_is_written_to() -> None:
    class Disk:
        full = True
        text = ""

        def write(self, text: str) -> int:
            if self.full:
                raise OSError(28, "No space left on device")
            self.text += text
            return len(text)

    disk = Disk()
    messages = Messages(disk)
    assert messages.write("lost") == 4
    with pytest.raises(StreamError, match=r"^standard output: cannot write: No space left on device$"):
        Results(disk).write("lost")
    disk.full = False
    messages.write("said")
    assert disk.text == "said"
