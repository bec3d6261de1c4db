"""The notebook of slurm/README.md, on a real Slurm."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cluster import assert_equals_serial, needs_slurm, write_scan

pytestmark = [pytest.mark.slurm, needs_slurm]
README = Path(__file__).parents[2] / "slurm" / "README.md"
# What another cluster has in the place of the README's
HERE = {
    'queue="short"': 'queue="main"',
    "cores=8": "cores=1",
    'memory="16GB"': 'memory="1GB"',
    'interface="ib0"': 'interface="lo"',
    "minimum=0": "minimum=1",
    "maximum=20": "maximum=2",
}


def test_the_notebook_of_the_readme(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    for theirs, ours in HERE.items():
        assert theirs in code
        code = code.replace(theirs, ours)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    code = code.replace("/home/me/.private", str(private))
    write_scan(tmp_path)
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert_equals_serial(tmp_path / "scan.zarr")
