"""`python -m benchmarks`: pieces come together in one file, and wrong numbers are an error."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks.sections import Size
from renp_fast.bench import timing


def measure(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(timing, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--tiny", *map(str, arguments)])
    return command.main()


def test_pieces_are_merged_into_one_result(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cores = os.sched_getaffinity(0)
    output = tmp_path / "results" / "this.json"
    assert measure(monkeypatch, "-o", output, "limits") == 0
    first = json.loads(output.read_text())
    assert measure(monkeypatch, "-o", output, "W4") == 0
    both = json.loads(output.read_text())
    assert set(both) == {"limits", "W4"}
    assert both["limits"] == first["limits"]
    assert {"date", "commit", "machine", "versions", "changed_since_commit"} == set(both["W4"]["about"])
    assert os.sched_getaffinity(0) == cores


def test_a_peer_with_other_numbers_fails_the_command_but_keeps_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(_: Size) -> dict[str, Any]:
        raise ArithmeticError("NumPy differs by 0.5, more than 1e-07")

    monkeypatch.setitem(command.SECTIONS, "W1", wrong)
    assert measure(monkeypatch, "-o", tmp_path / "r.json", "W1", "W4") == 1
    assert "error: W1: NumPy differs by 0.5" in capsys.readouterr().err
    assert set(json.loads((tmp_path / "r.json").read_text())) == {"W4"}


def test_an_unknown_section_is_an_input_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        measure(monkeypatch, "-o", tmp_path / "r.json", "W7")
    assert stop.value.code == 2
    assert list(tmp_path.iterdir()) == []
