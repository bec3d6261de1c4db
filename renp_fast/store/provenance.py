"""What makes a result what it is: the scan, the code that computes it, the versions, the constants."""

import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from renp_fast.evaluate.limits import contour_levels, threshold
from renp_fast.evaluate.parameter_tables import LINE, Couplings, Tables
from renp_fast.evaluate.rounding import relative_error
from renp_fast.kernels.line.convolution import TOLERANCE
from renp_fast.physics.constants import CONSTANTS
from renp_fast.physics.targets import ATOMS
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.schema import WITH_THRESHOLD
from renp_fast.version import package_version

# The rooms on which the numbers depend
COMPUTING = ("kernels", "physics", "scan_file", "evaluate", "adaptive")


@cache
def code_hash() -> str:
    """Hash of all sources on which the numbers depend (hexadecimal)."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for room in COMPUTING:
        for source in sorted((package / room).rglob("*.py")):
            digest.update(str(source.relative_to(package)).encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


def fingerprint(scan: Scan) -> str:
    """Hash of the parsed scan, without title and comments, and of the code that computes it."""
    text = json.dumps(dict(scan.canonical), sort_keys=True)
    return hashlib.sha256(f"{text}\n{code_hash()}".encode()).hexdigest()


def attributes(scan: Scan) -> dict[str, Any]:
    """Attributes of the store: everything that a figure's caption or a referee may ask for."""
    names = ("numba", "numpy", "zarr")
    storage = scan.storage
    result: dict[str, Any] = {
        "title": scan.title,
        "observable": scan.observable,
        "scan_file": scan.text,
        "fingerprint": fingerprint(scan),
        "code_hash": code_hash(),
        "versions": {"renp_fast": package_version()} | {name: package_version(name) for name in names},
        "constants": {
            name: {"value": constant.value, "unit": constant.unit, "source": constant.source}
            for name, constant in CONSTANTS.items()
        },
        "normalisation": normalisation(scan),
        "spin_average": _all(scan, "spin_average"),
        "magnetic_factor": _all(scan, "magnetic_factor"),
        "longitudinal_vector_propagator": _longitudinal(scan),
        "relative_rounding_error": relative_error(storage.dtype, storage.significant_bits),
        "missing": "NaN: not computed; renp-fast status tells how much",
    }
    if scan.observable in WITH_THRESHOLD:
        result["confidence_level"] = scan.confidence_level
        result["chi2_threshold"] = threshold(scan.confidence_level)
    if scan.adaptive:
        result["adaptive"] = asdict(scan.adaptive) | {
            "axes": list(scan.adaptive.axes),
            "contours": list(contour_levels(scan)),
        }
        result["missing"] = "NaN: not computed; where refinement is 0 too, either between the cells or not yet done"
    if scan.averaged:
        result["line"] = line(scan)
    if scan.toys:
        result |= {"pseudo_experiments": scan.toys, "seed": scan.seed}
    if scan.profile:
        result["nuisance_points"] = scan.nuisance_points
    if "atom" in scan.values:
        result["target_source"] = ATOMS[scan.values["atom"]].source
    return result


def line(scan: Scan) -> dict[str, Any]:
    """What results are averages over."""
    meaning = (
        "laser line, normalised over all photon energies, convolved with Gaussians for jitter and motion; the pair's "
        "momentum has a Gaussian spread about the photon's, cut alike on both sides at 9 rms or at 0"
    )
    names = [name for name in LINE if scan.along(name)]
    return {"meaning": meaning, "tolerance": TOLERANCE} | {name: _all(scan, name) for name in names}


def _all(scan: Scan, name: str) -> Any:
    """The value of a parameter, or all values along its axis."""
    values = [value.item() if isinstance(value, np.generic) else value for value in scan.along(name)]
    return values[0] if len(values) == 1 else values


def _longitudinal(scan: Scan) -> Any:
    """Whether propagators of vectors have their longitudinal part, of several interactions by name."""
    if scan.interactions:
        return {name: _longitudinal(alone) for name, alone in scan.interactions.items()}
    return _all(scan, "longitudinal") or "off"


def normalisation(scan: Scan) -> dict[str, Any]:
    """How I(omega) became the observable."""
    if scan.observable == "spectral_function":
        return {"formula": "I(omega), dimensionless; rate = Gamma_0 I(omega)"}
    if scan.along("gamma0_per_s"):
        how = "Gamma_0 set by gamma0_per_s"
    else:
        how = "Gamma_0 = 3 n_a^2 n_gamma V G_F^2 gamma_vg C_ev E_eg / E_vg^3 (arXiv:1209.4808), full coherence"
    result: dict[str, Any] = {"formula": how}
    values = gamma0_values(scan)
    if values.size == 1:
        result["gamma0_per_s"] = float(values[0])
    else:
        result["gamma0_per_s_range"] = [float(values.min()), float(values.max())]
    return result


def gamma0_values(scan: Scan) -> Any:
    """Every value of Gamma_0 in the scan, in 1/s."""
    scan = scan.leading
    box = tuple(slice(0, length) for length in scan.shape)
    return np.unique(Tables(scan, Couplings(scan), box).gamma0_per_s())
