"""Compile the kernels of a scan once for each node, and check them before they compute anything.

A compiled kernel read from a damaged cache can be wrong without a sound; so every process first computes a few points
whose values were found by an independent code (explicit Dirac matrices and phase-space quadrature).
"""

import dataclasses

import numpy as np

from renp_fast.errors import KernelError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.kernels.simd.cache import places
from renp_fast.runs.compile_lock import one_at_a_time
from renp_fast.runs.stop import interruptibly
from renp_fast.scan_file.axes import AxisForm
from renp_fast.scan_file.profile import ProfileForm
from renp_fast.scan_file.scan import Scan, parse_scan

AGREEMENT = 1e-10
# I(omega) of scans of one point
REFERENCE = {
    """
    observable = "spectral_function"
    neutrino = { nature = "majorana", ordering = "inverted", lightest_mass_eV = 0.058588880071112605 }
    interaction.kind = "vector"
    interaction.chirality = "left"
    interaction.texture = "23"
    interaction.coupling = -8.413308539810835e-25
    interaction.mediator_mass_eV = 3.124507707452288
    [axes]
    photon_energy_eV = [1.066253503137131]
    alpha21_deg = [12.886017602826803]
    alpha31_deg = [226.948712089008]
    delta_cp_deg = [4.004672510506095]
    """: 0.011479747128614878,
    """
    observable = "spectral_function"
    neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.00010527525280735419 }
    interaction.kind = "scalar"
    interaction.chirality = "scalar"
    interaction.texture = "23"
    interaction.coupling = -4.304745565967184e-10
    interaction.mediator_mass_eV = 9004.646799740101
    [axes]
    photon_energy_eV = [1.0714450589132083]
    alpha21_deg = [224.63956787288083]
    alpha31_deg = [296.4688893366253]
    delta_cp_deg = [246.27866280592693]
    """: 0.02253230415522331,
    """
    observable = "spectral_function"
    neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.03807437438241204 }
    interaction.kind = "dipole"
    interaction.chirality = "electric"
    interaction.texture = "11"
    interaction.coupling = -1.3716334701591603e-11
    [axes]
    photon_energy_eV = [1.0700508718347508]
    alpha21_deg = [117.6972298103326]
    alpha31_deg = [63.95469578791543]
    delta_cp_deg = [227.93293799991244]
    """: 0.013697905055484617,
}
# The same with a sign for each interference, for scans of several interactions
REFERENCE_OF_SEVERAL = {
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
    """: 0.19035918015029543,
}


def _with_one_nuisance_point(scan: Scan) -> Scan:
    """The scan with a single nuisance point beside the truth: compiles the same kernels, in no time."""
    (ordering, *_) = scan.along("ordering")
    firsts = {form.name: form.entries(ordering)[0][0] for form in scan.profile}
    profile = tuple(ProfileForm(name, AxisForm(name, "values", (value,), 1)) for name, value in firsts.items())
    alternative = scan.alternative and dataclasses.replace(scan.alternative, profile=profile)
    return dataclasses.replace(scan, profile=profile, alternative=alternative)


def warm_up(scan: Scan) -> None:
    """Compile what the scan needs, one process of a node at a time, and check it.

    Raises
    ------
    KernelError
        If a compiled kernel computes a wrong value.
    """
    interruptibly(lambda: _warm_up(scan))


def _warm_up(scan: Scan) -> None:
    with one_at_a_time():
        Evaluator(_with_one_nuisance_point(scan))(tuple(slice(0, 1) for _ in scan.axes))
        references = dict(REFERENCE)
        if scan.interactions:
            references |= REFERENCE_OF_SEVERAL
        for text, expected in references.items():
            reference = parse_scan(text, "reference")
            box = tuple(slice(0, 1) for _ in reference.axes)
            value = Evaluator(reference).observable(box).item()
            if not np.isclose(value, expected, rtol=AGREEMENT, atol=0.0):
                raise KernelError(
                    f"the compiled kernels are wrong: {value!r} where {expected!r} is right; "
                    f"remove {' and '.join(map(str, places().read)) or 'nothing'} and run again"
                )
