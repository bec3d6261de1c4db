"""Atoms: the levels and widths that RENP needs, with their sources.

The spin factor of Xe is left open, since its levels are not pure LS states: it serves for spectral functions, and for
rates once ``gamma0_per_s`` is set.
"""

from dataclasses import dataclass

from renp_fast.physics.parameters import LEVELS, check_parameters

OWN = (*LEVELS, "atom_mass_u")


@dataclass(frozen=True)
class Target:
    """Three levels |e>, |v>, |g> of an atom.

    Parameters
    ----------
    E_eg_eV : float
        Energy of the excited state |e> above the ground state |g>, in eV.
    E_vg_eV : float
        Energy of the intermediate state |v> above |g>, in eV; larger than `E_eg_eV`.
    gamma_vg_per_s : float, optional
        Einstein coefficient of the E1 emission |v> -> |g>, in 1/s. Only rates need it.
    spin_factor : float, optional
        Spin factor C_ev of |e> -> |v>, 2/3 for 3P0 -> 3P1. Only rates need it.
    source : str
        Where the numbers come from.
    atom_mass_u : float, optional
        Mass of the atom in atomic mass units. Only Doppler broadening needs it.

    Raises
    ------
    ValueError
        If the levels are not 0 < E_eg < E_vg, or the mass is not above 0.
    """

    E_eg_eV: float
    E_vg_eV: float
    gamma_vg_per_s: float | None = None
    spin_factor: float | None = None
    source: str = "given by the user"
    atom_mass_u: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.E_eg_eV < self.E_vg_eV:
            raise ValueError(f"target: levels must be 0 < E_eg_eV < E_vg_eV, got {self.E_eg_eV} and {self.E_vg_eV}")
        check_parameters([name for name in OWN if getattr(self, name) is not None], self)


ATOMS = {
    "Yb": Target(
        E_eg_eV=2.14349,
        E_vg_eV=2.23072,
        gamma_vg_per_s=1.15e6,
        spin_factor=2.0 / 3.0,
        source="3P0-3P1-1S0; levels and C_ev: Dinh et al., arXiv:1209.4808; 3P1 lifetime about 870 ns; "
        "mass: standard atomic weight, IUPAC",
        atom_mass_u=173.045,
    ),
    "Xe": Target(
        E_eg_eV=8.315316,
        E_vg_eV=8.436524,
        gamma_vg_per_s=2.73e8,
        source="6s 2[3/2]2 and 6s 2[3/2]1: 67067.547 and 68045.156 cm^-1, NIST Atomic Spectra Database; "
        "mass: standard atomic weight, IUPAC",
        atom_mass_u=131.293,
    ),
    "Sr": Target(
        E_eg_eV=1.775145,
        E_vg_eV=1.798308,
        gamma_vg_per_s=4.7e4,
        spin_factor=2.0 / 3.0,
        source="5s5p 3P0 and 3P1: 14317.507 and 14504.334 cm^-1, NIST Atomic Spectra Database; 3P1 linewidth 7.5 kHz; "
        "mass: standard atomic weight, IUPAC",
        atom_mass_u=87.62,
    ),
}


def target(name_or_target: str | Target) -> Target:
    """The target of that name, or the given one.

    Raises
    ------
    ValueError
        If the name is not one of `ATOMS`.
    """
    if isinstance(name_or_target, Target):
        return name_or_target
    if name_or_target not in ATOMS:
        raise ValueError(f"target: unknown atom {name_or_target!r}; allowed: {', '.join(ATOMS)}, or a Target")
    return ATOMS[name_or_target]
