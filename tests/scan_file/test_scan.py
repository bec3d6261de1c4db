"""What a scan file means: defaults, every key as an axis, and what makes two scans the same."""

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from conftest import MANY_BLOCKS

import renp_fast as rf
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.kernels.types import Array
from renp_fast.scan_file.comparison import differences
from renp_fast.scan_file.scan import Scan, load_scan, parse_scan
from renp_fast.scan_file.schema import AXIS_NAMES, ENERGY_AXES, NEVER_AXES, TABLE_OF
from renp_fast.store.provenance import fingerprint

mp = mpmath.MPContext()
mp.dps = 30
HERMITIAN = [[0.4, [0.3, -0.7], 0.1], [[0.3, 0.7], -0.9, [0.0, 0.2]], [0.1, [0.0, -0.2], 1.1]]
BASE: dict[str, dict[str, Any]] = {
    "target": {"E_eg_eV": 2.1, "E_vg_eV": 2.25, "gamma_vg_per_s": 1.1e6, "spin_factor": 0.6},
    "neutrino": {"nature": "majorana", "ordering": "normal", "lightest_mass_eV": 0.011, "alpha21_deg": 40.0},
    "interaction": {
        "kind": "vector",
        "chirality": "left",
        "texture": HERMITIAN,
        "coupling": 6e-24,
        "mediator_mass_eV": 0.7,
        "mediator_width_eV": 0.05,
    },
    "experiment": {"trigger_eV": [1.04, 1.0491], "exposure_days": [3e6, 5e6], "background_per_day": [1e-5, 3e-5]},
    "axes": {},
}
LISTS: dict[str, list[Any]] = {
    "photon_energy_eV": [0.9, 1.0488, 1.2],
    "detuning_eV": [0.2, 0.0012, -0.1],
    "E_eg_eV": [2.12, 2.1],
    "E_vg_eV": [2.2, 2.25],
    "gamma_vg_per_s": [1e6, 2e5],
    "spin_factor": [0.3, 0.6],
    "volume_cm3": [3, 100.0],
    **{name: [3e20, 1e21] for name in ("atom_density_cm3", "photon_density_cm3")},
    "gamma0_per_s": [1e-3, 2e-4],
    "spin_average": ["polarised", "isotropic"],
    "magnetic_factor": [0.5, 1.0],
    "nature": ["dirac", "majorana"],
    "ordering": ["inverted", "normal"],
    "lightest_mass_eV": [0.0, 0.03, 0.011],
    "oscillation": ["NuFIT-5.2", "NuFIT-6.0", "NuFIT-5.0"],
    **{name: [35.0, 8.0] for name in ("theta12_deg", "theta13_deg", "theta23_deg")},
    **{name: [100.0, 0.0] for name in ("delta_cp_deg", "alpha21_deg", "alpha31_deg")},
    "dm21_eV2": [7.2e-5, 7.7e-5],
    "dm3l_eV2": [2.4e-3, 2.6e-3],
    "chirality": ["axial", "left", "right", "vector"],
    "texture": ["12", HERMITIAN, "universal", [[1, 0, 0], [0, 2, 0], [0, 0, -1]]],
    "coupling": [-3e-24, 0.0, 8e-24],
    "mediator_mass_eV": [1e-3, 3.0, 0.6],
    "mediator_width_eV": [0.0, 0.3],
    "longitudinal": ["on", "off"],
    "exposure_days": [2e6, 1e6],
    "background_per_day": [0.0, 1e-5],
    "temperature_K": [0.0, 3000.0],
    "atom_mass_u": [170.0, 80.0],
    "shape": ["top_hat", "lorentzian", "gaussian"],
    **{name: [2e-4, 0.0] for name in ("width_eV", "gaussian_width_eV", "lorentzian_width_eV")},
    "jitter_eV": [1e-4, 0.0],
    "momentum_spread_eV": [1e-4, 0.0],
}
# What a line needs besides the key that varies
WITH_LINE: dict[str, dict[str, dict[str, Any]]] = {
    "temperature_K": {"target": {"atom_mass_u": 170.0}},
    "atom_mass_u": {"target": {"temperature_K": 3000.0}},
    "shape": {"line": {"width_eV": 1e-4}},
    "width_eV": {"line": {"shape": "top_hat"}},
    "gaussian_width_eV": {"line": {"shape": "voigt", "lorentzian_width_eV": 1e-5}},
    "lorentzian_width_eV": {"line": {"shape": "voigt", "gaussian_width_eV": 1e-5}},
}
NORMALISATION = ("volume_cm3", "atom_density_cm3", "photon_density_cm3", "gamma_vg_per_s", "spin_factor")
# Where nothing can change along an axis: a note says so; the magnetic factor is of photon exchange
IDLE_FOR_ALL = {"theta23_deg", "magnetic_factor"}
IDLE = {
    "spectral_function": {*IDLE_FOR_ALL, *NORMALISATION, "gamma0_per_s", "exposure_days", "background_per_day"},
    "rate": {*IDLE_FOR_ALL, "exposure_days", "background_per_day"},
    "events": IDLE_FOR_ALL,
    "chi2": IDLE_FOR_ALL,
}


