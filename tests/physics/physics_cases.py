"""Random physics for Hypothesis: neutrinos, targets, photon energies, and interactions of a telling size."""

import math
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

import renp_fast as rf
from renp_fast.kernels.types import ComplexMatrix
from renp_fast.physics.neutrinos import thresholds_eV

# Rough sizes of nature in eV, only to choose couplings whose effect is comparable with the Standard Model
G_F, M_E, E_CHARGE, MU_B, HBAR_C = 1.17e-23, 5.11e5, 0.303, 2.96e-7, 1.97e-5

CHIRALITIES: dict[type, tuple[str, ...]] = {
    rf.Vector: ("left", "right", "vector", "axial"),
    rf.Scalar: ("scalar", "pseudoscalar"),
    rf.Dipole: ("magnetic", "electric"),
    rf.FormFactor: ("millicharge", "charge_radius", "anapole"),
}
INTERACTIONS = [(cls, chirality) for cls, chiralities in CHIRALITIES.items() for chirality in chiralities]
TARGETS = (rf.Target(2.0, 2.125), rf.Target(2.14349, 2.23072), rf.Target(8.315316, 8.436524))


class Case(NamedTuple):
    """One call of the spectral function; ``detuning_eV`` is E_eg/2 - w."""

    neutrino: dict[str, Any]
    interaction: Any
    target: rf.Target
    detuning_eV: float

    @property
    def neutrinos(self) -> rf.Neutrinos:
        return rf.Neutrinos(**self.neutrino)

    def value(self, method: str = "closed_form") -> float:
        return float(
            rf.spectral_function(
                detuning_eV=self.detuning_eV,
                interaction=self.interaction,
                target=self.target,
                method=method,
                **self.neutrino,
            )
        )


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(math.exp)


def signed(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers of either sign whose size is log-uniform."""
    return st.builds(math.copysign, log_uniform(low, high), st.sampled_from((1.0, -1.0)))


@st.composite
def neutrino_keywords(draw: st.DrawFn, nature: str | None = None) -> dict[str, Any]:
    ordering = draw(st.sampled_from(("normal", "inverted")))
    dm3l = draw(st.floats(2.3e-3, 2.7e-3))
    return {
        "nature": nature or draw(st.sampled_from(("dirac", "majorana"))),
        "ordering": ordering,
        "lightest_mass_eV": draw(st.one_of(st.just(0.0), log_uniform(1e-4, 0.1))),
        "theta12_deg": draw(st.floats(30.0, 37.0)),
        "theta13_deg": draw(st.floats(8.0, 9.0)),
        "theta23_deg": draw(st.floats(40.0, 50.0)),
        "delta_cp_deg": draw(st.floats(0.0, 360.0)),
        "alpha21_deg": draw(st.floats(0.0, 360.0)),
        "alpha31_deg": draw(st.floats(0.0, 360.0)),
        "dm21_eV2": draw(st.floats(7.0e-5, 8.0e-5)),
        "dm3l_eV2": dm3l if ordering == "normal" else -dm3l,
    }


def hermitian(numbers: list[float]) -> ComplexMatrix:
    """A Hermitian matrix of nine real numbers."""
    d1, d2, d3, a, b, c, x, y, z = numbers
    upper = np.array([[d1 / 2, a + 1j * x, b + 1j * y], [0, d2 / 2, c + 1j * z], [0, 0, d3 / 2]])
    return upper + upper.conj().T


def allowed_matrix(matrix: ComplexMatrix, kind: str, nature: str) -> ComplexMatrix:
    """The part of a Hermitian matrix that the neutrino's nature allows."""
    if nature == "majorana" and kind == "scalar":
        return matrix.real.astype(complex)
    if nature == "majorana" and kind == "dipole":
        return 1j * matrix.imag
    return matrix


def allowed_names(kind: str, chirality: str, nature: str) -> tuple[str, ...]:
    if nature == "majorana" and (kind == "dipole" or chirality in ("millicharge", "charge_radius", "vector")):
        return ("12", "13", "23")
    return ("universal", "11", "12", "13", "22", "23", "33")


def coupling_of_size(size: float, cls: type, chirality: str, s: float, mass: float, width: float) -> float:
    """The coupling whose amplitude is about ``size`` times that of the Standard Model."""
    denominator = abs(complex(s - mass**2, mass * width))
    photon = G_F * M_E / E_CHARGE
    unit = {
        rf.Vector: math.sqrt(2) * G_F * denominator,
        rf.Scalar: 2 * G_F * M_E * denominator / math.sqrt(s),
        rf.Dipole: math.sqrt(6) * photon / MU_B,
        rf.FormFactor: math.sqrt(3) * photon * math.sqrt(s) / E_CHARGE,
    }[cls]
    if chirality in ("charge_radius", "anapole"):
        unit *= HBAR_C**2 / s * (6 if chirality == "charge_radius" else 1)
    return size * unit


@st.composite
def interactions(draw: st.DrawFn, nature: str, s: float, kind: tuple[type, str]) -> Any:
    cls, chirality = kind
    numbers = draw(st.lists(signed(0.1, 1.5), min_size=9, max_size=9))
    names = allowed_names(cls.kind, chirality, nature)
    given_matrix = allowed_matrix(hermitian(numbers), cls.kind, nature).tolist()
    texture = draw(st.one_of(st.sampled_from(names), st.just(given_matrix)))
    keywords = {"chirality": chirality, "texture": texture}
    mass = width = 0.0
    if cls in (rf.Vector, rf.Scalar):
        mass = draw(st.one_of(st.just(0.0), log_uniform(1e-3, 1e4)))
        width = mass * draw(st.sampled_from((0.0, 1e-3, 0.3)))
        keywords |= {"mediator_mass_eV": mass, "mediator_width_eV": width}
    return cls(coupling_of_size(draw(signed(1e-3, 1e2)), cls, chirality, s, mass, width), **keywords)


@st.composite
def cases(
    draw: st.DrawFn,
    kind: tuple[type, str],
    near_threshold: float | None = None,
    target: rf.Target | None = None,
    lowest: float = 1e-6,
) -> Case:
    """A random case with at least one open pair, at ``lowest`` eV or more of detuning; or near a threshold.

    With ``near_threshold`` the case lies so many eV to either side of one threshold instead.
    """
    neutrino = draw(neutrino_keywords())
    target = target or draw(st.sampled_from(TARGETS))
    half = 0.5 * target.E_eg_eV
    thresholds = sorted(half - w for w in thresholds_eV(rf.Neutrinos(**neutrino), target.E_eg_eV).values())
    if near_threshold is None:
        detuning = draw(log_uniform(max(1.1 * thresholds[0], lowest), 0.8 * half))
    else:
        side = draw(st.sampled_from((1.0, -1.0)))
        detuning = draw(st.sampled_from([t for t in thresholds if t > near_threshold])) + side * near_threshold
    s = 2.0 * target.E_eg_eV * detuning
    return Case(neutrino, draw(interactions(neutrino["nature"], s, kind)), target, float(detuning))
