"""From stores to claims: which scans each of the claims rests on, and what is read from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import xarray as xr

from renp_fast.kernels.types import Array
from renp_fast.physics.bounds import products, published_bounds
from renp_fast.physics.constants import M_E
from renp_fast.physics.interactions import Vector
from renp_fast.physics.neutrinos import Neutrinos, thresholds_eV
from renp_fast.physics.spectrum import spectral_function
from renp_fast.physics.targets import target
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.studies.moments import judge_exposure, judge_mixing, judge_separation
from renp_fast.studies.verdicts import (
    VISIBLE,
    Claim,
    judge_gain,
    judge_majorana,
    judge_reach,
    judge_scalar,
    judge_scaling,
    judge_thresholds,
    judge_visible,
)

Stores = Mapping[str, xr.Dataset]

LARGEST_MASS_EV = 1e3  # of "meV to keV"
DETECTORS = ("LZ", "XENONnT")
COHERENT: tuple[str, ...] = ()  # none of the published bounds is from coherent scattering
KINDS = {"magnetic": "mu", "electric": "eps"}
PROBE = 1e-25  # a coupling to a mediator of 1 eV that hardly changes the spectrum


@dataclass(frozen=True)
class Evidence:
    """The scans that a claim rests on, by the names of their files, and how it is judged from their stores."""

    scans: tuple[str, ...]
    judge: Callable[[Stores], list[Claim]]


def scan_of(store: xr.Dataset) -> Scan:
    """The scan that a store is of."""
    return parse_scan(store.attrs["scan_file"])


def neutrinos_of(scan: Scan, **changes: float) -> Neutrinos:
    """The neutrinos of a scan in which they are the same at all points but for ``changes``."""
    names = {field.name for field in fields(Neutrinos)}
    return Neutrinos(**{name: value for name, value in scan.values.items() if name in names} | changes)


def _curves(stores: Stores) -> list[Claim]:
    scan = scan_of(stores[CURVES[0]])
    atom = target(scan.values["atom"])
    curves = {name: _curve(stores[name]) for name in CURVES}
    return [judge_thresholds(curves, thresholds_eV(neutrinos_of(scan), atom.E_eg_eV), 0.5 * atom.E_eg_eV)]


def _curve(store: xr.Dataset) -> tuple[Array, Array]:
    values = store.spectral_function.squeeze().sortby("photon_energy_eV")
    return values.photon_energy_eV.values, values.values


def _width(stores: Stores) -> list[Claim]:
    rates = stores["claims-scaling"].rate.transpose(
        "volume_cm3", "atom_density_cm3", "photon_density_cm3", "photon_energy_eV"
    )
    spectra = stores["claims-majorana"].spectral_function
    return [
        judge_scaling(rates.values),
        judge_majorana(spectra.sel(nature="dirac").values, spectra.sel(nature="majorana").values),
    ]


def _visible(stores: Stores) -> list[Claim]:
    scan = scan_of(stores["fig1-left-vector"])
    (drawn,), (mass,) = scan.along("coupling"), scan.along("mediator_mass_eV")
    _, standard = _curve(stores["fig1-left-standard-model"])
    _, changed = _curve(stores["fig1-left-vector"])
    there = standard > 0.0
    change = float(np.max(np.abs(changed[there] / standard[there] - 1.0)))
    lightest = float(stores["fig1-vector-limit"].mediator_mass_eV.min())
    triggers = scan_of(stores["fig1-vector-limit"]).triggers
    visible = {M: _visible_coupling(scan, triggers, drawn, M) for M in (lightest, mass)}
    return [judge_visible(drawn, change, visible, triggers)]


def _visible_coupling(scan: Scan, w: Sequence[float], drawn: float, mass: float) -> float:
    """Smallest coupling that changes the spectrum somewhere by a visible part: it is a quadratic in the coupling."""
    values = {name: scan.values[name] for name in ("nature", "ordering", "lightest_mass_eV")}
    plus, standard, minus = (
        spectral_function(
            w, interaction=Vector(coupling=g, mediator_mass_eV=mass), target=scan.values["atom"], **values
        )
        for g in (drawn, 0.0, -drawn)
    )
    linear = np.abs(plus - minus) / (2.0 * drawn * standard)
    square = ((plus + minus) / 2.0 - standard) / (drawn * drawn * standard)
    return float(np.min(2.0 * VISIBLE / (linear + np.sqrt(linear * linear + 4.0 * VISIBLE * square))))


def _mediators(stores: Stores) -> list[Claim]:
    vector, scalar = _limits(stores["fig1-vector-limit"]), _limits(stores["fig1-scalar-limit"], chirality="scalar")
    ends = {
        f"{symbol} at {float(M):g} eV": float(limits.sel(mediator_mass_eV=M))
        for symbol, limits in (("g_e g_nu", vector), ("y_e y_nu", scalar))
        for M in limits.mediator_mass_eV.values[[0, -1]]
    }
    published = dict(zip(ends, (1e-26, 1e-15, 1e-19, 1e-9), strict=True))
    gains = []
    for part, symbol, quantity, limits in (
        ("4b", "g_e g_nu", "vector coupling", vector),
        ("4c", "y_e y_nu", "scalar coupling", scalar),
    ):
        below = limits.sel(mediator_mass_eV=limits.mediator_mass_eV <= LARGEST_MASS_EV)
        masses = below.mediator_mass_eV.values
        gains.append(judge_gain(part, symbol, masses, below.values, _cases(quantity, masses)))
    return [judge_reach(ends, published), *gains]


def _cases(quantity: str, masses: Array) -> dict[str, dict[str, Array]]:
    """Bounds by name at masses of the mediator, for each bound or assumption on the coupling of neutrinos.

    Those on the product itself are in all of them, and, if there are any, a case of their own.
    """
    direct = {bound.label: bound.at(masses) for bound in published_bounds(quantity)}
    cases = {"bounds on the product": direct}
    for product in products(quantity):
        case = f"{product.neutrino.name} ({product.neutrino.level})"
        cases.setdefault(case, {**direct})[product.electron.label] = product.at(masses)
    return cases


def _limits(store: xr.Dataset, ordering: str = "normal", **chosen: str) -> xr.DataArray:
    """Limits over the mass of the mediator: the weaker of both signs."""
    limits: xr.DataArray = np.abs(store.limit.sel(ordering=ordering, **chosen)).max("sign", skipna=False).compute()
    return limits


def _scalar(stores: Stores) -> list[Claim]:
    vectors, scalars = stores["fig1-vector-limit"], stores["fig1-scalar-limit"]
    chirality = scan_of(vectors).values["chirality"]
    cases = {
        f"{ordering} ordering, {scalar} against {chirality}-handed vector, the weaker sign of each": (
            _limits(vectors, ordering).values,
            _limits(scalars, ordering, chirality=scalar).values,
        )
        for scalar in ("scalar", "pseudoscalar")
        for ordering in ("normal", "inverted")
    }
    scan = scan_of(scalars)
    w, E_eg = float(np.median(scan.triggers)), target(scan.values["atom"]).E_eg_eV
    electron, pair = np.log10(M_E / w), np.log10(w / np.sqrt(E_eg * (E_eg - 2.0 * w)))
    return [judge_scalar(vectors.mediator_mass_eV.values, cases, float(electron), float(pair))]


def _separation(stores: Stores) -> list[Claim]:
    events = stores["claims-moments"].events.compute()
    standard = events.isel(coupling=0)
    with_one = events.isel(coupling=1)
    added = (with_one - standard).stack(moment=("chirality", "texture"))
    labels = [(KINDS[kind], element) for kind, element in added.moment.values]
    alone = 2.0 * (standard - with_one - with_one * np.log1p((standard - with_one) / with_one)).sum("trigger")
    table = stores["moments-apart"].separation.values.reshape(len(labels), len(labels))
    patterns = added.transpose("moment", "trigger").values
    return judge_separation(labels, patterns, alone.values.ravel(), table)


def _exposure(stores: Stores) -> list[Claim]:
    limits = {
        f"{KINDS[kind]} {element}": values.sel(texture=element, sign="positive").values
        for kind in KINDS
        for values in (stores[f"fig2-right-{kind}-limit"].limit,)
        for element in values.texture.values
    }
    days = stores["fig2-right-magnetic-limit"].exposure_days.values
    bounds = {bound.name: bound.curve[1][0] for bound in published_bounds("magnetic moment")}
    return judge_exposure(
        days, limits, {name: bounds[name] for name in DETECTORS}, {name: bounds[name] for name in COHERENT}
    )


def _mixing(stores: Stores) -> list[Claim]:
    store = stores["claims-mixing"]
    scan, angles = scan_of(store), ("theta12_deg", "theta13_deg", "delta_cp_deg")
    events = store.events.stack(mixing=angles, moment=("chirality", "texture", "trigger")).compute()
    added = (events.isel(coupling=1) - events.isel(coupling=0)).transpose("mixing", "moment")
    every = [neutrinos_of(scan, **dict(zip(angles, map(float, point), strict=True))) for point in added.mixing.values]
    weights = np.array([neutrinos.axial_coupling.diagonal().real + 0.5 for neutrinos in every])
    mediators = np.array([_interference(neutrinos, scan) for neutrinos in every])
    moments = added.values
    limits = np.abs(stores["claims-transitions"].limit).max("sign").compute()
    reach = {str(element): float(limits.sel(texture=element)) for element in limits.texture.values}
    transitions = {
        bound.name: bound.curve[1][0]
        for bound in published_bounds("magnetic moment")
        if bound.basis == "mass" and bound.nature == "majorana"
    }
    return [judge_mixing(moments[:, moments.max(axis=0) > 0.0], weights, mediators, reach, transitions)]


def _interference(neutrinos: Neutrinos, scan: Scan) -> Array:
    """What single elements of a vector mediator's coupling add to the spectral function at the first trigger."""
    values = {field.name: getattr(neutrinos, field.name) for field in fields(neutrinos)}
    w, atom = [scan.triggers[0]], scan.values["atom"]
    standard = spectral_function(w, target=atom, **values)
    return np.array(
        [
            spectral_function(
                w, interaction=Vector(coupling=PROBE, mediator_mass_eV=1.0, texture=element), target=atom, **values
            )[0]
            - standard[0]
            for element in scan.along("texture")
        ]
    )


CURVES = ("fig1-left-standard-model", "fig1-left-vector", "fig1-left-scalar")
MEDIATORS = ("fig1-vector-limit", "fig1-scalar-limit")
MOMENTS = ("fig2-right-magnetic-limit", "fig2-right-electric-limit")
EVIDENCE = {
    "1": Evidence(CURVES, _curves),
    "2": Evidence(("claims-scaling", "claims-majorana"), _width),
    "3": Evidence((*CURVES[:2], MEDIATORS[0]), _visible),
    "4": Evidence(MEDIATORS, _mediators),
    "5": Evidence(MEDIATORS, _scalar),
    "6": Evidence(("claims-moments", "moments-apart"), _separation),
    "7": Evidence(MOMENTS, _exposure),
    "8": Evidence(("claims-mixing", "claims-transitions"), _mixing),
}