def toml(document: dict[str, Any]) -> str:
    """Tables of numbers, strings and lists as TOML, axis forms as inline tables."""

    def source(value: Any) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key} = {source(entry)}" for key, entry in value.items()) + " }"
        return json.dumps(value)

    tables = {name: table for name, table in document.items() if isinstance(table, dict)}
    lines = [f"{key} = {source(value)}" for key, value in document.items() if key not in tables]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {source(value)}" for key, value in table.items())]
    return "\n".join(lines)


def scan_of(observable: str, **tables: dict[str, Any]) -> Scan:
    """The scan above, with keys replaced, or removed if their value is None; energies as an axis if they must be."""
    document: dict[str, Any] = {"observable": observable, **copy.deepcopy(BASE)}
    for name, table in tables.items():
        document[name] = {key: v for key, v in (document.get(name, {}) | table).items() if v is not None}
    if observable in ("spectral_function", "rate") and not set(document["axes"]) & set(ENERGY_AXES):
        document["axes"]["photon_energy_eV"] = [1.04, 1.0491]
    return parse_scan(toml(document))


def whole(scan: Scan) -> Array:
    return Evaluator(scan).observable(tuple(slice(0, n) for n in scan.shape))


def expected(observable: str, **values: Any) -> list[float]:
    """The observable at one point and all energies, by section 6 of physics.md from the spectral function alone."""
    given = {key: value for table in BASE.values() for key, value in table.items()} | values
    target = rf.Target(given["E_eg_eV"], given["E_vg_eV"], atom_mass_u=given.get("atom_mass_u"))
    energy = {"photon_energy_eV": given["trigger_eV"]}
    energy = {name: [given[name]] for name in ENERGY_AXES if name in given} or energy
    neutrino = {name: given[name] for name in given if TABLE_OF.get(name) == "neutrino"}

    def intensity(**interaction: Any) -> Array:
        chain = {name: given[name] for name in ("spin_average", "magnetic_factor") if name in given}
        widths = {name: given[name] for name in given if TABLE_OF.get(name) == "line" or name == "temperature_K"}
        chain |= {"line": rf.Line(**widths)} if widths else {}
        return rf.spectral_function(**energy, interaction=rf.Vector(**interaction), target=target, **chain, **neutrino)

    chosen = {name: given[name] for name in given if TABLE_OF.get(name) == "interaction" and name != "kind"}
    new, standard = intensity(**chosen), intensity(**(chosen | {"coupling": 0.0}))
    if observable == "spectral_function":
        return list(new.tolist())
    hbar_c, G_F = 1.9732698045930252e-5, 1.1663788e-23
    density = given.get("atom_density_cm3", 1e21) ** 2 * given.get("photon_density_cm3", 1e21)
    gamma0 = 3.0 * density * given.get("volume_cm3", 100.0) * hbar_c**6 * G_F**2 * given["gamma_vg_per_s"]
    gamma0 *= given["spin_factor"] * given["E_eg_eV"] / given["E_vg_eV"] ** 3
    gamma0 = given.get("gamma0_per_s", gamma0)
    if observable == "rate":
        return list((gamma0 * new).tolist())
    exposure, background = np.array(given["exposure_days"]), np.array(given["background_per_day"])
    N, N0 = ((86400.0 * gamma0 * values + background) * exposure for values in (new, standard))
    if observable == "events":
        return list(N.tolist())
    return [float(sum(2 * (mp.mpf(n) - n0 + n0 * mp.log(mp.mpf(n0) / n)) for n, n0 in zip(N, N0, strict=True)))]


CASES = [(o, n) for o in IDLE for n in AXIS_NAMES if n not in ENERGY_AXES or o in ("spectral_function", "rate")]


