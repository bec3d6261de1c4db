"""The numbers of section 8 of the physics contract, to the digits in which they are written there."""

import pytest

import renp_fast as rf
from renp_fast.physics.neutrinos import thresholds_eV

NO = {"ordering": "normal", "lightest_mass_eV": 0.01, "oscillation": "NuFIT-6.0"}
THRESHOLDS = {
    "33": "1.06930692",
    "23": "1.07077930",
    "13": "1.07087368",
    "22": "1.07158181",
    "12": "1.07161918",
    "11": "1.07165169",
}
SPECTRUM = [
    (1.069, "0.0301626", "-3.308e-03"),
    (1.07, "0.0243702", "-1.035e-03"),
    (1.0708, "0.0229407", "-9.842e-04"),
    (1.0712, "0.0222349", "-9.328e-04"),
    (1.0716, "0.0110389", "-7.178e-04"),
    (1.07164, "0.000718554", "-5.423e-04"),
]


def test_thresholds() -> None:
    got = thresholds_eV(rf.Neutrinos("dirac", **NO), 2.14349)
    assert {pair: f"{w:.8f}" for pair, w in got.items()} == THRESHOLDS


@pytest.mark.parametrize("method", ["closed_form", "quadrature"])
@pytest.mark.parametrize(("w", "dirac", "change"), SPECTRUM)
def test_standard_model_spectrum(w: float, dirac: str, change: str, method: str) -> None:
    """Yb, Dirac, and the relative change for Majorana neutrinos with vanishing phases."""
    of_dirac, of_majorana = (
        float(rf.spectral_function(w, target="Yb", method=method, nature=nature, **NO))
        for nature in ("dirac", "majorana")
    )
    assert f"{of_dirac:.6g}" == dirac
    assert f"{of_majorana / of_dirac - 1.0:.3e}" == change


def test_the_triggers_of_the_papers_fall_one_into_each_interval() -> None:
    ends = sorted(float(w) for w in THRESHOLDS.values())
    opened = [sum(w < end for end in ends) for w, _, _ in SPECTRUM]
    assert opened == [6, 5, 4, 3, 2, 1]


def test_a_moment_of_1e_11_bohr_magnetons_changes_the_rate_by_about_a_percent() -> None:
    """0.8 to 1.4 % for one open diagonal element, 2 to 3 % for the universal texture."""
    for texture, low, high in (("11", 0.008, 0.014), ("universal", 0.02, 0.03)):
        moment = rf.Dipole(1e-11, "magnetic", texture)
        change = rf.spectral_function(1.069, interaction=moment, nature="dirac", **NO)
        change = change / rf.spectral_function(1.069, nature="dirac", **NO) - 1.0
        assert low < change < high
