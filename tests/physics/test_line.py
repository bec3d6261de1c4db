"""Averages over laser lines against mpmath, scipy and limits that are known, thresholds and poles among the points."""

import math
import warnings
from typing import Any

import numpy as np
import pytest
from line_reference import (
    E_EG,
    Function,
    Reference,
    around,
    gaussian,
    integral,
    lorentzian,
    mp,
    relative,
    smeared_top_hat,
)
from scipy.integrate import quad
from scipy.special import voigt_profile

import renp_fast as rf
from renp_fast.kernels.line import averages
from renp_fast.physics.interactions import Interaction
from renp_fast.physics.line import FULL_WIDTH, acceptance_segments
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.targets import ATOMS

NORMAL = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01}
INVERTED = {"nature": "majorana", "ordering": "inverted", "lightest_mass_eV": 0.02, "alpha21_deg": 40.0}
STANDARD = rf.StandardModel()
VECTOR = rf.Vector(3e-25, 0.3, "left", "12", mediator_width_eV=1e-4)
WIDTH = 3e-5


def with_errors(w: list[float], interaction: Interaction, line: rf.Line, **neutrino: Any) -> tuple[Any, Any, Any]:
    """Averages, estimates of their errors, and statuses."""
    yb, neutrinos = ATOMS["Yb"], Neutrinos(**neutrino)
    mediator = [interaction.mediator_mass_eV, interaction.mediator_width_eV, interaction.exchange]
    scales = interaction.scales()
    row = [*neutrinos.row, yb.E_eg_eV, 0.0, scales[10], yb.E_vg_eV, *mediator, *line.row(yb.atom_mass_u)]
    forms, estimates = np.empty((1, 3, len(w))), np.empty((1, averages.ESTIMATES, len(w)))
    textures, acceptance = interaction.matrix(neutrinos.nature)[np.newaxis], acceptance_segments(line.acceptance)
    rows, energies = np.array([row], dtype=np.float64), np.array(w)
    averages.fill_averages(rows, textures, scales[np.newaxis], energies, False, acceptance, forms, estimates)
    g = abs(interaction.coupling)
    values = forms[0, 0] + interaction.coupling * (forms[0, 1] + interaction.coupling * forms[0, 2])
    return values, estimates[0, 0] + g * (estimates[0, 1] + g * estimates[0, 2]), estimates[0, averages.STATUS]


def lines_of(w0: float) -> dict[str, tuple[rf.Line, Function, list[Any]]]:
    """A line of each shape, the same for mpmath, and where its integral is cut."""
    width, centre = mp.mpf(WIDTH), mp.mpf(w0)
    sigma = width / mp.mpf(FULL_WIDTH)
    near = [centre - 11 * sigma, centre, centre + 11 * sigma]
    flat = [centre - width / 2, centre + width / 2]
    wide = around(centre, width, 6, 8)

    def voigt(u: Any) -> Any:  # mpmath's own takes minutes
        return mp.mpf(float(voigt_profile(float(u), float(sigma), WIDTH / 2.0)))

    return {
        "gaussian": (rf.Line("gaussian", WIDTH), gaussian(sigma), near),
        "lorentzian": (rf.Line("lorentzian", WIDTH), lorentzian(width / 2), wide),
        "voigt": (rf.Line("voigt", gaussian_width_eV=WIDTH, lorentzian_width_eV=WIDTH), voigt, wide),
        "top_hat": (rf.Line("top_hat", WIDTH), lambda _: 1 / width, flat),
        "top_hat with jitter": (
            rf.Line("top_hat", WIDTH, jitter_eV=WIDTH / 5.0),
            smeared_top_hat(width / 5, width),
            [*flat, flat[0] - 2 * width, flat[1] + 2 * width],
        ),
    }


@pytest.mark.parametrize("pair", range(6))
def test_across_each_threshold_every_shape_agrees_with_mpmath(pair: int) -> None:
    """To 1e-13, and the estimate of the error is no less than the error."""
    reference = Reference(STANDARD, **NORMAL)
    w0 = float(reference.thresholds()[pair]) + 1e-6
    for name, (line, exact, points) in lines_of(w0).items():
        expected = reference.average(exact, mp.mpf(w0), points)
        (value,), (error,), (status,) = with_errors([w0], STANDARD, line, **NORMAL)
        assert status == 1
        assert relative(value, expected) < 1e-13, name
        assert abs(value - float(expected)) <= error < 2e-10 * value, name
        assert rf.spectral_function(w0, line=line, **NORMAL) == value


