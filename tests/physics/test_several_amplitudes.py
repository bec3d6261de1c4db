"""Several interactions at once: their amplitudes add, interference included."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from summed_traces import A_L, A_R, E_CHARGE, EPS, F_A, F_V, MU, Y_P, Y_S, by_traces, new_couplings

import renp_fast as rf
from renp_fast.kernels.types import Array
from renp_fast.physics.constants import G_F, M_E
from renp_fast.physics.targets import ATOMS

PHASES = {"alpha21_deg": 40.0, "alpha31_deg": 110.0}
DIRAC = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01, **PHASES}
MAJORANA = DIRAC | {"nature": "majorana", "ordering": "inverted", "lightest_mass_eV": 0.023}
NATURES = {"dirac": DIRAC, "majorana": MAJORANA}
# Hermitian, all different; the symmetric part serves Majorana scalars and the antisymmetric one Majorana moments
FIRST = np.array([[0.3, 0.2 + 0.5j, 0.7 - 0.4j], [0.2 - 0.5j, -1.1, 0.3 + 0.4j], [0.7 + 0.4j, 0.3 - 0.4j, 0.6]])
OTHER = np.array([[0.8, -0.4 + 0.3j, 0.2 + 0.6j], [-0.4 - 0.3j, 0.5, 0.9 - 0.2j], [0.2 - 0.6j, 0.9 + 0.2j, -0.7]])
# Two of each kind, of different couplings, masses and widths: each amplitude is about as large as that of W and Z
SETS: dict[str, dict[str, tuple[Any, ...]]] = {
    "first": {
        **{c: (rf.Vector, 4e-25, c, 0.2, 0.0) for c in ("left", "right", "vector", "axial")},
        **{c: (rf.Scalar, 5e-18, c, 0.3, 0.05) for c in ("scalar", "pseudoscalar")},
        **{c: (rf.Dipole, 6e-11, c) for c in ("magnetic", "electric")},
        "millicharge": (rf.FormFactor, 5e-18, "millicharge"),
        "charge_radius": (rf.FormFactor, 1e-24, "charge_radius"),
        "anapole": (rf.FormFactor, -2e-25, "anapole"),
    },
    "other": {
        **{c: (rf.Vector, -4e-25, c, 0.25, 0.1) for c in ("left", "right", "vector", "axial")},
        **{c: (rf.Scalar, -3e-19, c, 0.06, 0.0) for c in ("scalar", "pseudoscalar")},
        **{c: (rf.Dipole, -5e-11, c) for c in ("magnetic", "electric")},
        "millicharge": (rf.FormFactor, 4e-18, "millicharge"),
        "charge_radius": (rf.FormFactor, -8e-25, "charge_radius"),
        "anapole": (rf.FormFactor, 2e-25, "anapole"),
    },
}
NAMES = tuple(SETS["first"])
W = 1.0694  # eV: all pairs are open for DIRAC, and for MAJORANA all but one


def made(which: str, name: str, nature: str, sign: float = 1.0, **changes: Any) -> Any:
    """An interaction of one of the sets."""
    cls, coupling, chirality, *mediator = SETS[which][name]
    texture = FIRST if which == "first" else OTHER
    if nature == "majorana" and cls is rf.Scalar:
        texture = texture.real
    if nature == "majorana" and cls is rf.Dipole:
        texture = 1j * texture.imag
    keywords = dict(zip(("mediator_mass_eV", "mediator_width_eV"), mediator, strict=False))
    return cls(sign * coupling, chirality=chirality, texture=texture, **(keywords | changes))


def value(interactions: Any, nature: str, w: float = W, **options: Any) -> float:
    return float(rf.spectral_function(w, interaction=interactions, **NATURES[nature], **options))


@pytest.mark.parametrize("nature", NATURES)
@pytest.mark.parametrize("name", NAMES)
def test_every_pair_against_explicit_traces(name: str, nature: str) -> None:
    """All couplings in one amplitude of Dirac matrices, spins summed, integrated over phase space."""
    neutrinos = rf.Neutrinos(**NATURES[nature])
    for other in NAMES[NAMES.index(name) :]:
        pair = [made("first", name, nature), made("other", other, nature)]
        right = by_traces(W, pair, neutrinos)
        for method in ("closed_form", "quadrature"):
            assert value(pair, nature, method=method) == pytest.approx(right, rel=1e-10), other
        assert value(pair[::-1], nature) == pytest.approx(right, rel=1e-10), other


@pytest.mark.parametrize("nature", NATURES)
@pytest.mark.parametrize("spin_average", ["isotropic", "polarised"])
@pytest.mark.parametrize("w", [1.05, 1.0712])
def test_five_at_once_against_explicit_traces(nature: str, spin_average: str, w: float) -> None:
    """Longitudinal vectors among them, with widths and without."""
    every = [
        made("first", "left", nature, longitudinal="on"),
        made("other", "axial", nature, longitudinal="on"),
        *(made("first", name, nature) for name in ("pseudoscalar", "electric", "anapole")),
    ]
    right = by_traces(w, every, rf.Neutrinos(**NATURES[nature]), polarised=spin_average == "polarised")
    for method in ("closed_form", "quadrature"):
        assert value(every, nature, w, method=method, spin_average=spin_average) == pytest.approx(right, rel=1e-10)


def test_those_that_interfere_are_currents_scalars_with_currents_and_photons_of_one_parity() -> None:
    """And all are of a size at which the comparisons above could fail."""
    currents = {*NAMES[:4]}
    interfering = {frozenset(pair) for pair in itertools.combinations(currents, 2)} - {frozenset({"vector", "axial"})}
    interfering |= {frozenset({current, scalar}) for current in currents for scalar in NAMES[4:6]}
    interfering -= {frozenset({"vector", "pseudoscalar"}), frozenset({"axial", "scalar"})}
    interfering |= {frozenset(pair) for pair in itertools.combinations(("magnetic", "millicharge", "charge_radius"), 2)}
    interfering.add(frozenset({"electric", "anapole"}))
    for name, other in itertools.combinations(NAMES, 2):
        pair = [made("first", name, "dirac"), made("other", other, "dirac")]
        none, one, two, both = (value(some, "dirac") for some in ([], pair[:1], pair[1:], pair))
        assert 0.5 < one / none - 1.0 < 10.0
        size = abs(both - one - two + none) / both
        assert size > 1e-4 if frozenset({name, other}) in interfering else size < 1e-14, (name, other)


def formula(first: Any, other: Any, w: float, kind: str) -> float:
    """Interference of two interactions for Dirac neutrinos, as section 4 of the physics contract writes it."""
    E_eg, E_vg, m = ATOMS["Yb"].E_eg_eV, ATOMS["Yb"].E_vg_eV, rf.Neutrinos(**DIRAC).masses_eV
    s = E_eg * (E_eg - 2.0 * w)
    a, b = (new_couplings(each, "dirac", s)[0] for each in (first, other))
    # Out of the units of the traces: moments and form factors by themselves, and C yS, C yP
    photon = np.array([1.0, 1.0, 1.0, 1.0, *[6.0 * G_F * M_E / E_CHARGE] * 4])[:, np.newaxis, np.newaxis]
    photon[2:4] *= 2.0 * math.sqrt(2.0) * G_F
    a, b = a * photon, b * photon
    M, m_j = m[:, np.newaxis], m
    S, D = (M + m_j) ** 2, (M - m_j) ** 2
    exchange = E_CHARGE**2 * w**2 / (6.0 * G_F**2 * M_E**2 * s**2)
    along = math.sqrt(2.0) * w**2 / (12.0 * G_F)
    T = {
        "fV mu": exchange * (a[F_V] * b[MU].conj()).real * (M + m_j) * (s - D),
        "fA eps": exchange * (a[F_A] * b[EPS].conj()).imag * (M - m_j) * (s - S),
        "current yS": along * (b[Y_S].conj() * (a[A_L] + a[A_R])).imag * (M - m_j) * (1.0 - S / s),
        "current yP": along * (b[Y_P].conj() * (a[A_L] - a[A_R])).real * (M + m_j) * (1.0 - D / s),
        "mu eps": 0.0 * M * m_j,
        "current mu": 0.0 * M * m_j,
        "yS fV": 0.0 * M * m_j,
    }[kind]
    Delta = np.sqrt(np.maximum((s - S) * (s - D), 0.0)) / s
    return float(w / E_eg * np.sum(np.where(s > S, Delta * T, 0.0)) / (E_vg - w) ** 2)


@pytest.mark.parametrize("w", [1.04, 1.0712])
@pytest.mark.parametrize(
    ("kind", "name", "other"),
    [
        ("fV mu", "millicharge", "magnetic"),
        ("fV mu", "charge_radius", "magnetic"),
        ("fA eps", "anapole", "electric"),
        ("current yS", "left", "scalar"),
        ("current yS", "vector", "scalar"),
        ("current yP", "right", "pseudoscalar"),
        ("current yP", "axial", "pseudoscalar"),
        ("mu eps", "magnetic", "electric"),
        ("current mu", "axial", "magnetic"),
        ("yS fV", "scalar", "millicharge"),
    ],
)
def test_interference_has_its_size_and_sign(kind: str, name: str, other: str, w: float) -> None:
    """And a coupling of the other sign turns it round, and nothing else."""
    first, second, turned = (
        made("first", name, "dirac"),
        made("other", other, "dirac"),
        made("other", other, "dirac", -1.0),
    )
    none, one = value([], "dirac", w), value(first, "dirac", w)
    for each, sign in ((second, 1.0), (turned, -1.0)):
        both = value([first, each], "dirac", w)
        interference = both - one - value(each, "dirac", w) + none
        assert interference == pytest.approx(sign * formula(first, second, w, kind), rel=1e-9, abs=1e-13 * both)
    assert (formula(first, second, w, kind) == 0.0) == (kind in ("mu eps", "current mu", "yS fV"))
    assert abs(formula(first, second, w, kind)) > 1e-3 * none or kind in ("mu eps", "current mu", "yS fV")


@pytest.mark.parametrize("nature", NATURES)
@pytest.mark.parametrize("name", NAMES)
def test_two_halves_are_one_and_none_is_nothing(name: str, nature: str) -> None:
    w = np.array([1.05, 1.0694, 1.0712, 1.0716, 1.08])
    one, half, none = (made("first", name, nature, factor) for factor in (1.0, 0.5, 0.0))
    alone = rf.spectral_function(w, interaction=one, **NATURES[nature])
    for several in ([half, half], [one, none], [none, one], [one]):
        assert rf.spectral_function(w, interaction=several, **NATURES[nature]) == pytest.approx(alone, rel=4e-15)
    standard = rf.spectral_function(w, **NATURES[nature])
    for several in ([none, made("other", "axial", nature, 0.0)], []):
        assert np.array_equal(rf.spectral_function(w, interaction=several, **NATURES[nature]), standard)


@pytest.mark.parametrize("method", ["closed_form", "quadrature"])
def test_on_a_pole_it_is_infinite_unless_nothing_feels_it(method: Any) -> None:
    """E_eg = 2 eV and w = 0.9375 eV make s = 0.25 eV^2 exactly."""
    target, w, pole, far = rf.Target(2.0, 2.25), 0.9375, rf.Vector(1e-24, 0.5), rf.Dipole(1e-10)
    options: dict[str, Any] = {"target": target, "method": method, **DIRAC}
    for pair in ([pole, far], [far, pole]):
        assert rf.spectral_function(w, interaction=pair, **options) == math.inf
        assert rf.spectral_function(w, interaction=[*pair, rf.Dipole(-3e-10)], **options) == math.inf
    silent = rf.Vector(0.0, 0.5)
    assert rf.spectral_function(w, interaction=[far, silent], **options) == pytest.approx(
        rf.spectral_function(w, interaction=far, **options), rel=1e-13
    )


@pytest.mark.parametrize("nature", NATURES)
@pytest.mark.parametrize("spin_average", ["isotropic", "polarised"])
def test_the_energy_distribution_against_explicit_traces(nature: str, spin_average: Any) -> None:
    """It also has what vanishes in the mean: current times photon."""
    every = [made("first", name, nature) for name in ("axial", "scalar", "magnetic", "charge_radius")]
    neutrinos, w = rf.Neutrinos(**NATURES[nature]), 1.04
    energies = np.array([0.3, 0.52, 0.61, 0.9])
    right = [by_traces(w, every, neutrinos, polarised=spin_average == "polarised", energy=E) for E in energies]
    found: Array = rf.neutrino_energy_distribution(
        energies, w, interaction=every, spin_average=spin_average, **NATURES[nature]
    )
    assert found == pytest.approx(right, rel=1e-10)
    assert min(right) > 0.0


def test_what_is_no_interaction_is_refused() -> None:
    with pytest.raises(ValueError, match=r"interaction: got .*; allowed: an Interaction, or several of them"):
        rf.spectral_function(1.0, interaction=[rf.Dipole(1e-11), "vector"], **DIRAC)  # type: ignore[list-item]
