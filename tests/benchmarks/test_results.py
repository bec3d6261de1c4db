"""What a result holds, and the tables that the README makes of one."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import compiled, table
from benchmarks.sections import SECTIONS, TINY
from renp_fast.bench import timing

ROOT = Path(__file__).parents[2]


def spreads_of(entry: Any) -> list[dict[str, float]]:
    """All medians with their quartiles in a nested result."""
    if not isinstance(entry, dict):
        return []
    return [entry] if "median" in entry else [found for value in entry.values() for found in spreads_of(value)]


@pytest.fixture(autouse=True)
def no_repetition_within_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "TURN_SECONDS", 0.0)


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_can_be_measured(name: str) -> None:
    section = SECTIONS[name](TINY)
    assert json.loads(json.dumps(section, allow_nan=False)) == section
    assert {"title", "missing"} < set(section)
    spreads = spreads_of(section)
    assert spreads
    assert all(0.0 < spread["q1"] <= spread["median"] <= spread["q3"] for spread in spreads)


def test_the_tables_of_the_readme_are_those_of_its_result() -> None:
    readme = (ROOT / "benchmarks" / "README.md").read_text()
    assert table.written(readme) == readme


def test_a_changed_result_changes_the_tables(tmp_path: Path) -> None:
    readme = (ROOT / "benchmarks" / "README.md").read_text()
    found = table.MARKED.search(readme)
    assert found is not None
    result = json.loads((ROOT / found[2]).read_text())
    result["W1"]["peers"]["NumPy"]["seconds_per_point"]["median"] *= 3.0
    (tmp_path / found[2]).parent.mkdir(parents=True)
    (tmp_path / found[2]).write_text(json.dumps(result))
    assert table.written(readme, tmp_path) != readme


def test_sections_of_different_machines_are_not_mixed() -> None:
    abouts = [{"machine": {"cpu": cpu, "llvm_cpu": "x", "cores": 2}} for cpu in ("one", "another")]
    with pytest.raises(ValueError, match="different machines"):
        table.machine({"W1": {"about": abouts[0]}, "W2": {"about": abouts[1]}})


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.0123, "0.012"), (3.14159, "3.1"), (123.4, "123"), (4321.0, "4320"), (2.4e6, "2.4e6")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert table.number(value) == text


def test_what_is_missing_is_named_in_the_tables() -> None:
    found = table.MARKED.search((ROOT / "benchmarks" / "README.md").read_text())
    assert found is not None
    result = json.loads((ROOT / found[2]).read_text())
    reason = "this CPU has no AVX-512 (f, dq)"
    for name in table.COMPARED:
        del result[name]["peers"]["C AVX-512"]
        result[name]["missing"]["C AVX-512"] = reason
    made = table.tables(result)
    assert f"Missing: C AVX-512: {reason}." in made
    assert "| C AVX-512 | missing | missing | missing | missing |" in made


def test_without_a_compiler_every_section_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled.shutil, "which", lambda _: None)
    compiled.library.cache_clear()
    names = ("limits", "W1", "W2", "threads")
    sections = {name: SECTIONS[name](TINY) for name in names}
    without = {name: list(section["missing"].values()) for name, section in sections.items()}
    assert {name: sum("no C compiler found" in reason for reason in reasons) for name, reasons in without.items()} == {
        "limits": 1,
        "W1": 2,
        "W2": 2,
        "threads": 1,
    }
    assert set(sections["threads"]["workloads"]["W1"]) == {"gain, renp_fast"}