@pytest.mark.parametrize(("observable", "name"), CASES, ids=["-".join(case) for case in CASES])
def test_every_scalar_key_may_be_an_axis(observable: str, name: str) -> None:
    """Each point has the value that the key alone gives, in a scan whose table leaves the key out."""
    table = WITH_LINE.get(name) or ({TABLE_OF[name]: {name: None}} if name in TABLE_OF else {})
    scan = scan_of(observable, **table, axes={name: LISTS[name]})
    assert scan.axes[0].name == name
    values = whole(scan).reshape(len(LISTS[name]), -1)
    also = {key: value for keys in WITH_LINE.get(name, {}).values() for key, value in keys.items()}
    right = np.array([expected(observable, **also, **{name: value}) for value in LISTS[name]])
    assert values == pytest.approx(right, rel=1e-9 if observable == "chi2" else 1e-13, abs=0.0)
    differ = len({tuple(row) for row in values.tolist()})
    assert differ == (1 if name in IDLE[observable] else len(LISTS[name]))
    on_axes = [note.partition(": nothing changes")[0] for note in scan.notes if note.startswith("[axes]")]
    assert on_axes == [f"[axes] {name}"] * (differ == 1)


def test_every_key_but_four_may_be_an_axis() -> None:
    assert set(LISTS) == set(AXIS_NAMES)
    assert set(TABLE_OF) - set(AXIS_NAMES) == set(NEVER_AXES) == {"kind", "atom", "trigger_eV", "acceptance"}


DEFAULTS = {"volume_cm3": 100.0, "atom_density_cm3": 1e21, "photon_density_cm3": 1e21, "oscillation": "NuFIT-6.0"}
DEFAULTS |= {"spin_average": "isotropic", "magnetic_factor": 1.0}
DEFAULTS |= {"alpha21_deg": 0.0, "alpha31_deg": 0.0, "background_per_day": 0.0, "atom": "Yb"}
KINDS = {"standard_model": "", "vector": "left", "scalar": "scalar", "dipole": "electric", "form_factor": "anapole"}


@pytest.mark.parametrize("kind", KINDS)
def test_defaults(kind: str) -> None:
    needed: dict[str, Any] = {"chirality": KINDS[kind], "coupling": 1.0} if KINDS[kind] else {}
    default: dict[str, Any] = {"texture": "universal"} if KINDS[kind] else {}
    if kind in ("vector", "scalar"):
        needed["mediator_mass_eV"], default["mediator_width_eV"] = 1.0, 0.0
    if kind == "vector":
        default["longitudinal"] = "off"
    neutrino = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0}
    tables = {"neutrino": neutrino, "interaction": {"kind": kind, **needed}, "axes": {"photon_energy_eV": [1.0]}}
    scan = parse_scan(toml({"observable": "rate", **tables, "target": {}, "experiment": {}, "storage": {}}))
    assert dict(scan.values) == DEFAULTS | neutrino | {"kind": kind} | needed | default
    storage = {"dtype": "float64", "significant_bits": None, "codec": "lz4", "block_points": None}
    assert vars(scan.storage) == storage
    assert (scan.title, scan.notes, scan.triggers) == ("", (), ())
    assert parse_scan(toml({"observable": "rate", **tables})).canonical == scan.canonical


@pytest.mark.parametrize("observable", ["events", "chi2"])
def test_axes_may_be_empty_for_triggers(observable: str) -> None:
    scan = scan_of(observable)
    assert (scan.shape, scan.points, scan.triggers) == ((), 1, (1.04, 1.0491))
    assert whole(scan).shape == ((2,) if observable == "events" else ())
    assert whole(scan).ravel() == pytest.approx(np.array(expected(observable)), rel=1e-9)


def test_an_axis_replaces_the_value_of_its_table() -> None:
    axes = {"coupling": [1e-24, 2e-24], "texture": ["12", "13"]}
    with_value, without = scan_of("rate", axes=axes), scan_of("rate", interaction=dict.fromkeys(axes), axes=axes)
    assert not {"coupling", "texture"} & set(with_value.values)
    assert with_value.along("coupling") == (1e-24, 2e-24)
    assert fingerprint(with_value) == fingerprint(without)


@pytest.mark.parametrize("name", NORMALISATION)
def test_gamma0_replaces_the_derived_normalisation(name: str) -> None:
    scan = scan_of("rate", target={"gamma0_per_s": 2e-3}, axes={name: LISTS[name]})
    assert [note.partition(":")[0] for note in scan.notes if "nothing changes" in note] == [f"[axes] {name}"]
    assert whole(scan) == pytest.approx(np.array([expected("rate", gamma0_per_s=2e-3)] * 2), rel=1e-13, abs=0.0)


