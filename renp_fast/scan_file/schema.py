"""The tables of a scan file: every key with its unit, meaning and domain.

Pydantic, since it reports all faults of a file at once, each with its path, and since the field that checks a value
also tells its unit and meaning, so that a value, an entry of an axis and a coordinate in the store share one line.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from renp_fast.physics.interactions import SCALES, SPIN_AVERAGES, SWITCHES
from renp_fast.physics.line import ACCEPTANCE, SHAPES
from renp_fast.physics.oscillation import PRESETS
from renp_fast.physics.targets import ATOMS
from renp_fast.physics.textures import NAMES

OBSERVABLES = {
    # name: (unit, long name)
    "spectral_function": ("1", "spectral function I(omega)"),
    "rate": ("1/s", "photon emission rate"),
    "events": ("1", "expected number of events"),
    "chi2": ("1", "Poisson chi^2 against the Standard Model"),
    "limit": ("1", "coupling at which chi^2 reaches the threshold"),
    "separation": ("1", "Poisson chi^2 of the alternative against events of the truth"),
}
# Those for the trigger energies of an experiment alone
COUNTING = ("events", "chi2", "limit", "separation")
# Those for which chi^2 is to reach the threshold of a confidence level
WITH_THRESHOLD = ("limit", "separation")


def number(unit: str, meaning: str, **bounds: Any) -> Any:
    """A key that holds a finite number in ``unit``, within ``bounds`` (gt, ge, lt, le)."""
    signs = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    limits = [f"{signs[name]} {bound:g}" for name, bound in bounds.items()]
    allowed = "a finite number " + " and ".join(limits) if limits else "a finite number"
    return Field(
        default=None,
        description=meaning,
        json_schema_extra={"unit": unit, "allowed": allowed},
        allow_inf_nan=False,
        **bounds,
    )


def choice(meaning: str, *allowed: str, default: str | None = None) -> Any:
    """A key that holds one of the ``allowed`` strings."""
    return Field(default=default, description=meaning, json_schema_extra={"allowed": ", ".join(allowed)})


class Table(BaseModel):
    """A table of the scan file. Each key may be absent, since it may stand in [axes]."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def about(cls, key: str, what: Literal["unit", "allowed"]) -> str:
        """Unit or domain of a key, in words."""
        extra = cls.model_fields[key].json_schema_extra
        return str(extra.get(what, "")) if isinstance(extra, dict) else ""


class TargetTable(Table):
    """[target]."""

    atom: Literal["Yb", "Xe", "Sr"] | None = choice("atom", *ATOMS)
    E_eg_eV: float | None = number("eV", "energy of the excited above the ground state", gt=0.0, le=1e6)
    E_vg_eV: float | None = number("eV", "energy of the intermediate above the ground state", gt=0.0, le=1e6)
    gamma_vg_per_s: float | None = number("1/s", "E1 width of the intermediate state", gt=0.0, le=1e30)
    spin_factor: float | None = number("1", "spin factor of the M1 transition", gt=0.0, le=1e6)
    volume_cm3: float | None = number("cm3", "target volume", gt=0.0, le=1e30)
    atom_density_cm3: float | None = number("1/cm3", "density of excited atoms", gt=0.0, le=1e30)
    photon_density_cm3: float | None = number("1/cm3", "density of trigger photons", gt=0.0, le=1e30)
    spin_average: Literal["isotropic", "polarised"] | None = choice("average over the electron's spin", *SPIN_AVERAGES)
    magnetic_factor: float | None = number("1", "factor on amplitudes of photon exchange", ge=0.0, le=1e60)
    gamma0_per_s: float | None = number("1/s", "normalisation of the rate", gt=0.0, le=1e60)
    temperature_K: float | None = number("K", "temperature of the atoms", ge=0.0, le=1e6)
    atom_mass_u: float | None = number("u", "mass of the atom", gt=0.0, le=1e6)


class NeutrinoTable(Table):
    """[neutrino]."""

    nature: Literal["dirac", "majorana"] | None = choice("nature of the neutrinos", "dirac", "majorana")
    ordering: Literal["normal", "inverted"] | None = choice("mass ordering", "normal", "inverted")
    lightest_mass_eV: float | None = number("eV", "lightest neutrino mass", ge=0.0, le=1e6)
    oscillation: Literal["NuFIT-6.0", "NuFIT-5.2", "NuFIT-5.0"] | None = choice("oscillation parameters", *PRESETS)
    theta12_deg: float | None = number("degree", "mixing angle theta12", ge=0.0, le=90.0)
    theta13_deg: float | None = number("degree", "mixing angle theta13", ge=0.0, le=90.0)
    theta23_deg: float | None = number("degree", "mixing angle theta23", ge=0.0, le=90.0)
    delta_cp_deg: float | None = number("degree", "Dirac phase delta_CP", ge=-3600.0, le=3600.0)
    alpha21_deg: float | None = number("degree", "Majorana phase alpha21", ge=-3600.0, le=3600.0)
    alpha31_deg: float | None = number("degree", "Majorana phase alpha31", ge=-3600.0, le=3600.0)
    dm21_eV2: float | None = number("eV2", "squared-mass difference m2^2 - m1^2", gt=0.0, le=1e6)
    dm3l_eV2: float | None = number("eV2", "squared-mass difference m3^2 - m1^2 or m3^2 - m2^2", ge=-1e6, le=1e6)


