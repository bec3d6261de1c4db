"""The spectral function and the neutrino-energy distribution, for named parameters."""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from renp_fast.kernels import quadrature
from renp_fast.kernels.amplitude.models import model_row
from renp_fast.kernels.amplitude.pair import LONGITUDINAL
from renp_fast.kernels.grid.memory import memory
from renp_fast.kernels.line import averages, convolution
from renp_fast.kernels.spectrum import spectra
from renp_fast.kernels.types import Array
from renp_fast.physics.interactions import Interaction, SpinAverage, StandardModel
from renp_fast.physics.line import LARGEST_SPREAD, Line, acceptance_segments
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.parameters import check_parameter
from renp_fast.physics.several_interactions import Amplitude, Chain, spectrum_of_several
from renp_fast.physics.targets import Target
from renp_fast.physics.targets import target as find_target

# The integrand is a polynomial of degree 2 in E, for which two Gauss-Legendre nodes are exact
RULE = np.stack(np.polynomial.legendre.leggauss(2), axis=1)


def spectral_function(
    photon_energy_eV: ArrayLike | None = None,
    *,
    interaction: Interaction | Sequence[Interaction] | None = None,
    target: str | Target = "Yb",
    detuning_eV: ArrayLike | None = None,
    method: Literal["closed_form", "quadrature"] = "closed_form",
    spin_average: SpinAverage = "isotropic",
    magnetic_factor: float = 1.0,
    line: Line | None = None,
    **neutrino: Any,
) -> Array:
    """Spectral function I(w) = (w/E_eg) W(w)/(E_vg - w)^2 of radiative emission of neutrino pairs.

    W is the sum over ordered pairs (i, j) of Delta_ij T_ij: phase space times the squared amplitude, averaged over it
    and over the direction of the electron spin. The Standard Model part is that of Dinh et al., arXiv:1209.4808.

    Parameters
    ----------
    photon_energy_eV : array_like
        Photon energies w in eV, from 0 to below E_vg. Above the last threshold the result is an exact 0.
    interaction : Interaction or sequence of them, optional
        `StandardModel` (default), `Vector`, `Scalar`, `Dipole` or `FormFactor`. The amplitudes of several add.
    target : str or Target
        Name of an atom, or its levels.
    detuning_eV : array_like, optional
        E_eg/2 - w in eV instead of `photon_energy_eV`, for values next to a threshold that w cannot resolve.
    method : {"closed_form", "quadrature"}
        The closed form, or Gauss-Legendre integration over the neutrino energy.
    spin_average : {"isotropic", "polarised"}
        Over all directions of the electron's spin, as in the papers; or over those of a J = 0 -> 1 -> 0 chain such as
        that of Yb under linearly polarised light, which are transverse to the photon.
    magnetic_factor : float
        Of amplitudes of photon exchange: 1 for the moment of the electron's spin alone, as in the papers; 0.5 with the
        orbital one between 3P0 and 3P1, where <L + 2S> = <S>.
    line : Line, optional
        What spreads the photon's energy: the result is then the average over it, of the closed form, to 1e-10.
    **neutrino
        Keywords of `Neutrinos`: nature, ordering and lightest_mass_eV are needed.

    Returns
    -------
    ndarray
        I(w), dimensionless, of the shape of the photon energies. Infinite on the pole of a mediator without width.

    Raises
    ------
    ValueError
        For parameters out of their domain, each named.

    Warns
    -----
    RuntimeWarning
        If an average over a line does not converge.
    """
    atom, interactions = find_target(target), _all(interaction)
    neutrinos = Neutrinos(**neutrino)
    if (photon_energy_eV is None) == (detuning_eV is None):
        raise ValueError("photon_energy_eV, detuning_eV: give one of the two")
    if method not in ("closed_form", "quadrature"):
        raise ValueError(f"method: got {method!r}; allowed: closed_form, quadrature")
    check_chain(spin_average, magnetic_factor)
    chain, detuned = (spin_average, float(magnetic_factor)), detuning_eV is not None
    if line is not None:
        if method != "closed_form":
            raise ValueError(f"method: got {method!r}; allowed with a line: closed_form")
        if len(interactions) > 1:
            raise ValueError(f"line: got one with {len(interactions)} interactions; allowed: with one")
        _, detuning = _energies(atom, photon_energy_eV, detuning_eV)
        return _averaged(atom, interactions[0], neutrinos, detuning.ravel(), chain, line).reshape(detuning.shape)
    if method == "closed_form":
        energies = np.asarray(detuning_eV if detuned else photon_energy_eV, dtype=np.float64)
        if len(interactions) == 1:
            values, inside = _closed_form(atom, interactions[0], neutrinos, energies.ravel(), detuned, chain)
            if not inside:
                _energies(atom, photon_energy_eV, detuning_eV)
            return values.reshape(energies.shape)
    w, detuning = _energies(atom, photon_energy_eV, detuning_eV)
    if method == "closed_form":
        return spectrum_of_several(atom, interactions, neutrinos, energies.ravel(), detuned, chain).reshape(w.shape)
    W = _quadrature(atom, interactions, neutrinos, detuning.ravel(), chain)
    return _levels(atom, w) * W.reshape(w.shape)


