"""What the papers leave out of the amplitude: polarised spins, orbital magnetism, longitudinal vectors."""

import math

import numpy as np
import pytest
from dirac_traces import squared_amplitude
from hypothesis import given, settings
from hypothesis import strategies as st

import renp_fast as rf
from renp_fast.kernels import quadrature
from renp_fast.physics.constants import G_F
from renp_fast.physics.interactions import standard_matrices

YB = {"ordering": "normal", "lightest_mass_eV": 0.01}
E_EG, E_VG = 2.14349, 2.23072
TEXTURE = [[0.3, [0.2, 0.5], 0.7], [[0.2, -0.5], -1.1, [0.0, 0.4]], [0.7, [0.0, -0.4], 0.6]]
T = np.array([[complex(*e) if isinstance(e, list) else e for e in row] for row in TEXTURE])
CHIRAL = {"left": (1.0, 0.0), "right": (0.0, 1.0), "vector": (1.0, 1.0), "axial": (-1.0, 1.0)}


def test_polarised_standard_model_of_ytterbium() -> None:
    """Suppressed by 38, 56 and 106, and Majorana different from Dirac by -12.5, -5.8 and -10.4 %."""
    w = [1.069, 1.07, 1.0708]
    isotropic = rf.spectral_function(w, nature="dirac", **YB)
    dirac = rf.spectral_function(w, nature="dirac", spin_average="polarised", **YB)
    majorana = rf.spectral_function(w, nature="majorana", spin_average="polarised", **YB)
    assert dirac / isotropic == pytest.approx([0.0264, 0.0179, 0.00945], rel=2e-3)
    assert 1.0 / (dirac / isotropic) == pytest.approx([38, 56, 106], rel=0.01)
    assert majorana / dirac - 1.0 == pytest.approx([-0.125, -0.058, -0.104], abs=5e-4)
    late = [1.0716, 1.07164]
    assert rf.spectral_function(late[1], nature="dirac", **YB) / rf.spectral_function(
        late[1], nature="dirac", spin_average="polarised", **YB
    ) == pytest.approx(1600, rel=0.02)
    ratio = rf.spectral_function(late[0], nature="majorana", spin_average="polarised", **YB) / rf.spectral_function(
        late[0], nature="dirac", spin_average="polarised", **YB
    )
    assert ratio - 1.0 == pytest.approx(-0.80, abs=0.01)


@pytest.mark.parametrize("method", ["closed_form", "quadrature"])
@pytest.mark.parametrize("chirality", ["scalar", "pseudoscalar"])
def test_polarised_scalars_change_nothing(method: str, chirality: str) -> None:
    w = np.linspace(0.9, 1.0715, 20)
    options = {"nature": "dirac", "spin_average": "polarised", "method": method, **YB}
    scalar = rf.Scalar(1e-15, 0.3, chirality=chirality, texture=TEXTURE)
    assert np.array_equal(rf.spectral_function(w, interaction=scalar, **options), rf.spectral_function(w, **options))


@pytest.mark.parametrize("spin_average", ["isotropic", "polarised"])
def test_the_magnetic_factor_multiplies_a_moment(spin_average: str) -> None:
    w, options = [1.069, 1.0716], {"nature": "dirac", "spin_average": spin_average, **YB}
    half = rf.spectral_function(w, interaction=rf.Dipole(4e-11, texture=TEXTURE), magnetic_factor=0.5, **options)
    assert half == pytest.approx(
        rf.spectral_function(w, interaction=rf.Dipole(2e-11, texture=TEXTURE), **options), rel=1e-14
    )
    vector = rf.Vector(1e-25, 0.3)
    assert np.array_equal(
        rf.spectral_function(w, interaction=vector, magnetic_factor=0.5, **options),
        rf.spectral_function(w, interaction=vector, **options),
    )


def by_traces(w: float, g: float, M: float, chirality: str, nature: str, polarised: bool) -> float:
    """I(w) of a vector mediator with its whole propagator: traces at Gauss nodes in energy and azimuth, no kernels."""
    neutrinos = rf.Neutrinos(nature=nature, alpha21_deg=40.0, alpha31_deg=110.0, **YB)
    s, Q0 = E_EG * (E_EG - 2.0 * w), E_EG - w
    m = neutrinos.masses_eV
    left, right = (g * factor / (math.sqrt(2.0) * G_F * (s - M * M)) * T for factor in CHIRAL[chirality])
    if nature == "majorana":
        left, right = left - right.T, right - left.T
    standard = standard_matrices(neutrinos)
    weights = (3.0, 0.0, 0.0) if polarised else (1.0, 1.0, 1.0)
    W = 0.0
    for i in range(3):
        for j in range(3):
            d, S, D = m[i] ** 2 - m[j] ** 2, (m[i] + m[j]) ** 2, (m[i] - m[j]) ** 2
            if s <= S:
                continue
            Delta = math.sqrt((s - S) * (s - D)) / s
            c = np.zeros(8, dtype=np.complex128)
            c[:2] = standard[:2, i, j] + [left[i, j], right[i, j]]
            along_q = np.array([left[i, j], right[i, j]]) / M**2
            for node, weight in zip(*np.polynomial.legendre.leggauss(4), strict=True):
                E = 0.5 * (Q0 * (1.0 + d / s) + w * Delta * node)
                p_long = (E * Q0 - 0.5 * (s + d)) / w
                across = math.sqrt(E * E - m[i] ** 2 - p_long**2)
                for phi in np.arange(4) * 0.5 * math.pi + 0.3:
                    p = np.array([E, across * math.cos(phi), across * math.sin(phi), p_long])
                    q = np.array([Q0, 0.0, 0.0, w])
                    trace = squared_amplitude(p, q - p, m[i], m[j], c, weights, along_q)
                    W += Delta * 0.5 * weight * trace / 4.0
    return (0.5 if nature == "majorana" else 1.0) * w / E_EG * W / (E_VG - w) ** 2


