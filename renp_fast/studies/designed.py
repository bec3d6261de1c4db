"""Designs of the experiments of scan files: found, drawn, and written as scan files of their own."""

import json
import re
import tomllib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from renp_fast.errors import InputError
from renp_fast.physics.neutrinos import thresholds_eV
from renp_fast.physics.targets import ATOMS
from renp_fast.plots.design_figure import draw_design
from renp_fast.plots.limit_values import constant_facts
from renp_fast.plots.words import shared, wrapped
from renp_fast.scan_file.checks import MASS_NAMES
from renp_fast.scan_file.dimensions import axis_labels
from renp_fast.scan_file.scan import Scan, load_scan, parse_scan
from renp_fast.scan_file.schema import PREFIX
from renp_fast.store.files import write_whole
from renp_fast.studies.design import Design, check, design
from renp_fast.studies.design_report import Designed, markdown
from renp_fast.studies.evidence import neutrinos_of

TABLE = "design.md"
# Of a line of a title, and what a picture says elsewhere
CHARACTERS, EXPERIMENT = 110, ("trigger_eV", "exposure_days")


def design_files(
    files: Sequence[Path], folder: Path, each: bool, say: Callable[[str], None] = lambda _: None, **options: Any
) -> list[Designed]:
    """Design the experiments of some scan files, and write scan files, pictures and a table of them.

    Parameters
    ----------
    files : sequence of Path
        Scan files.
    folder : Path
        Made if it is not there.
    each : bool
        Whether each point of the axes has a design of its own, beside that for all of them.
    say : callable
        Told how it gets on.
    **options
        Of `renp_fast.studies.design.design`.

    Raises
    ------
    InputError
        If something is wrong with a file or an option: the message names it and what is allowed.
    """
    if find_spec("matplotlib") is None:
        raise InputError("matplotlib is missing, and figures need it: pip install renp-fast[plot]")
    scans = {file: load_scan(file) for file in files}
    if len({file.stem for file in files}) < len(files):
        raise InputError("SCAN: two files of one name; allowed: different names, which the results take over")
    for scan in scans.values():
        check(scan)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot make it: {error.strerror}; allowed: a folder to write to") from error
    found = []
    for file, scan in scans.items():
        parts = points(scan, file.stem) if each and scan.points > 1 else []
        for name, part in [*parts, (file.stem, scan)]:
            found.append(_written(part, design(part, **options), folder / f"{name}.toml"))
            say(f"wrote {found[-1].file} and {found[-1].figure.name}")
    write_whole(folder / TABLE, markdown(found).encode())
    return found


def points(scan: Scan, name: str) -> list[tuple[str, Scan]]:
    """A scan for each point of a scan, with names."""
    document = tomllib.loads(scan.text)
    result = []
    for place in np.ndindex(*scan.shape):
        values = [axis.values[k] for axis, k in zip(scan.axes, place, strict=True)]
        labels = [
            f"{axis.values[k]:g}" if axis.numeric else axis_labels(axis)[k]
            for axis, k in zip(scan.axes, place, strict=True)
        ]
        axes = {axis.name: [float(v) if axis.numeric else v] for axis, v in zip(scan.axes, values, strict=True)}
        own = "-".join([name, *(re.sub(r"[^\w.+-]", "_", label) for label in labels)])
        told = ", ".join(f"{axis.name} {label}" for axis, label in zip(scan.axes, labels, strict=True))
        title = ": ".join(filter(None, (scan.title, told)))
        text = toml({**document, "title": title, "axes": axes})
        result.append((own, parse_scan(text, f"{scan.file} ({told})" if told else scan.file)))
    return result


def designed_text(scan: Scan, found: Design) -> str:
    """The text of the scan file with the designed experiment."""
    document = tomllib.loads(scan.text)
    experiment = {
        **document.get("experiment", {}),
        "trigger_eV": found.best.energies.tolist(),
        "exposure_days": found.best.days.tolist(),
    }
    if isinstance(experiment.get("background_per_day"), list):
        experiment["background_per_day"] = experiment["background_per_day"][0]
    return f"# The experiment is one that renp-fast design found.\n\n{toml({**document, 'experiment': experiment})}"


def toml(document: dict[str, Any]) -> str:
    """A parsed TOML document as text."""
    tables = {key: value for key, value in document.items() if isinstance(value, dict)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in document.items() if key not in tables]
    for name, table in tables.items():
        lines += ["", f"[{_key(name)}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    return "\n".join([*lines, ""])


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_value(entry)}' for key, entry in value.items())} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _written(scan: Scan, found: Design, file: Path) -> Designed:
    text = designed_text(scan, found)
    parse_scan(text, str(file))
    write_whole(file, text.encode())
    figure = file.with_suffix(".png")
    masses_vary = any(axis.name.removeprefix(PREFIX) in MASS_NAMES for axis in scan.axes)
    thresholds = {} if masses_vary or "atom" not in scan.values else _thresholds(scan)
    draw_design(
        "\n".join([scan.title or file.stem, *wrapped(_facts(scan, found), CHARACTERS)]),
        (found.energies, found.sensitivity),
        (found.best.energies, found.best.days),
        (found.reference.energies, found.reference.days),
        thresholds,
        figure,
    )
    return Designed(scan, found, file, figure)


def _facts(scan: Scan, found: Design) -> list[str]:
    """What the picture of a design is about: all but the experiment, whose total exposure both have."""
    facts = {name: given for name, given in constant_facts(scan).items() if name not in EXPERIMENT}
    return [*shared([facts], set()), f"{found.reference.days.sum():g} days in all"]


def _thresholds(scan: Scan) -> dict[str, float]:
    return thresholds_eV(neutrinos_of(scan), ATOMS[scan.values["atom"]].E_eg_eV)
