"""A wheel that is installed elsewhere works without the repository."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_an_installed_wheel_runs_scans_that_it_brings_and_reproduces_a_figure(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheel = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(wheel, check=True, capture_output=True)
    (built,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", str(site), str(built)], check=True, capture_output=True)
    assert (site / "renp_fast" / "py.typed").is_file()  # its types are for those who import it
    program = (
        "import sys, importlib.resources, renp_fast.cli.commands as cli; "
        "assert cli.__file__.startswith(sys.argv[1]); "
        "scan = importlib.resources.files('renp_fast') / 'scans' / 'smoke.toml'; "
        "assert cli.main(['submit', str(scan), '-o', sys.argv[2] + '/s.zarr', '--dry-run', '--tasks', '1']) == 0; "
        "assert cli.main(['run', str(scan), '-o', sys.argv[2] + '/s.zarr']) == 0; "
        "sys.exit(cli.main(['reproduce', 'fig1-middle', '-o', sys.argv[2] + '/figures']))"
    )
    environment = os.environ | {"PYTHONPATH": str(site)}
    result = subprocess.run(
        [sys.executable, "-c", program, str(site), str(tmp_path)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("#!/bin/bash\n#SBATCH")
    assert (tmp_path / "s.zarr" / "zarr.json").is_file()
    assert (tmp_path / "figures" / "fig1-middle.png").is_file()
    assert "five orders" in result.stdout
