"""Symbols, units and names of parameters in figures, and which of them come first."""

from typing import Any

SYMBOLS = {
    "photon_energy_eV": r"\omega",
    "trigger": r"\omega",
    "detuning_eV": r"E_{eg}/2-\omega",
    "lightest_mass_eV": "m_0",
    "mediator_mass_eV": "M",
    "mediator_width_eV": r"\Gamma_M",
    "theta12_deg": r"\theta_{12}",
    "theta13_deg": r"\theta_{13}",
    "theta23_deg": r"\theta_{23}",
    "delta_cp_deg": r"\delta_{CP}",
    "alpha21_deg": r"\alpha_{21}",
    "alpha31_deg": r"\alpha_{31}",
    "dm21_eV2": r"\Delta m^2_{21}",
    "dm3l_eV2": r"\Delta m^2_{3\ell}",
    "E_eg_eV": "E_{eg}",
    "E_vg_eV": "E_{vg}",
    "gamma_vg_per_s": r"\gamma_{vg}",
    "spin_factor": "C_{ev}",
    "volume_cm3": "V",
    "atom_density_cm3": "n_a",
    "photon_density_cm3": r"n_\gamma",
    "gamma0_per_s": r"\Gamma_0",
    "exposure_days": "T",
    "background_per_day": "b",
    "magnetic_factor": "f_M",
    "temperature_K": r"\Theta",
    "atom_mass_u": "m_a",
    "width_eV": "w",
    "gaussian_width_eV": "w_G",
    "lorentzian_width_eV": "w_L",
    "jitter_eV": r"\sigma_\omega",
    "momentum_spread_eV": r"\sigma_q",
}
# With the pair of mass eigenstates of the texture, or \nu for all of them, as the index
COUPLING_SYMBOLS = {
    "vector": "g_e g_{%s}",
    "scalar": "y_e y_{%s}",
    "magnetic": r"\mu_{%s}",
    "electric": r"\epsilon_{%s}",
    "millicharge": "q_{%s}",
    "charge_radius": r"\langle r^2\rangle_{%s}",
    "anapole": "a_{%s}",
}
UNITS = {
    "1": "",
    "degree": r"$^\circ$",
    "eV2": r"eV$^2$",
    "cm2": r"cm$^2$",
    "cm3": r"cm$^3$",
    "1/cm3": r"cm$^{-3}$",
    "1/s": r"s$^{-1}$",
    "1/day": r"day$^{-1}$",
    "Bohr magneton": r"$\mu_\mathrm{B}$",
    "e": "$e$",
    "day": "days",
}
FORMULAS = {
    "I(omega)": r"$I(\omega)$",
    "chi^2": r"$\chi^2$",
    "E_eg/2 - photon energy": r"$E_{eg}/2-\omega$",
    "theta12": r"$\theta_{12}$",
    "theta13": r"$\theta_{13}$",
    "theta23": r"$\theta_{23}$",
    "alpha21": r"$\alpha_{21}$",
    "alpha31": r"$\alpha_{31}$",
    "m2^2 - m1^2": "$m_2^2-m_1^2$",
    "m3^2 - m1^2": "$m_3^2-m_1^2$",
    "m3^2 - m2^2": "$m_3^2-m_2^2$",
    "delta_CP": r"$\delta_{CP}$",
}
# Of observables whose long names are too long for an axis; an untitled figure has those as its title
LABELS = {"separation": r"Poisson $\chi^2$ of the alternative"}
CHOICES = {
    "dirac": "Dirac",
    "majorana": "Majorana",
    "normal": "normal ordering",
    "inverted": "inverted ordering",
    "isotropic": "isotropic spins",
    "polarised": "polarised spins",
    "on": "with its longitudinal part",
    "off": "without its longitudinal part",
    "gaussian": "Gaussian line",
    "lorentzian": "Lorentzian line",
    "voigt": "Voigt line",
    "top_hat": "top-hat line",
}
# What a scan means that does not say otherwise: not worth a word unless it differs between curves
IMPLIED: dict[str, Any] = {
    "texture": "universal",
    "mediator_width_eV": 0.0,
    "longitudinal": "off",
    "spin_average": "isotropic",
    "magnetic_factor": 1.0,
    "background_per_day": 0.0,
    "temperature_K": 0.0,
    "jitter_eV": 0.0,
    "momentum_spread_eV": 0.0,
}
INTERACTION = ("kind", "chirality", "texture", "coupling", "mediator_mass_eV", "mediator_width_eV", "longitudinal")
CHAIN = ("spin_average", "magnetic_factor")
TARGET = ("volume_cm3", "atom_density_cm3", "photon_density_cm3", "gamma0_per_s")
EXPERIMENT = (*TARGET, "trigger_eV", "exposure_days", "background_per_day")
LINE = (
    *("shape", "width_eV", "gaussian_width_eV", "lorentzian_width_eV", "jitter_eV"),
    *("temperature_K", "momentum_spread_eV", "acceptance"),
)
NEUTRINO = ("nature", "ordering", "lightest_mass_eV")
LEADING = (
    "confidence_level",
    *INTERACTION,
    "atom",
    *CHAIN,
    *LINE,
    *NEUTRINO,
    *EXPERIMENT,
    "against",
    "profile",
    "band",
)
MOST_TRIGGERS = 8
