"""Compile the kernels of a scan once for each node, and check them before they compute anything.

A compiled kernel read from a damaged cache can be wrong without a sound; so every process first computes a few points
whose values were found by an independent code (explicit Dirac matrices and phase-space quadrature).
"""

import dataclasses
import sys

import numpy as np

from renp_fast.errors import KernelError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.evaluate.nuisance_points import whole
from renp_fast.evaluate.parameter_tables import Tables
from renp_fast.kernels.amplitude.propagator import COUPLING, propagated, propagators
from renp_fast.kernels.simd.cache import places
from renp_fast.kernels.simd.jit import compiling
from renp_fast.kernels.simd.vectors import LANES
from renp_fast.kernels.spectrum import forms as quadratic_forms
from renp_fast.runs.compile_lock import one_at_a_time
from renp_fast.runs.stop import interruptibly
from renp_fast.scan_file.axes import AxisForm
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.profile import ProfileForm
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store.layout import layout_of

AGREEMENT = 1e-10
# Observables of which a point takes next to no time
QUICK = ("spectral_function", "rate", "events", "chi2")
# I(omega) of scans of one point, by the kind of the interaction
REFERENCE = {
    "standard_model": (
        """
        observable = "spectral_function"
        neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.0983993790537544 }
        interaction.kind = "standard_model"
        [axes]
        alpha21_deg = [33.549405897294534]
        alpha31_deg = [216.59718352795286]
        delta_cp_deg = [265.6427247759823]
        photon_energy_eV = [1.062667539580104]
        """,
        0.0010396897636389096,
    ),
    "vector": (
        """
        observable = "spectral_function"
        neutrino = { nature = "majorana", ordering = "inverted", lightest_mass_eV = 0.058588880071112605 }
        interaction.kind = "vector"
        interaction.chirality = "left"
        interaction.texture = "23"
        interaction.coupling = -8.413308539810835e-25
        interaction.mediator_mass_eV = 3.124507707452288
        [axes]
        alpha21_deg = [12.886017602826803]
        alpha31_deg = [226.948712089008]
        delta_cp_deg = [4.004672510506095]
        photon_energy_eV = [1.066253503137131]
        """,
        0.011479747128614878,
    ),
    "scalar": (
        """
        observable = "spectral_function"
        neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.00010527525280735419 }
        interaction.kind = "scalar"
        interaction.chirality = "scalar"
        interaction.texture = "23"
        interaction.coupling = -4.304745565967184e-10
        interaction.mediator_mass_eV = 9004.646799740101
        [axes]
        alpha21_deg = [224.63956787288083]
        alpha31_deg = [296.4688893366253]
        delta_cp_deg = [246.27866280592693]
        photon_energy_eV = [1.0714450589132083]
        """,
        0.02253230415522331,
    ),
    "dipole": (
        """
        observable = "spectral_function"
        neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.03807437438241204 }
        interaction.kind = "dipole"
        interaction.chirality = "electric"
        interaction.texture = "11"
        interaction.coupling = -1.3716334701591603e-11
        [axes]
        alpha21_deg = [117.6972298103326]
        alpha31_deg = [63.95469578791543]
        delta_cp_deg = [227.93293799991244]
        photon_energy_eV = [1.0700508718347508]
        """,
        0.013697905055484617,
    ),
    "form_factor": (
        """
        observable = "spectral_function"
        interaction.kind = "form_factor"
        interaction.chirality = "millicharge"
        interaction.texture = "12"
        interaction.coupling = -8.27002771882576e-17
        [neutrino]
        nature = "dirac"
        ordering = "normal"
        oscillation = "NuFIT-5.0"
        lightest_mass_eV = 0.04126083429772931
        [axes]
        alpha21_deg = [37.9566114459831]
        alpha31_deg = [39.811451787121655]
        delta_cp_deg = [237.841298293015]
        photon_energy_eV = [1.070099749436402]
        """,
        1.8863531851735662,
    ),
}
# The same with a sign for each interference, for scans of several interactions
REFERENCE_OF_SEVERAL = (
    """
    observable = "spectral_function"
    neutrino = { nature = "dirac", ordering = "inverted", lightest_mass_eV = 0.0217, delta_cp_deg = 301.0 }
    axes.photon_energy_eV = [1.0663]
    interaction = [
        { name = "v", kind = "vector", chirality = "left", coupling = 3.1e-25, mediator_mass_eV = 0.21 },
        { name = "p", kind = "scalar", chirality = "pseudoscalar", coupling = -4.7e-18, mediator_mass_eV = 0.33 },
        { name = "m", kind = "dipole", chirality = "magnetic", coupling = 5.3e-11 },
        { name = "q", kind = "form_factor", chirality = "millicharge", coupling = -4.4e-18 },
    ]
    """,
    0.19035918015029543,
)