@pytest.mark.parametrize(
    ("interaction", "neutrino"),
    [
        (VECTOR, INVERTED),
        (rf.Dipole(2e-11, "magnetic", "12"), INVERTED),
        (rf.Dipole(2e-11, "electric", "23"), NORMAL),
        (rf.Scalar(2e-17, 0.3, "pseudoscalar", "13", mediator_width_eV=3e-4), NORMAL),
        (rf.FormFactor(1e-13, "charge_radius", "22"), NORMAL),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_new_interactions_agree_with_mpmath(interaction: Interaction, neutrino: dict[str, Any]) -> None:
    """The mediator's strength varies along the line, and its pole lies within it."""
    reference = Reference(interaction, **neutrino)
    for pair in (1, 4):
        w0 = float(reference.thresholds()[pair]) - 2e-6
        if interaction.mediator_mass_eV:
            pole = float(E_EG - mp.mpf(interaction.mediator_mass_eV) ** 2 / E_EG) / 2.0
            w0 = pole + 1e-4 if pair == 1 else w0
        shape = "lorentzian" if pair == 4 and interaction.kind == "dipole" else "gaussian"
        line, exact, points = lines_of(w0)[shape]
        expected = reference.average(exact, mp.mpf(w0), points)
        (value,), (error,), (status,) = with_errors([w0], interaction, line, **neutrino)
        assert status == 1
        assert relative(value, expected) < 1e-12
        assert abs(value - float(expected)) <= error
        assert rf.spectral_function(w0, interaction=interaction, line=line, **neutrino) == pytest.approx(
            value, rel=1e-15
        )
        assert relative(rf.spectral_function(w0, interaction=interaction, **neutrino), expected) > 1e-7


def test_estimates_are_no_less_than_the_errors() -> None:
    """At random points, masses, widths and shapes; the reference is the same average in 30 digits."""
    rng = np.random.default_rng(11)
    for _ in range(8):
        neutrino = NORMAL | {"lightest_mass_eV": float(rng.uniform(0.0, 0.05))}
        reference = Reference(STANDARD, **neutrino)
        w0 = float(reference.thresholds()[rng.integers(6)]) - float(rng.choice([-1.0, 1.0]) * 10 ** rng.uniform(-8, -4))
        width = float(10.0 ** rng.uniform(-7, -3))
        sigma = mp.mpf(width) / mp.mpf(FULL_WIDTH)
        points = [mp.mpf(w0) + k * sigma for k in (-11, -5, -2, 0, 2, 5, 11)]
        expected = reference.average(gaussian(sigma), mp.mpf(w0), points)
        (value,), (error,), _ = with_errors([w0], STANDARD, rf.Line("gaussian", width), **neutrino)
        assert abs(value - float(expected)) <= error, (w0, width)


@pytest.mark.parametrize("interaction", [STANDARD, VECTOR, rf.Dipole(2e-11, "magnetic", "12")], ids=lambda i: i.kind)
def test_without_width_it_is_the_sharp_function(interaction: Interaction) -> None:
    w = np.linspace(1.0, 1.0716, 40)
    sharp = rf.spectral_function(w, interaction=interaction, **INVERTED)
    for line in (rf.Line(), rf.Line("voigt"), rf.Line(acceptance=[0.5, 1.2])):
        assert rf.spectral_function(w, interaction=interaction, line=line, **INVERTED) == pytest.approx(
            sharp, rel=1e-15
        )
    narrow = rf.spectral_function(w, interaction=interaction, line=rf.Line(width_eV=1e-11), **INVERTED)
    assert narrow == pytest.approx(sharp, rel=1e-12)


def test_a_top_hat_is_the_mean_of_the_sharp_function() -> None:
    reference = Reference(STANDARD, **NORMAL)
    for w0, width in ((1.0, 0.02), (1.0708, 2e-4), (1.0717, 1e-3), (0.3, 0.1)):
        low, high = w0 - 0.5 * width, w0 + 0.5 * width
        cuts = [float(p) for p in reference.thresholds() if low < p < high]
        area, _ = quad(lambda w: float(rf.spectral_function(w, **NORMAL)), low, high, points=cuts or None, epsabs=0.0)
        assert rf.spectral_function(w0, line=rf.Line("top_hat", width), **NORMAL) == pytest.approx(
            area / width, rel=1e-9
        )


def test_a_voigt_line_becomes_both_others() -> None:
    w = [1.0692, 1.0708, 1.0717]
    for one, other, key in (("gaussian", "lorentzian", 0), ("lorentzian", "gaussian", 1)):
        widths = {f"{one}_width_eV": WIDTH, f"{other}_width_eV": 1e-18 if key == 0 else 1e-14}
        voigt = rf.spectral_function(w, line=rf.Line("voigt", **widths), **NORMAL)
        assert voigt == pytest.approx(rf.spectral_function(w, line=rf.Line(one, WIDTH), **NORMAL), rel=1e-9)


def test_jitter_and_motion_add_in_quadrature() -> None:
    """Yb at 1000 K by hand: sqrt(k T/(m c^2)) = sqrt(0.086173333/(173.045 x 931494104)) = 7.3117e-7."""
    w0 = 1.0707
    doppler = w0 * math.sqrt(8.617333262145179e-5 * 1000.0 / (173.045 * 931.49410372e6))
    assert doppler / w0 == pytest.approx(7.3117e-7, rel=1e-4)
    together = rf.Line("gaussian", 2e-6, jitter_eV=5e-7, temperature_K=1000.0)
    rms = math.sqrt((2e-6 / FULL_WIDTH) ** 2 + 25e-14 + doppler**2)
    alone = rf.Line("gaussian", FULL_WIDTH * rms)
    for line in (together, rf.Line("voigt", gaussian_width_eV=2e-6, jitter_eV=5e-7, temperature_K=1000.0)):
        found = rf.spectral_function(w0, line=line, **NORMAL)
        assert found == pytest.approx(rf.spectral_function(w0, line=alone, **NORMAL), rel=1e-12)
    unknown = rf.Target(2.0, 2.25)
    with pytest.raises(ValueError, match="temperature_K: the mass of the atom is not known"):
        rf.spectral_function(0.9, target=unknown, line=together, **NORMAL)


@pytest.mark.parametrize(
    ("interaction", "neutrino"),
    [(STANDARD, NORMAL), (VECTOR, INVERTED), (rf.Dipole(2e-11, "magnetic", "12"), INVERTED)],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_spread_of_momenta_agrees_with_a_double_integral(interaction: Interaction, neutrino: dict[str, Any]) -> None:
    """By mpmath, with s = (E_eg - w)^2 - q^2, alone and together with a top-hat line."""
    reference = Reference(interaction, **neutrino)
    spread, w0 = mp.mpf(2e-5), mp.mpf(float(reference.thresholds()[3]) + 3e-6)
    weight, Q0 = gaussian(spread), E_EG - w0
    opens = [mp.sqrt(Q0 * Q0 - S) - w0 for S in reference.S.values()]
    points = [k * spread for k in (-11, -5, -2, 0, 2, 5, 11)]
    expected = integral(lambda k: weight(k) * reference.I(w0, k), [*points, *opens], points[0], points[-1])
    line = rf.Line(momentum_spread_eV=float(spread))
    found = rf.spectral_function(float(w0), interaction=interaction, line=line, **neutrino)
    assert relative(found, expected) < 1e-12
    if interaction is not STANDARD:
        return
    # The inner integral is that of the sharp function, smooth between the thresholds
    flat = mp.mpf(1e-5)
    ends = [w0 - flat / 2, w0 + flat / 2]
    mp.dps = 15
    crossings = [2 * (p - end) for p in reference.thresholds() for end in ends]
    expected = integral(
        lambda k: weight(k) * reference.average(lambda _: 1 / flat, w0, ends, k),
        [-2 * spread, 2 * spread, *crossings],
        -8 * spread,
        8 * spread,
    )
    mp.dps = 30
    line = rf.Line("top_hat", float(flat), momentum_spread_eV=float(spread))
    assert relative(rf.spectral_function(float(w0), interaction=interaction, line=line, **neutrino), expected) < 1e-10


def test_the_detector_sees_what_it_accepts() -> None:
    line = rf.Line("gaussian", 2e-3)
    whole = rf.spectral_function(1.07, line=line, **NORMAL)
    parts = [
        rf.spectral_function(1.07, line=rf.Line("gaussian", 2e-3, acceptance=window), **NORMAL)
        for window in ([0.0, 1.0695], [1.0695, 1.0703], [1.0703, 1.3])
    ]
    assert sum(parts) == pytest.approx(whole, rel=1e-13)
    sloped = [[1.068, 0.2], [1.0705, 0.9], [1.0712, 0.1]]
    sigma = 2e-3 / FULL_WIDTH

    def integrand(w: float) -> float:
        part = np.interp(w, *np.transpose(sloped), left=0.0, right=0.0)
        return float(part * rf.spectral_function(w, **NORMAL)) * math.exp(-0.5 * ((w - 1.07) / sigma) ** 2)

    cuts = [1.0705, *(float(p) for p in Reference(STANDARD, **NORMAL).thresholds() if p < 1.0712)]
    area, _ = quad(integrand, 1.068, 1.0712, points=cuts, epsabs=0.0, epsrel=1e-11, limit=200)
    found = rf.spectral_function(1.07, line=rf.Line("gaussian", 2e-3, acceptance=sloped), **NORMAL)
    assert found == pytest.approx(area / (sigma * math.sqrt(2.0 * math.pi)), rel=1e-9)
    sharp = rf.spectral_function([1.069, 1.0712, 1.0716], line=rf.Line(acceptance=sloped), **NORMAL)
    factors = [0.2 + 0.7 * 0.4, 0.1, 0.0]
    assert sharp == pytest.approx(factors * rf.spectral_function([1.069, 1.0712, 1.0716], **NORMAL), rel=1e-10)


def test_a_pole_within_the_line_is_infinite_and_one_that_nobody_feels_is_not() -> None:
    pole = 0.5 * (2.14349 - 0.3**2 / 2.14349)
    light = rf.Vector(1e-25, 0.3, "left", "11")
    for line in (rf.Line("gaussian", 1e-4), rf.Line("top_hat", 1e-4), rf.Line(momentum_spread_eV=1e-4)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = rf.spectral_function([pole + 2e-5, pole - 1e-2], interaction=light, line=line, **NORMAL)
        assert math.isinf(values[0])
        assert math.isfinite(values[1])
    assert math.isinf(rf.spectral_function(0.5, interaction=light, line=rf.Line("lorentzian", 1e-9), **NORMAL))
    _, errors, status = with_errors([pole], light, rf.Line("gaussian", 1e-4), **NORMAL)
    assert status == [3]
    assert math.isfinite(errors[0])
    below = rf.Vector(1e-25, 0.05, "left", "33")  # its pole lies where the pair 33 is closed
    assert math.isfinite(rf.spectral_function(1.0705, interaction=below, line=rf.Line("gaussian", 1e-3), **NORMAL))


def test_what_does_not_converge_is_reported() -> None:
    narrow = rf.Vector(1e-25, 0.3, mediator_width_eV=1e-22)
    with pytest.warns(RuntimeWarning, match="1 of the averages over the line do not converge"):
        rf.spectral_function(
            0.5 * (2.14349 - 0.09 / 2.14349), interaction=narrow, line=rf.Line(width_eV=1e-4), **NORMAL
        )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"shape": "square"}, "shape: got 'square'; allowed: gaussian, lorentzian, voigt, top_hat"),
        ({"width_eV": -1e-5}, "width_eV: got -1e-05; allowed: a finite number at least 0"),
        ({"jitter_eV": math.nan}, "jitter_eV: got nan"),
        ({"shape": "voigt", "width_eV": 1e-5}, "allowed for voigt: gaussian_width_eV and lorentzian_width_eV"),
        ({"lorentzian_width_eV": 1e-5}, "allowed for gaussian: width_eV"),
        ({"acceptance": [1.1, 1.0]}, "acceptance: got"),
        ({"acceptance": [[1.0, 0.5], [1.1, 1.2]]}, "parts from 0 to 1"),
        ({"acceptance": "all"}, "acceptance: got 'all'"),
    ],
)
def test_what_a_line_refuses(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match="allowed") as error:
        rf.Line(**values)
    assert words in str(error.value)


def test_what_a_spectral_function_refuses_of_a_line() -> None:
    with pytest.raises(ValueError, match=r"momentum_spread_eV: got 0\.1; allowed: at most"):
        rf.spectral_function(1.0, line=rf.Line(momentum_spread_eV=0.1), **NORMAL)
    with pytest.raises(ValueError, match="allowed with a line: closed_form"):
        rf.spectral_function(1.0, line=rf.Line(), method="quadrature", **NORMAL)


def test_nan_passes_through() -> None:
    values = rf.spectral_function([1.069, math.nan], line=rf.Line(width_eV=1e-5), **NORMAL)
    assert np.isnan(values).tolist() == [False, True]
