"""What the user should know of a scan, though it is no error."""

from typing import Any

from renp_fast.engine.axes import AxisForm


def notes_on(observable: str, values: dict[str, Any], forms: dict[str, AxisForm], ignored_coupling: bool) -> list[str]:
    """Axes along which nothing changes, and a coupling that a limit ignores."""
    idle = {"theta23_deg": "only the electron row of the mixing matrix enters"}
    if values["kind"] not in ("dipole", "form_factor"):
        idle["magnetic_factor"] = "only photon exchange has it"
    if "temperature_K" not in values and "temperature_K" not in forms:
        idle["atom_mass_u"] = "only the motion of atoms of some temperature_K depends on it"
    normalisation = ("volume_cm3", "atom_density_cm3", "photon_density_cm3", "gamma_vg_per_s", "spin_factor")
    if "gamma0_per_s" in values or "gamma0_per_s" in forms:
        idle |= dict.fromkeys(normalisation, "gamma0_per_s replaces the derived normalisation")
    if observable == "spectral_function":
        idle |= dict.fromkeys((*normalisation, "gamma0_per_s"), "a spectral function has no normalisation")
    if observable == "limit":
        idle["coupling"] = "a limit is what is asked for"
    if observable in ("spectral_function", "rate"):
        idle |= dict.fromkeys(("exposure_days", "background_per_day"), f"{observable} does not depend on it")
    notes = [f"[axes] {name}: nothing changes along it: {idle[name]}" for name in forms if name in idle]
    if ignored_coupling:
        notes.append("[interaction] coupling: ignored, since a limit is what is asked for")
    return notes
