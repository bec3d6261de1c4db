"""What a scan file may leave out, what each kind of interaction needs, and what it does not take."""

from typing import Any

LEVELS = ("E_eg_eV", "E_vg_eV", "gamma_vg_per_s", "spin_factor")
MEDIATOR = ("mediator_mass_eV", "mediator_width_eV")
DEFAULTS: dict[str, Any] = {
    "volume_cm3": 100.0,
    "atom_density_cm3": 1e21,
    "photon_density_cm3": 1e21,
    "spin_average": "isotropic",
    "magnetic_factor": 1.0,
    "oscillation": "NuFIT-6.0",
    "alpha21_deg": 0.0,
    "alpha31_deg": 0.0,
    "background_per_day": 0.0,
}
NEEDED = {
    "standard_model": (),
    "vector": ("chirality", "coupling", "mediator_mass_eV"),
    "scalar": ("chirality", "coupling", "mediator_mass_eV"),
    "dipole": ("chirality", "coupling"),
    "form_factor": ("chirality", "coupling"),
}
FORBIDDEN = {
    "standard_model": ("chirality", "texture", "coupling", *MEDIATOR, "longitudinal"),
    "scalar": ("longitudinal",),
    "dipole": (*MEDIATOR, "longitudinal"),
    "form_factor": (*MEDIATOR, "longitudinal"),
}