@pytest.mark.parametrize("nature", ["dirac", "majorana"])
@pytest.mark.parametrize("chirality", list(CHIRAL))
@pytest.mark.parametrize("spin_average", ["isotropic", "polarised"])
def test_the_longitudinal_part_against_explicit_traces(nature: str, chirality: str, spin_average: str) -> None:
    for w, g, M in ((1.02, 3e-26, 0.02), (1.069, -2e-25, 0.4), (0.8, 5e-24, 3.0)):
        vector = rf.Vector(g, M, chirality=chirality, texture=TEXTURE, longitudinal="on")
        options = {"nature": nature, "alpha21_deg": 40.0, "alpha31_deg": 110.0, "spin_average": spin_average, **YB}
        expected = by_traces(w, g, M, chirality, nature, spin_average == "polarised")
        for method in ("closed_form", "quadrature"):
            found = rf.spectral_function(w, interaction=vector, method=method, **options)
            assert found == pytest.approx(expected, rel=1e-10)


def test_the_longitudinal_part_is_absent_for_a_diagonal_vector_coupling() -> None:
    w = [1.02, 1.069]
    on, off = (
        rf.spectral_function(
            w, interaction=rf.Vector(1e-26, 0.01, chirality="vector", longitudinal=switch), nature="dirac", **YB
        )
        for switch in ("on", "off")
    )
    assert np.array_equal(on, off)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["isotropic", "polarised"]),
    st.sampled_from([rf.Dipole, rf.FormFactor, rf.Vector]),
    st.floats(0.02, 0.9),
    st.floats(0.0, 2.0),
)
def test_both_methods_agree(spin_average: str, kind: type, detuning: float, factor: float) -> None:
    """Away from thresholds both are good to 1e-10; next to them `test_two_methods` knows how good each can be."""
    options = {rf.Dipole: {"coupling": 3e-11}, rf.FormFactor: {"coupling": 1e-12}}
    vector = {"coupling": 1e-25, "mediator_mass_eV": 0.3, "longitudinal": "on"}
    interaction = kind(**options.get(kind, vector), texture=TEXTURE)
    closed, integrated = (
        rf.spectral_function(
            detuning_eV=[detuning],
            interaction=interaction,
            nature="dirac",
            spin_average=spin_average,
            magnetic_factor=factor,
            method=method,
            **YB,
        )
        for method in ("closed_form", "quadrature")
    )
    assert integrated == pytest.approx(closed, rel=1e-10)


def test_the_distribution_integrates_to_the_spectral_function() -> None:
    options = {"nature": "dirac", "spin_average": "polarised", "magnetic_factor": 0.5, **YB}
    interaction, w = rf.Dipole(2e-11, chirality="electric", texture=TEXTURE), 1.0
    E = np.linspace(0.0, E_EG - w, 200_001)
    density = rf.neutrino_energy_distribution(E, w, interaction=interaction, **options)
    assert np.trapezoid(density, E) == pytest.approx(
        rf.spectral_function(w, interaction=interaction, **options), rel=1e-4
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"spin_average": "circular"}, "spin_average: got 'circular'; allowed: isotropic, polarised"),
        ({"magnetic_factor": -1.0}, "magnetic_factor: got -1.0; allowed: a finite number at least 0"),
        ({"magnetic_factor": math.nan}, "magnetic_factor: got nan; allowed: a finite number at least 0"),
    ],
)
def test_what_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rf.spectral_function(1.0, nature="dirac", **YB, **wrong)


def test_a_longitudinal_part_needs_a_mass_and_is_on_or_off() -> None:
    with pytest.raises(ValueError, match=r"mediator_mass_eV: got 0.0; allowed with a longitudinal part: above 0"):
        rf.Vector(1e-26, 0.0, longitudinal="on")
    with pytest.raises(ValueError, match="longitudinal: got 'yes'; allowed: off, on"):
        rf.Vector(1e-26, 1.0, longitudinal="yes")


def test_matrices_of_the_amplitude_have_the_longitudinal_scalars() -> None:
    neutrinos = rf.Neutrinos(nature="dirac", **YB)
    plain, full = (rf.Vector(1e-26, 0.5, longitudinal=switch).matrices(neutrinos) for switch in ("off", "on"))
    m = neutrinos.masses_eV
    assert not plain[quadrature.PSEUDOSCALAR].any()
    assert full[quadrature.PSEUDOSCALAR] == pytest.approx(np.diag(-m / 0.25) * plain[quadrature.A_LEFT])