def neutrino_energy_distribution(
    neutrino_energy_eV: ArrayLike,
    photon_energy_eV: float,
    *,
    interaction: Interaction | Sequence[Interaction] | None = None,
    target: str | Target = "Yb",
    spin_average: SpinAverage = "isotropic",
    magnetic_factor: float = 1.0,
    **neutrino: Any,
) -> Array:
    """Distribution dI/dE of the spectral function over the energy E of the neutrino, in 1/eV.

    Its integral over E is I(w). It holds the interference of the weak current with photon exchange, which vanishes in
    I(w). For Majorana neutrinos E is the energy of either of the two, and the distribution is normalised to I(w) too.

    Parameters
    ----------
    neutrino_energy_eV : array_like
        Energies E in eV; 0 is returned outside of the kinematic range of every pair.
    photon_energy_eV : float
        Photon energy w in eV.
    interaction, target, spin_average, magnetic_factor, **neutrino
        As for `spectral_function`.
    """
    atom, interactions = find_target(target), _all(interaction)
    neutrinos = Neutrinos(**neutrino)
    check_chain(spin_average, magnetic_factor)
    polarised = spin_average == "polarised"
    w, detuning = _energies(atom, float(photon_energy_eV), None)
    E = np.asarray(neutrino_energy_eV, dtype=np.float64)
    density = np.zeros(E.size)
    s = 2.0 * atom.E_eg_eV * float(detuning)
    if s > 0.0 and w > 0.0:
        masses, Q0 = neutrinos.masses_eV, atom.E_eg_eV - float(w)
        couplings, polar = Amplitude(interactions, neutrinos, magnetic_factor).at(s)
        quadrature.differential(E.ravel(), s, float(w), Q0, masses, couplings, polarised, density)
        for new in polar:  # infinite wherever the new amplitude does not vanish
            alone = np.zeros(E.size)
            quadrature.differential(E.ravel(), s, float(w), Q0, masses, new, polarised, alone)
            density[alone > 0.0] = np.inf
    half = 0.5 if neutrinos.nature == "majorana" else 1.0
    return half * _levels(atom, w) * density.reshape(E.shape)


def _all(interaction: Interaction | Sequence[Interaction] | None) -> tuple[Interaction, ...]:
    """The interactions that are given."""
    if interaction is None or isinstance(interaction, Interaction):
        return (interaction or StandardModel(),)
    if not all(isinstance(each, Interaction) for each in interaction):
        raise ValueError(f"interaction: got {interaction!r}; allowed: an Interaction, or several of them")
    return tuple(interaction) or (StandardModel(),)


def _energies(atom: Target, photon_energy_eV: ArrayLike | None, detuning_eV: ArrayLike | None) -> tuple[Array, Array]:
    """(photon energies, detunings) from whichever is given, if all are allowed."""
    half = 0.5 * atom.E_eg_eV
    if detuning_eV is None:
        w = np.asarray(photon_energy_eV, dtype=np.float64)
        detuning = half - w
    else:
        detuning = np.asarray(detuning_eV, dtype=np.float64)
        w = half - detuning
    outside = (w < 0.0) | (w >= atom.E_vg_eV)  # NaN passes
    if outside.any():
        given = "photon_energy_eV" if detuning_eV is None else "photon energy E_eg_eV/2 - detuning_eV"
        wrong = float(w[outside].flat[0])
        raise ValueError(f"{given}: got {wrong!r}; allowed: from 0 to below E_vg_eV = {atom.E_vg_eV}")
    return w, detuning


