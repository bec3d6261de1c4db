"""Wrong scan files, through the command line: exit status 2, file, key and what is allowed named, nothing written.

Each row of the table changes a good scan: `table.key = value` sets, `-table.key` removes, a name in capitals stands
for several changes. The message must have a line that names the file and the key, with the words of the last column.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from renp_fast.cli.commands import main
from renp_fast.scan_file.scan import parse_scan

GOOD = """observable = "spectral_function"; neutrino.nature = "dirac"; neutrino.ordering = "normal"
neutrino.lightest_mass_eV = 0.01; interaction.kind = "vector"; interaction.chirality = "left"
interaction.coupling = 1e-24; interaction.mediator_mass_eV = 1.0; axes.photon_energy_eV = [1.0, 1.08]"""
SHORT = {
    "BOTH": "experiment.exposure_days = [9.0, 10.0]",
    "LIMIT": 'EVENTS; observable = "limit"; -interaction.coupling',
    "EVENTS": 'observable = "events"; -axes.photon_energy_eV; '
    "experiment.trigger_eV = [1.069, 1.07]; experiment.exposure_days = 100.0",
    "MAJORANA": 'neutrino.nature = "majorana"',
    "SM": 'interaction.kind = "standard_model"; -interaction.chirality; -interaction.coupling; '
    "-interaction.mediator_mass_eV",
    "SCALAR": 'interaction.kind = "scalar"; interaction.chirality = "scalar"',
    "DIPOLE": 'interaction.kind = "dipole"; interaction.chirality = "magnetic"; -interaction.mediator_mass_eV',
    "CHARGE": 'interaction.kind = "form_factor"; interaction.chirality = "millicharge"; -interaction.mediator_mass_eV',
    "LINE": 'line.shape = "gaussian"; line.width_eV = 1e-5',
    "LEVELS": "target.E_eg_eV = 2.0; target.E_vg_eV = 2.25; target.gamma_vg_per_s = 1e6; target.spin_factor = 0.5",
    "ADAPTIVE": "axes.coupling = [1e-24, 2e-24, 3e-24]; axes.ordering = ['normal', 'inverted']; "
    "adaptive.axes = ['photon_energy_eV', 'coupling']; adaptive.contours = [0.01]",
    "HUGE": "photon_energy_eV = { linear = [0.0, 1" + "0" * 400 + "], points = 3 }",
}
CASES = """
confidense_level = 0.9                                     | confidense_level: unknown key | mean confidence_level?
experimnt.trigger_eV = [1.0]                               | experimnt: unknown key | mean experiment?
axes.confidence_level = 0.95                               | [axes] confidence_level: unknown key | the top of the file
neutrino.mediator_mass_eV = 1.0                            | [neutrino] mediator_mass_eV | it belongs in [interaction];
lightest_mass_eV = 0.01                                    | lightest_mass_eV: unknown key | it belongs in [neutrino];
target.photon_energy_eV = [1.07]                           | [target] photon_energy_eV | it belongs in [axes];
profile.significant_bits = 20                              | [profile] significant_bits | it belongs in [storage];
target.volume_m3 = 1e-4                                    | [target] volume_m3 | mean volume_cm3?
neutrino.lightest_mass_meV = 10.0                          | [neutrino] lightest_mass_meV | mean lightest_mass_eV?
interaction.texure = "12"                                  | [interaction] texure | mean texture?
experiment.exposure_hours = 5.0                            | [experiment] exposure_hours | mean exposure_days?
storage.compression = "lz4"                                | [storage] compression | block_points
axes.mediator_mass_meV = [1.0, 2.0]                        | [axes] mediator_mass_meV | mean mediator_mass_eV?
axes.title = ["a", "b"]                                    | [axes] title | lightest_mass_eV
axes.atom = ["Yb", "Sr"]                                   | [axes] atom | lightest_mass_eV
axes.kind = ["vector", "scalar"]                           | [axes] kind | lightest_mass_eV
EVENTS; axes.trigger_eV = [1.0, 1.01]                      | [axes] trigger_eV | lightest_mass_eV
neutrino.lightest_mass_eV = "0.01"                         | [neutrino] lightest_mass_eV | a finite number at least 0
neutrino.lightest_mass_eV = true                           | [neutrino] lightest_mass_eV | a finite number at least 0
neutrino.lightest_mass_eV = [0.01]                         | [neutrino] lightest_mass_eV | a finite number at least 0
neutrino.lightest_mass_eV = nan                            | [neutrino] lightest_mass_eV | a finite number at least 0
neutrino.nature = "weyl"                                   | [neutrino] nature | dirac, majorana
neutrino.oscillation = "NuFIT-7.0"                         | [neutrino] oscillation | NuFIT-6.0, NuFIT-5.2
interaction.coupling = inf                                 | [interaction] coupling | a finite number
interaction.kind = "tensor"                                | [interaction] kind | vector, scalar, dipole
interaction.chirality = 5                                  | [interaction] chirality | axial
target.atom = "Hg"                                         | [target] atom | Yb, Xe, Sr
target.volume_cm3 = 0.0                                    | [target] volume_cm3 | above 0
title = 3                                                  | title: got 3 | a string
observable = "spectrum"                                    | observable: got | spectral_function, rate
confidence_level = nan                                     | confidence_level: got nan | above 0 and below 1
-neutrino; neutrino = "dirac"                              | neutrino: got | a table, [neutrino]
-axes; axes = 3                                            | axes: got | a table, [axes]
-axes; axes = [{ photon_energy_eV = [1.0] }]               | axes: got | a table, [axes]
-observable                                                | observable: missing | events, chi2
-neutrino.nature                                           | [neutrino] nature: missing | dirac, majorana
-neutrino.ordering                                         | [neutrino] ordering: missing | normal, inverted
-neutrino.lightest_mass_eV                                 | [neutrino] lightest_mass_eV | missing; allowed
-interaction.kind                                          | [interaction] kind: missing | standard_model, vector
-interaction.chirality                                     | [interaction] chirality: missing | axial
-interaction.coupling                                      | [interaction] coupling: missing | a finite number
-interaction.mediator_mass_eV                              | [interaction] mediator_mass_eV | missing; allowed
-axes.photon_energy_eV                                     | [axes] photon_energy_eV, detuning_eV | missing; allowed
axes.detuning_eV = [0.01]                                  | [axes] photon_energy_eV, detuning_eV | one of them
EVENTS; -experiment.trigger_eV                             | [experiment] trigger_eV: missing | a list of different
EVENTS; observable = "chi2"; -experiment                   | [experiment] exposure_days | missing; allowed
EVENTS; axes.photon_energy_eV = [1.0]                      | [axes] photon_energy_eV | trigger_eV
axes.lightest_mass_eV = []                                 | [axes] lightest_mass_eV: empty | a list of values, { linear
axes.lightest_mass_eV = 0.01                               | [axes] lightest_mass_eV | a list of values, { linear
axes.lightest_mass_eV = { linear = [0.1, 0.1], points = 3 } | [axes] lightest_mass_eV | empty range
axes.lightest_mass_eV = { linear = [0.0, nan], points = 3 } | [axes] lightest_mass_eV | { linear = [a, b]
axes.lightest_mass_eV = { linear = ["0", 1], points = 3 }  | [axes] lightest_mass_eV | { linear = [a, b]
axes.lightest_mass_eV = { linear = [0, 1], points = 0 }    | [axes] lightest_mass_eV: points | 1 <= n
axes.lightest_mass_eV = { linear = [0, 1], points = 3.0 }  | [axes] lightest_mass_eV: points | 1 <= n
axes.lightest_mass_eV = { linear = [0, 1], points = true } | [axes] lightest_mass_eV: points | 1 <= n
axes.lightest_mass_eV = { log = [0.0, 0.1], points = 3 }   | [axes] lightest_mass_eV | a > 0 for log
axes.lightest_mass_eV = { linear = [-1.0, 1], points = 3 } | [axes] lightest_mass_eV | at least 0
axes.lightest_mass_eV = { thresholds = [0, 1], points = 3 } | [axes] lightest_mass_eV | { linear = [a, b]
axes.coupling = { linear = [0, 1], points = 3, step = 1 }  | [axes] coupling | { linear = [a, b]
axes.coupling = [2e-24, 1e-24, 1e-24]                      | [axes] coupling: 1e-24 | different values
axes.coupling = [1e-24, "2e-24"]                           | [axes] coupling: got '2e-24' | a finite number
axes.coupling = { linear = [0, 1e70], points = 3 }         | [axes] coupling | at most 1e+60
axes.photon_energy_eV = [true]                             | [axes] photon_energy_eV: got True | finite numbers
axes.photon_energy_eV = [1.0, 1.0]                         | [axes] photon_energy_eV | different values
axes.photon_energy_eV = { linear = [-1.0, 1], points = 3 } | [axes] photon_energy_eV | from 0 to E_vg_eV = 2.23072
axes.photon_energy_eV = [1.0, 2.24]                        | [axes] photon_energy_eV | from 0 to E_vg_eV = 2.23072
LEVELS; axes.E_vg_eV = [2.25, 2.1]; axes.photon_energy_eV = [2.2] | [axes] photon_energy_eV | from 0 to E_vg_eV = 2.1
axes.HUGE                                                  | [axes] photon_energy_eV | { linear = [a, b]
-axes.photon_energy_eV; axes.detuning_eV = [1.072]         | [axes] detuning_eV | to E_eg_eV/2 = 1.071745
axes.nature = ["dirac", "weyl"]                            | [axes] nature: got 'weyl' | dirac, majorana
axes.texture = ["12", "12"]                                | [axes] texture: '12' | different values
axes.texture = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]           | [axes] texture: got [1, 0, 0] | a 3x3 matrix
axes.chirality = ["left", "magnetic"]                      | [axes] chirality: got 'magnetic' | right, vector, axial
EVENTS; axes.exposure_days = [[1.0, 2.0]]                  | [axes] exposure_days | one number for all triggers
EVENTS; axes.background_per_day = [inf]                    | [axes] background_per_day | at least 0
interaction.chirality = "magnetic"                         | [interaction] chirality | left, right, vector, axial
DIPOLE; interaction.chirality = "anapole"                  | [interaction] chirality | magnetic, electric
interaction.texture = "21"                                 | [interaction] texture: got | 11, 12, 13, 22, 23, 33
interaction.texture = [[1, 0], [0, 1]]                     | [interaction] texture: got | 3x3 finite numbers
interaction.texture = [[1, 0, 0], [0, 1], [0, 0, 1]]       | [interaction] texture: got | 3x3 finite numbers
interaction.texture = [[inf, 0, 0], [0, 1, 0], [0, 0, 1]]  | [interaction] texture: got | 3x3 finite numbers
interaction.texture = [[[1, 0, 0], 0, 0], [0, 1, 0], [0, 0, 1]] | [interaction] texture | 3x3 finite numbers
interaction.texture = [[0, 1, 0], [2, 0, 0], [0, 0, 0]]    | [interaction] texture | not Hermitian; allowed: T_ji
interaction.texture = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]    | [interaction] texture | vanishes identically
MAJORANA; SCALAR; interaction.texture = [[0, [0, 1], 0], [[0, -1], 0, 0], [0, 0, 0]] | [interaction] texture | symmetric
MAJORANA; DIPOLE; interaction.texture = [[0, 1, 0], [1, 0, 0], [0, 0, 0]] | [interaction] texture | antisymmetric
MAJORANA; DIPOLE; interaction.texture = "11"               | [interaction] texture: '11' | 12, 13, 23
MAJORANA; DIPOLE                                           | [interaction] texture: 'universal' | 12, 13, 23
MAJORANA; interaction.chirality = "vector"                 | [interaction] texture: 'universal' | vanishes identically
MAJORANA; CHARGE                                           | [interaction] texture: 'universal' | vanishes identically
DIPOLE; axes.nature = ["dirac", "majorana"]                | [interaction] texture: 'universal' | 12, 13, 23
MAJORANA; CHARGE; axes.texture = ["12", "22"]              | [axes] texture: '22' | 12, 13, 23
line.width_eV = 1e-5                                       | [line] shape: missing | gaussian, lorentzian, voigt
line.shape = "square"                                      | [line] shape: got 'square' | gaussian, lorentzian, voigt
line.shape = "gaussian"                                    | [line] width_eV: missing | a gaussian line has it; allowed
line.shape = "voigt"; line.gaussian_width_eV = 1e-5        | [line] lorentzian_width_eV: missing | a voigt line has it
LINE; line.lorentzian_width_eV = 1e-5                      | [line] lorentzian_width_eV | a gaussian line takes no
LINE; line.width_eV = -1e-5                                | [line] width_eV: got -1e-05 | a finite number at least 0
LINE; line.width = 1e-5                                    | [line] width: unknown key | mean width_eV?
LINE; line.momentum_spread_eV = 0.1                        | [line] momentum_spread_eV: got 0.1 | E_eg_eV/100
LINE; axes.momentum_spread_eV = [1e-5, 0.1]                | [axes] momentum_spread_eV: got 0.1 | E_eg_eV/100
LINE; line.acceptance = [1.1, 1.0]                         | [line] acceptance: got [1.1, 1.0] | 0 <= low < high
LINE; line.acceptance = [[1.0, 0.5], [1.1, 2.0]]           | [line] acceptance: got | parts from 0 to 1
LINE; line.acceptance = "all"                              | [line] acceptance: got 'all' | [low, high] in eV
LINE; axes.acceptance = [[1.0, 1.1]]                       | [axes] acceptance | lightest_mass_eV
target.temperature_K = -1.0                                | [target] temperature_K: got -1.0 | at least 0
LEVELS; target.temperature_K = 300.0                       | [target] atom_mass_u: missing | above 0
EVENTS; LINE; observable = "chi2"; profile.refine = true; profile.ordering = ["inverted"] | [profile] refine | not for
SM; interaction.coupling = 1.0                             | [interaction] coupling | leave it out
SM; axes.mediator_mass_eV = [1.0, 2.0]                     | [axes] mediator_mass_eV | leave it out
DIPOLE; interaction.mediator_mass_eV = 1.0                 | [interaction] mediator_mass_eV | leave it out
LEVELS; target.atom = "Yb"                                 | [target] atom | an atom, or E_eg_eV, E_vg_eV
LEVELS; -target.spin_factor; -target.E_vg_eV               | [target] E_vg_eV: missing | a finite number above 0
axes.E_eg_eV = [2.0, 2.1]                                  | [target] E_vg_eV: missing | here or as an axis
LEVELS; target.E_vg_eV = 2.0                               | [target] E_eg_eV: got 2.0 | E_eg_eV below E_vg_eV
LEVELS; axes.E_eg_eV = { linear = [2, 2.3], points = 4 }   | [axes] E_eg_eV: got 2.3 | E_eg_eV below E_vg_eV
neutrino.dm3l_eV2 = -2.5e-3                                | [neutrino] dm3l_eV2 | above dm21_eV2
neutrino.ordering = "inverted"; neutrino.dm3l_eV2 = 2.5e-3 | [neutrino] dm3l_eV2 | below -dm21_eV2
neutrino.dm3l_eV2 = 2.5e-3; axes.ordering = ["normal"]     | [neutrino] dm3l_eV2 | one ordering
neutrino.dm21_eV2 = 2.6e-3                                 | [neutrino] dm3l_eV2 | above dm21_eV2
EVENTS; experiment.trigger_eV = []                         | [experiment] trigger_eV | at least one
EVENTS; experiment.trigger_eV = 1.07                       | [experiment] trigger_eV | a list of different
EVENTS; experiment.trigger_eV = [-1.0]                     | [experiment] trigger_eV | photon energies in eV
EVENTS; experiment.trigger_eV = [1.0, 2.3]                 | [experiment] trigger_eV | from 0 to E_vg_eV = 2.23072
EVENTS; experiment.trigger_eV = [1.0, 1.0]                 | [experiment] trigger_eV | different energies
EVENTS; experiment.exposure_days = [1.0, 2.0, 3.0]         | [experiment] exposure_days | one number, or 2, one for each
EVENTS; experiment.exposure_days = [1.0, -2.0]             | [experiment] exposure_days | at least 0
EVENTS; experiment.background_per_day = -1.0               | [experiment] background_per_day | at least 0
LIMIT; profile.nature = ["dirac"]; axes.nature = ["majorana"] | [profile] nature | allowed: one of the two
LIMIT; profile.coupling = [1.0, 2.0]                       | [profile] coupling | cannot be a nuisance; allowed: E_eg_eV
LIMIT; profile.theta12 = [30.0]                            | [profile] theta12 | mean theta12_deg?
LIMIT; profile.background_per_day = { mean = 1, sigma = 2, points = 5 } | [profile] background_per_day | reaches -5
LIMIT; profile.theta13_deg = { mean = 8, sigma = 30, points = 5 } | [profile] theta13_deg: reaches -82 at | fewer
LIMIT; BOTH; profile.exposure_days = { mean = 9, sigma = 1, points = 5 } | [profile] exposure_days: one | one of both
LIMIT; BOTH; profile.exposure_days = [9.0, 11.0]           | [profile] exposure_days: one number for all | one of both
EVENTS; profile.theta12_deg = [30.0]                       | [profile] | allowed: for chi2, limit, separation alone
ADAPTIVE; -adaptive; adaptive = 3                          | adaptive: got 3 | a table, [adaptive]
ADAPTIVE; adaptive.axis = ["coupling"]                     | [adaptive] axis: unknown key | mean axes?
ADAPTIVE; -adaptive.axes                                   | [adaptive] axes: missing | two different numeric axes
ADAPTIVE; adaptive.axes = "coupling"                       | [adaptive] axes: got 'coupling' | two different numeric
ADAPTIVE; adaptive.axes = ["coupling", "theta12_deg"]      | [adaptive] axes: got | energy_eV, coupling, ordering
ADAPTIVE; adaptive.axes = ["coupling", "coupling"]         | [adaptive] axes: got | two different numeric axes
ADAPTIVE; adaptive.axes = ["coupling", 3]                  | [adaptive] axes: got | two different numeric axes
ADAPTIVE; adaptive.axes = ["coupling", ["ordering"]]       | [adaptive] axes: got | two different numeric axes
ADAPTIVE; adaptive.axes = ["coupling", "ordering"]         | [adaptive] axes: ordering has labels | two different
ADAPTIVE; axes.coupling = [1e-24]                          | [adaptive] axes: coupling has one value | two values or
ADAPTIVE; axes.coupling = [1e-24, 3e-24, 2e-24]            | [adaptive] axes: coupling is in no order | increase or
ADAPTIVE; axes.coupling = { linear = [0, 1], points = 99999999 } | [adaptive] axes: their plane | at most 67108864
ADAPTIVE; adaptive.coarsest = 24                           | [adaptive] coarsest: got 24 | a power of two from 2 to 4096
ADAPTIVE; adaptive.coarsest = 1                            | [adaptive] coarsest: got 1 | a power of two from 2 to 4096
ADAPTIVE; adaptive.coarsest = 16.0                         | [adaptive] coarsest: got 16.0 | a power of two
ADAPTIVE; adaptive.contours = 0.01                         | [adaptive] contours: got 0.01 | a list of different finite
ADAPTIVE; adaptive.contours = []                           | [adaptive] contours: got [] | a list of different finite
ADAPTIVE; adaptive.contours = [0.0]                        | [adaptive] contours: got [0.0] | numbers above 0
ADAPTIVE; adaptive.contours = [0.01, 0.01]                 | [adaptive] contours: got | a list of different finite
ADAPTIVE; adaptive.contours = [0.01, inf]                  | [adaptive] contours: got | a list of different finite
storage.significant_bits = 53                              | [storage] significant_bits | from 2 to 52
storage.significant_bits = 24; storage.dtype = "float32"   | [storage] significant_bits: got 24 | below 24 for float32
storage.dtype = "float16"                                  | [storage] dtype | float64, float32
storage.codec = "gzip"                                     | [storage] codec | lz4, zstd, none
storage.block_points = 0                                   | [storage] block_points | a whole number from 1
observable = "rate"; target.atom = "Xe"                    | [target] gamma0_per_s | give all four levels
""".strip().splitlines()
ROWS = [tuple(cell.strip() for cell in row.split("|")) for row in CASES]


def toml(changes: str) -> str:
    """The good scan with these changes, as TOML: dotted keys throughout."""
    for name, meaning in SHORT.items():
        changes = changes.replace(name, meaning)
    keys: dict[str, str] = {}
    for change in [*GOOD.replace("\n", "; ").split("; "), *changes.split("; ")]:
        key, _, value = change.partition(" = ")
        if key.startswith("-"):
            keys = {name: old for name, old in keys.items() if not f"{name}.".startswith(f"{key[1:]}.")}
        elif key:
            keys[key] = value
    return "".join(f"{key} = {value}\n" for key, value in keys.items())


def refused(command: str, scan: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is said of the file; asserts that the scan is refused and that nothing has been written."""
    before = sorted(scan.parent.rglob("*"))
    output = ["-o", str(scan.parent / "store.zarr")] if command == "run" else []
    assert main([command, str(scan), *output]) == 2
    assert sorted(scan.parent.rglob("*")) == before
    printed = capsys.readouterr()
    assert printed.out == ""
    first, *others = printed.err.removeprefix("error: ").splitlines()
    assert first.startswith(f"{scan}: ")
    return [line.removeprefix(f"{scan}: ") for line in (first, *others)]


@pytest.mark.parametrize("base", ["", *(name for name in SHORT if name != "HUGE"), "MAJORANA; SCALAR"])
def test_what_the_table_starts_from_is_good(base: str) -> None:
    """Else a row could be refused for another reason than its change; Majorana neutrinos forbid the other textures."""
    assert parse_scan(toml(base)).text == toml(base)


def test_every_row_of_the_table_is_one_case() -> None:
    assert all(len(row) == 3 and all(row) for row in ROWS)
    assert len({toml(row[0]) for row in ROWS}) == len(ROWS) >= 60


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(("changes", "key", "allowed"), ROWS, ids=[row[0].replace(" ", "")[:70] for row in ROWS])
def test_wrong_scan(
    command: str, changes: str, key: str, allowed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = tmp_path / "wrong.toml"
    scan.write_text(toml(changes))
    lines = refused(command, scan, capsys)
    assert any(line.startswith(key) and allowed in line for line in lines), "\n".join(lines)


def test_all_unknown_keys_are_listed_and_before_missing_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = tmp_path / "wrong.toml"
    unknown = ["top", "target.a", "neutrino.b", "interaction.c", "experiment.d", "axes.e", "storage.f"]
    scan.write_text(toml("-neutrino.nature; confidence_level = 2.0; " + "; ".join(f"{key} = 1" for key in unknown)))
    lines = refused("run", scan, capsys)
    names = ["top", "[target] a", "[neutrino] b", "[interaction] c", "[experiment] d", "[axes] e", "[storage] f"]
    assert {line.partition(": unknown key")[0] for line in lines[:7]} == set(names)
    assert [line.partition(";")[0] for line in lines[7:]] == ["confidence_level: got 2.0", "[neutrino] nature: missing"]


FILES = {
    "not TOML": (b'observable = "rate', "not valid TOML"),
    "a key twice": (b'observable = "rate"\nobservable = "rate"\n', "not valid TOML"),
    "not UTF-8": ('title = "Xénon"\n'.encode("latin-1"), "not UTF-8"),
    "empty": (b"", "observable: missing"),
    "a number of 5000 digits": (toml("interaction.coupling = " + "9" * 5000).encode(), "digits"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("command", ["plan", "run"])
def test_wrong_file(name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, reason = FILES[name]
    scan = tmp_path / "wrong.toml"
    scan.write_bytes(content)
    assert reason in refused(command, scan, capsys)[0]


@pytest.mark.parametrize("command", ["plan", "run"])
def test_missing_file_and_directory(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, reason in ((tmp_path / "absent.toml", "No such file or directory"), (tmp_path, "Is a directory")):
        assert refused(command, path, capsys) == [f"cannot read the scan file: {reason}"]


@pytest.mark.parametrize("row", [ROWS[3], ROWS[-1]], ids=lambda row: row[1])
def test_in_a_process_of_its_own(row: tuple[str, ...], tmp_path: Path) -> None:
    """As users run it: exit status and streams, from another directory, with the scan named as they named it."""
    (tmp_path / "wrong.toml").write_text(toml(row[0]))
    command = [sys.executable, "-m", "renp_fast", "run", "wrong.toml", "-o", "store.zarr"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: wrong.toml: ")
    assert row[1] in done.stderr
    assert row[2] in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.toml"]