@pytest.mark.parametrize("order", list(itertools.permutations(["coupling", "photon_energy_eV", "ordering"])))
def test_dimensions_follow_the_order_of_the_file(order: tuple[str, ...]) -> None:
    scan = scan_of("spectral_function", axes={name: LISTS[name] for name in order})
    assert tuple(axis.name for axis in scan.axes) == order
    assert scan.shape == tuple(len(LISTS[name]) for name in order)


@pytest.mark.parametrize("form", [[0.02], {"linear": [0.02, 0.5], "points": 1}, {"log": [0.02, 0.5], "points": 1}])
def test_axes_of_one_point_keep_their_dimension(form: Any) -> None:
    scan = scan_of("events", axes={"lightest_mass_eV": form, "nature": ["dirac"]})
    assert (scan.shape, whole(scan).shape) == ((1, 1), (1, 1, 2))
    right = np.array([[expected("events", lightest_mass_eV=0.02, nature="dirac")]])
    assert whole(scan) == pytest.approx(right, rel=1e-13)


def test_comments_title_layout_and_order_of_keys_do_not_make_another_scan() -> None:
    scan = scan_of("events", axes={"coupling": [1, 2]}, interaction={"coupling": None})
    turned: dict[str, Any] = {name: dict(reversed(table.items())) for name, table in reversed(BASE.items())}
    turned |= {"axes": {"coupling": [1.0, 2.0]}, "title": "the same", "observable": "events"}
    text = "# a comment\n" + toml(turned).replace("[axes]", "\n  [ axes ]  # another").replace("1100000.0", "11e+5")
    assert differences(scan.canonical, parse_scan(text, "elsewhere").canonical) == []
    assert fingerprint(parse_scan(text, "elsewhere")) == fingerprint(scan)


LINE_KEYS = [name for name in LISTS if TABLE_OF.get(name) == "line"]
AXES = {"alpha21_deg": [0.0, 1.0], "theta12_deg": [30.0, 31.0]}
STORAGE = {"dtype": "float32", "significant_bits": 20, "codec": "none", "block_points": 7}
CHANGES: dict[str, dict[str, Any]] = {
    **{name: {TABLE_OF[name]: {name: LISTS[name][0]}} for name in LISTS if TABLE_OF.get(name) not in (None, "line")},
    **{name: {"line": WITH_LINE.get(name, {}).get("line", {}) | {name: LISTS[name][0]}} for name in LINE_KEYS},
    "acceptance": {"line": {"acceptance": [1.0, 1.05]}},
    "another trigger": {"experiment": {"trigger_eV": [1.04, 1.0492]}},
    "triggers in another order": {"experiment": {"trigger_eV": [1.0491, 1.04]}},
    "atom": {"target": {"atom": "Yb"} | dict.fromkeys(BASE["target"])},
    "kind": {"interaction": {"kind": "scalar", "chirality": "scalar", "texture": "universal"}},
    "two axes": {"axes": AXES},
    "axes in another order": {"axes": dict(reversed(AXES.items()))},
    "one point more": {"axes": AXES | {"alpha21_deg": [0.0, 1.0, 2.0]}},
    "a range": {"axes": AXES | {"alpha21_deg": {"linear": [0.0, 1.0], "points": 3}}},
    **{name: {"storage": {name: value}} for name, value in STORAGE.items()},
}


def test_any_change_makes_another_scan() -> None:
    scans = {name: scan_of("events", **change) for name, change in CHANGES.items()}
    scans |= {"as it was": scan_of("events"), "observable": scan_of("chi2")}
    assert len({fingerprint(scan) for scan in scans.values()}) == len(scans)


def test_differences_name_each_key_and_both_values() -> None:
    """Of long lists, such as a texture with complex entries, their length tells enough."""
    one, other = (scan_of("events", **change) for change in ({}, {"interaction": {"coupling": 1.0, "texture": "12"}}))
    texture, coupling = sorted(differences(one.canonical, other.canonical), reverse=True)
    assert coupling == "interaction.coupling: 6e-24 in the store, 1.0 in the scan"
    assert texture.startswith("interaction.texture: [[0.4, [0.3, -0.7]")
    assert texture.endswith('in the store, "12" in the scan')


def test_a_mark_at_the_beginning_of_a_file_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "marked.toml").write_text(MANY_BLOCKS, encoding="utf-8-sig")
    assert load_scan(tmp_path / "marked.toml").text == MANY_BLOCKS
