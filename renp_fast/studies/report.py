"""Claims as a table: for a terminal, as Markdown, as JSON."""

import json
import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from renp_fast.physics.experiment import gamma0_per_s
from renp_fast.physics.spectrum import spectral_function
from renp_fast.physics.targets import target
from renp_fast.scan_file.scan import Scan
from renp_fast.studies.verdicts import Claim

PAPER = "Ge and Pasquini, Phys. Sci. Forum 8, 51 (2023)"
LOST = "The exposure, volume, densities and event numbers are lost from the paper's text. Ours:"
SECONDS_PER_DAY = 86400.0
USUAL_DAYS = 100.0
WIDTH = 100


def experiment(scan: Scan) -> str:
    """What the experiment of a scan is: target, normalisation, triggers, exposure, and events in the Standard Model."""
    values = scan.values
    atom = target(values["atom"])
    assert atom.gamma_vg_per_s is not None
    assert atom.spin_factor is not None
    volume, atoms, photons = (values[f"{name}_cm3"] for name in ("volume", "atom_density", "photon_density"))
    full = gamma0_per_s(volume, atoms, photons, atom.gamma_vg_per_s, atom.spin_factor, atom.E_eg_eV, atom.E_vg_eV)
    rate = values.get("gamma0_per_s", full)
    days = np.atleast_1d(scan.along("exposure_days"))
    exposure = f"{days.min():g}" if days.size == 1 else f"{days.min():g} to {days.max():g}"
    ordering = scan.along("ordering")[0]
    mass = values["lightest_mass_eV"]
    spectrum = spectral_function(
        list(scan.triggers), target=atom, nature="dirac", ordering=ordering, lightest_mass_eV=mass
    )
    events = ", ".join(f"{n:.4g}" for n in SECONDS_PER_DAY * rate * USUAL_DAYS * spectrum)
    return (
        f"{values['atom']}, Gamma_0 = {rate:g}/s ({volume:g} cm^3 with n_a = {atoms:g}/cm^3, "
        f"n_gamma = {photons:g}/cm^3 and full coherence give {full:.2g}/s), triggers "
        f"{', '.join(f'{w:.6g}' for w in scan.triggers)} eV, {exposure} days at each, {values['background_per_day']:g} "
        f"background events a day; {USUAL_DAYS:g} days give {events} events in the Standard Model (Dirac, {ordering} "
        f"ordering, lightest mass {mass:g} eV)"
    )


def terminal(claims: Sequence[Claim], experiments: Sequence[str]) -> str:
    """The table for a terminal."""
    lines = [f"Claims of {PAPER}"]
    for claim in claims:
        lines += ["", f"{claim.number:3} {claim.verdict.upper()}: {claim.claim}"]
        lines += [part for text in (claim.found, f"Why: {claim.why}") for part in _indented(text)]
    if experiments:
        lines += ["", LOST, *(part for text in experiments for part in _indented(text))]
    return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ")


def markdown(claims: Sequence[Claim], experiments: Sequence[str]) -> str:
    """The table as Markdown."""
    rows = ["| | claim | verdict | found | why |", "|---|---|---|---|---|"]
    rows += [
        f"| {claim.number} | {' | '.join(map(_cell, (claim.claim, claim.verdict, claim.found, claim.why)))} |"
        for claim in claims
    ]
    text = [f"# Claims of {PAPER}", "", "Written by `renp-fast reproduce`; do not edit.", "", *rows, ""]
    if experiments:
        text += [LOST, "", *(f"- {_cell(each)}" for each in experiments), ""]
    return "\n".join(text)


def _cell(text: str) -> str:
    for sign in "|_*^":
        text = text.replace(sign, f"\\{sign}")
    return text


def as_json(claims: Sequence[Claim], experiments: Sequence[str], figures: Sequence[str]) -> str:
    """The table, machine-readable; a number that is not finite is null."""
    rows = [asdict(claim) for claim in claims]
    for row in rows:
        row["numbers"] = {name: x if math.isfinite(x) else None for name, x in row["numbers"].items()}
    return json.dumps({"figures": list(figures), "claims": rows, "experiments": list(experiments)})