CHIRALITIES = "; ".join(f"for {kind}: {', '.join(names)}" for kind, names in SCALES.items() if kind != "standard_model")


class InteractionTable(Table):
    """[interaction]."""

    kind: Literal["standard_model", "vector", "scalar", "dipole", "form_factor"] | None = choice(
        "interaction", "standard_model", "vector", "scalar", "dipole", "form_factor"
    )
    chirality: str | None = choice("chirality of the coupling", CHIRALITIES)
    texture: str | list[list[float | list[float]]] | None = choice(
        "texture of the coupling", *NAMES, "a 3x3 matrix of finite numbers or [re, im] pairs"
    )
    coupling: float | None = number("1", "coupling", ge=-1e60, le=1e60)
    mediator_mass_eV: float | None = number("eV", "mass of the mediator", ge=0.0, le=1e30)
    mediator_width_eV: float | None = number("eV", "width of the mediator", ge=0.0, le=1e30)
    longitudinal: Literal["off", "on"] | None = choice("longitudinal part of a vector's propagator", *SWITCHES)


def per_trigger(unit: str, meaning: str) -> Any:
    """A key that holds a number, 0 or more, or a list with one for each trigger."""
    allowed = "a finite number of at least 0, or a list with one for each trigger"
    return Field(default=None, description=meaning, json_schema_extra={"unit": unit, "allowed": allowed})


class ExperimentTable(Table):
    """[experiment]."""

    trigger_eV: list[float] | None = Field(
        default=None,
        description="energy of the trigger laser",
        json_schema_extra={"unit": "eV", "allowed": "a list of different photon energies in eV, at least one"},
        min_length=1,
    )
    exposure_days: float | list[float] | None = per_trigger("day", "exposure at each trigger")
    background_per_day: float | list[float] | None = per_trigger("1/day", "background at each trigger")


class LineTable(Table):
    """[line]."""

    shape: Literal["gaussian", "lorentzian", "voigt", "top_hat"] | None = choice("shape of the laser's line", *SHAPES)
    width_eV: float | None = number("eV", "full width of the laser's line at half maximum", ge=0.0, le=1e6)
    gaussian_width_eV: float | None = number("eV", "full width of a Voigt line's Gaussian", ge=0.0, le=1e6)
    lorentzian_width_eV: float | None = number("eV", "full width of a Voigt line's Lorentzian", ge=0.0, le=1e6)
    jitter_eV: float | None = number("eV", "rms jitter of the laser's energy", ge=0.0, le=1e6)
    momentum_spread_eV: float | None = number("eV", "rms of the pair's momentum about the photon's", ge=0.0, le=1e6)
    acceptance: list[float] | list[list[float]] | None = choice("acceptance of the detector", ACCEPTANCE)


# Keys that make every result an average, if they are not 0
SPREADING = (
    *("width_eV", "gaussian_width_eV", "lorentzian_width_eV", "jitter_eV"),
    *("momentum_spread_eV", "temperature_K"),
)


class StorageTable(Table):
    """[storage]."""

    dtype: Literal["float64", "float32"] = choice("number type", "float64", "float32", default="float64")
    significant_bits: int | None = Field(
        default=None,
        ge=2,
        le=52,
        description="significant bits kept in every number",
        json_schema_extra={"allowed": "a whole number from 2 to 52, below 24 for float32"},
    )
    codec: Literal["lz4", "zstd", "none"] = choice("compression", "lz4", "zstd", "none", default="lz4")
    block_points: int | None = Field(
        default=None,
        ge=1,
        le=2**31,
        description="largest number of points of a block",
        json_schema_extra={"allowed": "a whole number from 1 to 2147483648"},
    )


TABLES: dict[str, type[Table]] = {
    "target": TargetTable,
    "neutrino": NeutrinoTable,
    "interaction": InteractionTable,
    "experiment": ExperimentTable,
    "line": LineTable,
}
# Axes of photon energies stand in no table
ENERGY_AXES = {
    "photon_energy_eV": ("eV", "photon energy"),
    "detuning_eV": ("eV", "detuning E_eg/2 - photon energy"),
}
NEVER_AXES = ("kind", "atom", "trigger_eV", "acceptance")
TABLE_OF = {key: name for name, table in TABLES.items() for key in table.model_fields}
AXIS_NAMES = (*ENERGY_AXES, *(key for key in TABLE_OF if key not in NEVER_AXES))
COUPLING_UNIT = {"dipole": "Bohr magneton", "millicharge": "e", "charge_radius": "cm2", "anapole": "cm2"}