def _levels(atom: Target, w: Array) -> Array:
    """w/(E_eg (E_vg - w)^2) in eV^-2."""
    denominator = atom.E_vg_eV - w
    return w / (atom.E_eg_eV * (denominator * denominator))


def check_chain(spin_average: str, magnetic_factor: float) -> None:
    """Refuse what `spectral_function` does not allow of the atomic chain.

    Raises
    ------
    ValueError
        Naming the parameter.
    """
    check_parameter("spin_average", spin_average)
    check_parameter("magnetic_factor", magnetic_factor)


def _closed_form(
    atom: Target, interaction: Interaction, neutrinos: Neutrinos, energies: Array, detuned: bool, chain: Chain
) -> tuple[Array, bool]:
    """Values, and whether all photon energies are certainly allowed."""
    scales, values = interaction.scales(*chain), memory(energies.size)
    powers = 1 if interaction.coupling == 0.0 else 3 if interaction.mediator_width_eV == 0.0 else 4
    row = np.array([model_row(neutrinos.row, atom.E_eg_eV, [0.0], [scales[LONGITUDINAL]])])
    levels, mediator = np.array([[atom.E_eg_eV, atom.E_vg_eV]]), np.array([interaction.mediator])
    inside = spectra.fill_spectra(
        (row, interaction.matrix(neutrinos.nature)[np.newaxis], scales[np.newaxis]),
        powers,
        np.zeros(1, dtype=np.int64),
        spectra.laws_of(levels, mediator, np.array([[1.0, 0.0]])),
        energies,
        detuned,
        values,
    )
    return values, inside


def _averaged(
    atom: Target, interaction: Interaction, neutrinos: Neutrinos, detuning: Array, chain: Chain, line: Line
) -> Array:
    if line.momentum_spread_eV > LARGEST_SPREAD * atom.E_eg_eV:
        largest = LARGEST_SPREAD * atom.E_eg_eV
        raise ValueError(f"momentum_spread_eV: got {line.momentum_spread_eV!r}; allowed: at most {largest:g} here")
    scales = interaction.scales(*chain)
    model = model_row(neutrinos.row, atom.E_eg_eV, [0.0], [scales[LONGITUDINAL]])
    row = np.array([[*model, atom.E_vg_eV, *interaction.mediator[1:], *line.row(atom.atom_mass_u)]], dtype=np.float64)
    g, known = interaction.coupling, ~np.isnan(detuning)
    forms = np.zeros((1, 1 if g == 0.0 else 3, int(known.sum())))
    estimates = np.empty((1, averages.ESTIMATES, forms.shape[2]))
    textures, acceptance = interaction.matrix(neutrinos.nature)[np.newaxis], acceptance_segments(line.acceptance)
    averages.fill_averages(row, textures, scales[np.newaxis], detuning[known], True, acceptance, forms, estimates)
    failed = int((estimates[0, averages.STATUS] == convolution.UNFINISHED).sum())
    if failed:
        warnings.warn(f"{failed} of the averages over the line do not converge", RuntimeWarning, stacklevel=3)
    values = np.full(detuning.size, np.nan)
    values[known] = forms[0, 0]
    if g != 0.0:
        values[known] += g * (forms[0, 1] + g * forms[0, 2])
    return values


def _quadrature(
    atom: Target, interactions: Sequence[Interaction], neutrinos: Neutrinos, detuning: Array, chain: Chain
) -> Array:
    W = np.zeros(detuning.size)
    half = 0.5 if neutrinos.nature == "majorana" else 1.0
    spin_average, magnetic_factor = chain
    polarised = spin_average == "polarised"
    amplitude, masses = Amplitude(interactions, neutrinos, magnetic_factor), neutrinos.masses_eV
    for k, x in enumerate(detuning):
        s, w = 2.0 * atom.E_eg_eV * x, 0.5 * atom.E_eg_eV - x
        if np.isnan(s):
            W[k] = np.nan
        elif s > 0.0 and w > 0.0:
            Q0, (couplings, polar) = atom.E_eg_eV - w, amplitude.at(s)
            W[k] = half * quadrature.integrated(s, w, Q0, masses, couplings, polarised, RULE)
            if any(quadrature.integrated(s, w, Q0, masses, new, polarised, RULE) > 0.0 for new in polar):
                W[k] = np.inf
    return W
