"""Every path of `simd.vectors` writes the same bits: with AVX-512, with vectors of any CPU, with single numbers."""

import os
import subprocess
import sys

from renp_fast.kernels.simd import settings

# Prints a hash of the results of scans of every kind, long enough for vectors and with a rest that fills none
SCRIPT = '''
import hashlib
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.scan_file.scan import parse_scan

DIPOLE = '{ kind = "dipole", chirality = "magnetic", texture = "12", coupling = 1e-11 }'
MATRIX = "[[0.4, [0.3, -0.7], 0.1], [[0.3, 0.7], -0.9, [0.0, 0.2]], [0.1, [0.0, -0.2], 1.1]]"
VECTOR = '{ kind = "vector", chirality = "left", texture = ' + MATRIX + ', coupling = 3e-24, mediator_mass_eV = 0.7 }'
WIDE = VECTOR.replace("0.7 }", "0.7, mediator_width_eV = 0.1 }")
SCALAR = '{ kind = "scalar", chirality = "pseudoscalar", coupling = 1e-17, mediator_mass_eV = 0.7 }'
LIGHT = 'photon_energy_eV = { linear = [1.06, 1.0717], points = 1013 }'
COUPLINGS = 'coupling = { linear = [-1e-23, 1e-23], points = 531 }'
MASSES = 'mediator_mass_eV = [0.01, 1.0, 30.0]'
CASES = [("spectral_function", kind, LIGHT) for kind in ('{ kind = "standard_model" }', DIPOLE, VECTOR, WIDE, SCALAR)]
CASES += [("spectral_function", VECTOR, MASSES + "\\n" + LIGHT), ("rate", WIDE, MASSES + "\\n" + LIGHT)]
TWO = '[{ name = "a", ' + VECTOR[1:] + ', { name = "b", ' + DIPOLE[1:] + "]"
CASES += [("spectral_function", TWO, LIGHT.replace("1.06", "0.9"))]
CASES += [(what, kind, COUPLINGS) for what in ("events", "chi2") for kind in (VECTOR, WIDE)]
CASES += [("chi2", VECTOR, COUPLINGS + "\\n" + MASSES), ("limit", VECTOR, MASSES)]
for observable, interaction, axes in CASES:
    for line in axes.splitlines():
        name = line.split(" ")[0]
        for value in ("coupling = 3e-24, ", "mediator_mass_eV = 0.7, ", ", mediator_mass_eV = 0.7"):
            if value.strip(", ").startswith(name + " "):
                interaction = interaction.replace(value, "")
    scan = parse_scan(f"""
        observable = "{observable}"
        neutrino = {{ nature = "majorana", ordering = "inverted", lightest_mass_eV = 0.0123, alpha21_deg = 71.0 }}
        interaction = {interaction}
        experiment = {{ trigger_eV = [1.069, 1.0702, 1.0711], exposure_days = 1e5, background_per_day = 1e-4 }}
        [axes]
        {axes}
    """)
    values = Evaluator(scan).observable(tuple(slice(0, n) for n in scan.shape))
    print(observable, hashlib.sha256(values.tobytes()).hexdigest())
'''


def results(path: str) -> list[str]:
    """Hashes of the scans, by a process that takes that path."""
    environment = os.environ | {settings.VARIABLE: path}
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300, env=environment)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_all_paths_write_the_same_bits() -> None:
    fastest = results("")
    assert len(set(fastest)) == 14
    assert results("portable") == fastest
    assert results("off") == fastest


def test_an_unknown_path_is_an_error() -> None:
    environment = os.environ | {settings.VARIABLE: "avx"}
    message = "RENP_FAST_SIMD: got 'avx'; allowed: off, portable, or nothing for the fastest"
    command = [sys.executable, "-c", "import renp_fast.kernels.simd.vectors"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert run.returncode != 0
    assert message in run.stderr
    command = [sys.executable, "-m", "renp_fast", "plan", "nowhere.toml"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert (run.returncode, run.stderr) == (2, f"error: {message}\n")
