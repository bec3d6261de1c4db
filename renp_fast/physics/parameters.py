"""Every physical parameter, once: table, domain, unit, default, what uses it, what it may be, and a line of help.

A scan file and the Python functions take the same keys, so both ask here. To add a parameter: one entry below, and the
place that uses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from renp_fast.physics.domains import Domain, acceptance, choice, number, numbers, shown, text, texture

KINDS = ("standard_model", "vector", "scalar", "dipole", "form_factor")
NEW = KINDS[1:]  # those that add to the Standard Model
MEDIATED = ("vector", "scalar")
CHIRALITIES: dict[str, tuple[str, ...]] = {
    "vector": ("left", "right", "vector", "axial"),
    "scalar": ("scalar", "pseudoscalar"),
    "dipole": ("magnetic", "electric"),
    "form_factor": ("millicharge", "charge_radius", "anapole"),
}
# The widths that each shape of a line takes for its Gaussian, its Lorentzian and its top-hat
WIDTHS: dict[str, tuple[str, str, str]] = {
    "gaussian": ("width_eV", "", ""),
    "lorentzian": ("", "width_eV", ""),
    "voigt": ("gaussian_width_eV", "lorentzian_width_eV", ""),
    "top_hat": ("", "", "width_eV"),
}

# What a scan can compute: its unit and long name
OBSERVABLES = {
    "spectral_function": ("1", "spectral function I(omega)"),
    "rate": ("1/s", "photon emission rate"),
    "events": ("1", "expected number of events"),
    "chi2": ("1", "Poisson chi^2 against the Standard Model"),
    "limit": ("1", "coupling at which chi^2 reaches the threshold"),
    "separation": ("1", "Poisson chi^2 of the alternative against events of the truth"),
}
SPECTRA = ("spectral_function", "rate")  # along an axis of photon energies
COUNTING = ("events", "chi2", "limit", "separation")  # for the trigger energies of an experiment alone
RATES = ("rate", *COUNTING)
EVERY = tuple(OBSERVABLES)


@dataclass(frozen=True)
class Key:
    """All about one key.

    Attributes
    ----------
    name : str
    domain : Domain
    help : str
        One line; of a number also the long name of its axis.
    default : Any
        What it is if it is absent, or None.
    needed : bool
        Whether it must be given, where `kinds` and `observables` use it.
    kinds : tuple of str
        Interactions that take it.
    observables : tuple of str
        Those that depend on it.
    axis : bool
        Whether it may be an axis, and so, in some tables, a nuisance parameter.
    table : str
        Where it stands; empty for the top of the file.
    """

    name: str
    domain: Domain
    help: str
    default: Any = None
    needed: bool = False
    kinds: tuple[str, ...] = KINDS
    observables: tuple[str, ...] = EVERY
    axis: bool = True
    table: str = ""

    @property
    def unit(self) -> str:
        """Its unit, empty for what is no number."""
        return self.domain.unit

    @property
    def allowed(self) -> str:
        """Its domain in words."""
        return self.domain.allowed

    @property
    def nuisance(self) -> bool:
        """Whether it may be profiled over."""
        return self.axis and self.table in ("target", "neutrino", "experiment", "line")

    @property
    def alternative(self) -> bool:
        """Whether it may differ in the alternative of a separation."""
        return self.table in ("neutrino", "interaction")

    def check(self, value: Any) -> Any:
        """The value as it is used.

        Raises
        ------
        ValueError
            If it is not allowed: what was given, and what is allowed.
        """
        try:
            return self.domain.check(value)
        except ValueError:
            raise ValueError(f"got {shown(value)}; allowed: {self.allowed}") from None


ENERGY = number("eV", least=0.0, most=1e6)
LONG_ENERGY = number("eV", least=0.0, most=1e30)
ANY_ENERGY = number("eV", words="finite numbers, in eV")
ANGLE = number("degree", least=0.0, most=90.0)
PHASE = number("degree", least=-3600.0, most=3600.0)
DENSITY = number("1/cm3", above=0.0, most=1e30)
TRIGGERS = numbers(number("eV", least=0.0, most=1e60), "a list of different photon energies in eV, at least one")
CHIRALITY = text(
    "; ".join(f"for {kind}: {', '.join(names)}" for kind, names in CHIRALITIES.items()),
    tuple(name for names in CHIRALITIES.values() for name in names),
)


def per_trigger(unit: str) -> Domain:
    """One number of at least 0 for all triggers, or one for each."""
    allowed = "a finite number of at least 0, or a list with one for each trigger"
    return numbers(number(unit, least=0.0, most=1e60), allowed, one=True)


def _table(name: str, *keys: Key) -> tuple[Key, ...]:
    return tuple(replace(key, table=name) for key in keys)


REGISTRY = (
    *_table(
        "target",
        Key("atom", choice("Yb", "Xe", "Sr"), "atom", "Yb", axis=False),
        Key("E_eg_eV", number("eV", above=0.0, most=1e6), "energy of the excited above the ground state"),
        Key("E_vg_eV", number("eV", above=0.0, most=1e6), "energy of the intermediate above the ground state"),
        Key("gamma_vg_per_s", number("1/s", above=0.0, most=1e30), "E1 width of the intermediate state"),
        Key("spin_factor", number("1", above=0.0, most=1e6), "spin factor of the M1 transition"),
        Key("volume_cm3", number("cm3", above=0.0, most=1e30), "target volume", 100.0, observables=RATES),
        Key("atom_density_cm3", DENSITY, "density of excited atoms", 1e21, observables=RATES),
        Key("photon_density_cm3", DENSITY, "density of trigger photons", 1e21, observables=RATES),
        Key("spin_average", choice("isotropic", "polarised"), "average over the electron's spin", "isotropic"),
        Key("magnetic_factor", number(least=0.0, most=1e60), "factor on amplitudes of photon exchange", 1.0),
        Key("gamma0_per_s", number("1/s", above=0.0, most=1e60), "normalisation of the rate", observables=RATES),
        Key("temperature_K", number("K", least=0.0, most=1e6), "temperature of the atoms"),
        Key("atom_mass_u", number("u", above=0.0, most=1e6), "mass of the atom"),
    ),
    *_table(
        "neutrino",
        Key("nature", choice("dirac", "majorana"), "nature of the neutrinos", needed=True),
        Key("ordering", choice("normal", "inverted"), "mass ordering", needed=True),
        Key("lightest_mass_eV", ENERGY, "lightest neutrino mass", needed=True),
        Key("oscillation", choice("NuFIT-6.0", "NuFIT-5.2", "NuFIT-5.0"), "oscillation parameters", "NuFIT-6.0"),
        Key("theta12_deg", ANGLE, "mixing angle theta12"),
        Key("theta13_deg", ANGLE, "mixing angle theta13"),
        Key("theta23_deg", ANGLE, "mixing angle theta23"),
        Key("delta_cp_deg", PHASE, "Dirac phase delta_CP"),
        Key("alpha21_deg", PHASE, "Majorana phase alpha21", 0.0),
        Key("alpha31_deg", PHASE, "Majorana phase alpha31", 0.0),
        Key("dm21_eV2", number("eV2", above=0.0, most=1e6), "squared-mass difference m2^2 - m1^2"),
        Key("dm3l_eV2", number("eV2", least=-1e6, most=1e6), "squared-mass difference m3^2 - m1^2 or m3^2 - m2^2"),
    ),
    *_table(
        "interaction",
        Key("kind", choice(*KINDS), "interaction", needed=True, axis=False),
        Key("chirality", CHIRALITY, "chirality of the coupling", needed=True, kinds=NEW),
        Key("texture", texture(), "texture of the coupling", "universal", kinds=NEW),
        Key("coupling", number(least=-1e60, most=1e60), "coupling", needed=True, kinds=NEW),
        Key("mediator_mass_eV", LONG_ENERGY, "mass of the mediator", needed=True, kinds=MEDIATED),
        Key("mediator_width_eV", LONG_ENERGY, "width of the mediator", 0.0, kinds=MEDIATED),
        Key(
            "longitudinal", choice("off", "on"), "longitudinal part of a vector's propagator", "off", kinds=("vector",)
        ),
    ),
    *_table(
        "experiment",
        Key("trigger_eV", TRIGGERS, "energy of the trigger laser", needed=True, observables=COUNTING, axis=False),
        Key("exposure_days", per_trigger("day"), "exposure at each trigger", needed=True, observables=COUNTING),
        Key("background_per_day", per_trigger("1/day"), "background at each trigger", 0.0, observables=COUNTING),
    ),
    *_table(
        "line",
        Key("shape", choice(*WIDTHS), "shape of the laser's line"),
        Key("width_eV", ENERGY, "full width of the laser's line at half maximum"),
        Key("gaussian_width_eV", ENERGY, "full width of a Voigt line's Gaussian"),
        Key("lorentzian_width_eV", ENERGY, "full width of a Voigt line's Lorentzian"),
        Key("jitter_eV", ENERGY, "rms jitter of the laser's energy"),
        Key("momentum_spread_eV", ENERGY, "rms of the pair's momentum about the photon's"),
        Key("acceptance", acceptance(), "acceptance of the detector", axis=False),
    ),
    *_table(
        "axes",  # which stand in no other table
        Key("photon_energy_eV", ANY_ENERGY, "photon energy", observables=SPECTRA),
        Key("detuning_eV", ANY_ENERGY, "detuning E_eg/2 - photon energy", observables=SPECTRA),
    ),
)
PARAMETERS = {key.name: key for key in REGISTRY}

LEVELS = ("E_eg_eV", "E_vg_eV", "gamma_vg_per_s", "spin_factor")  # of an atom: all four, or none
COUPLING_UNIT = {"dipole": "Bohr magneton", "millicharge": "e", "charge_radius": "cm2", "anapole": "cm2"}
# Keys that make every result an average, if they are not 0
SPREADING = (
    *("width_eV", "gaussian_width_eV", "lorentzian_width_eV", "jitter_eV"),
    *("momentum_spread_eV", "temperature_K"),
)


# What is checked at each call of a Python function: ranges and names
_QUICK = {name: (key.domain.range or (1.0, 0.0), key.domain.names) for name, key in PARAMETERS.items()}


def check_parameters(names: Sequence[str], source: object) -> None:
    """Refuse parameters out of their domain; ``source`` has them as attributes.

    Raises
    ------
    ValueError
        Naming the first, with what is allowed.
    """
    for name in names:
        value, ((low, high), names_allowed) = getattr(source, name), _QUICK[name]
        if not (low <= value <= high if type(value) is float else type(value) is str and value in names_allowed):
            check_parameter(name, value)


def check_parameter(name: str, value: Any) -> None:
    """Refuse a value out of the domain of its parameter.

    Raises
    ------
    ValueError
        Naming the parameter, with what is allowed.
    """
    try:
        PARAMETERS[name].check(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
