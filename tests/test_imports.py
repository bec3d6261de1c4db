"""What importing the package loads: the command line shall answer at once."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        (
            "import renp_fast.cli.parser as cli; cli.make_parser()",
            ("numba", "scipy", "zarr", "xarray", "numpy", "pydantic"),
        ),
        ("from renp_fast import *", ("dask", "distributed", "matplotlib", "pandas", "scipy.stats", "xarray")),
    ],
)
def test_an_import_loads_no_more_than_it_needs(statement: str, absent: tuple[str, ...]) -> None:
    script = f"{statement}\nimport sys\nprint(*(name for name in {absent!r} if name in sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    import renp_fast

    assert set(renp_fast.__all__) <= set(dir(renp_fast))
    with pytest.raises(AttributeError, match="no attribute 'spectrall'"):
        _ = renp_fast.spectrall