def _with_one_nuisance_point(scan: Scan) -> Scan:
    """The scan with a single nuisance point beside the truth: compiles the same kernels, in no time."""
    (ordering, *_) = scan.along("ordering")
    firsts = {form.name: form.entries(ordering)[0][0] for form in scan.profile}
    profile = tuple(ProfileForm(name, AxisForm(name, "values", (value,), 1)) for name, value in firsts.items())
    alternative = scan.alternative and dataclasses.replace(scan.alternative, profile=profile)
    return dataclasses.replace(scan, profile=profile, alternative=alternative)


def _announce() -> None:
    if sys.stderr.isatty():
        print("compiling kernels (once on this machine)", file=sys.stderr)


def references_of(scan: Scan) -> list[tuple[str, float]]:
    """Scans of one point with interactions of the kinds that a scan has, and their values."""
    hypotheses = [scan, *([scan.alternative] if scan.alternative else [])]
    every = [each for hypothesis in hypotheses for each in (hypothesis.leading, *hypothesis.leading.others)]
    found = [REFERENCE[kind] for kind in dict.fromkeys(each.values["kind"] for each in every)]
    return [*found, *([REFERENCE_OF_SEVERAL] if any(each.leading.others for each in hypotheses) else [])]


def _value_by_forms(reference: Scan) -> float:
    """The value of a scan of one point from its quadratic form."""
    scan = reference.leading
    box, evaluate = whole(scan), Evaluator(scan)
    tables = Tables(scan, evaluate.couplings, box)
    (levels, _), (mediators, _) = tables.levels(), tables.mediators()
    if evaluate.several is not None:
        folded = evaluate.several.folded(box, evaluate.powers)
        (form,), change = folded.forms[..., 0], folded.changes.item()
    else:
        made, change = np.empty((1, evaluate.powers, 1)), 0.0
        couplings = evaluate.couplings
        quadratic_forms.fill_forms(
            tables.models()[0], couplings.textures, couplings.scales, tables.energies()[0], False, made
        )
        (form,) = made[..., 0]
    real, square, imaginary = propagated(levels[0, 0], tuple(propagators(mediators)[0].tolist()), False)
    g = mediators[0, COUPLING]
    powers = np.array([1.0, g * real, g * g * square, g * imaginary])[: form.size]
    return float(levels[0, 1] * (form @ powers + change))


def warm_up(scan: Scan) -> None:
    """Compile what the scan needs, one process of a node at a time, and check it.

    Raises
    ------
    KernelError
        If a compiled kernel computes a wrong value.
    """
    interruptibly(lambda: _warm_up(scan))


def _warm_up(scan: Scan) -> None:
    grid = layout_of(scan).grid
    with one_at_a_time(), compiling(_announce):
        evaluate = Evaluator(_with_one_nuisance_point(scan))
        # A block of one point would have but one mediator
        ways = dict.fromkeys(evaluate.lone_spectra(grid.box(block)) for block in (0, grid.blocks - 1))
        for evaluate.lone in ways:
            for box in _corners(scan):
                evaluate(box)
        for text, expected in references_of(scan):
            check_reference(text, expected, by_forms=False in ways)


def check_reference(text: str, expected: float, by_forms: bool) -> None:
    """Compute the value of a scan of one point that is known, from its quadratic form or as a spectrum.

    Raises
    ------
    KernelError
        If it is wrong.
    """
    reference = parse_scan(text, "reference")
    forms = by_forms or reference.leading.others
    value = _value_by_forms(reference) if forms else Evaluator(reference).observable(whole(reference)).item()
    if not np.isclose(value, expected, rtol=AGREEMENT, atol=0.0):
        raise KernelError(
            f"the compiled kernels are wrong: {value!r} where {expected!r} is right; "
            f"remove {' and '.join(map(str, places().read)) or 'nothing'} and run again"
        )


def _corners(scan: Scan) -> list[Box]:
    """Few points of which some need each kernel: the first, and those of each other nature and longitudinal part.

    Of what is quickly computed there are some along each axis, as the kernels of rows ask for.
    """
    quick = scan.observable in QUICK and not scan.averaged
    n = len(scan.axes)
    few = [*[2] * (n - 1), LANES][:n] if quick else [1] * n
    first = tuple(slice(0, min(n, length)) for n, length in zip(few, scan.shape, strict=True))
    boxes = [first]
    for d, axis in enumerate(scan.axes):
        if not {"nature", "longitudinal"}.isdisjoint(axis.parameters):
            boxes += [(*first[:d], slice(k, k + 1), *first[d + 1 :]) for k in range(first[d].stop, scan.shape[d])]
    return boxes
