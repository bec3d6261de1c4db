"""What slurm/README.md says of a scan of 1e12 points is what the layout of that scan says."""

import re
from pathlib import Path

import pytest

from renp_fast.evaluate.rounding import relative_error
from renp_fast.scan_file.scan import parse_scan
from renp_fast.store.layout import layout_of

TEXT = (Path(__file__).parents[1] / "slurm" / "README.md").read_text()
(SCAN,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
ROWS = {name.strip(): cells for name, *cells in (line.strip("|").split("|") for line in TEXT.splitlines())}
SMALL = {'dtype = "float64"': 'dtype = "float32"\nsignificant_bits = 16', '"lz4"': '"zstd"'}


@pytest.mark.parametrize("column", [0, 1])
def test_the_table_of_a_scan_of_1e12_points(column: int) -> None:
    text = SCAN
    for old, new in SMALL.items() if column else ():
        assert old in text
        text = text.replace(old, new)
    scan = parse_scan(text)
    layout = layout_of(scan)
    assert scan.points == 10**12
    assert f"{layout.data_bytes / 1e12:.1f} TB" == ROWS["numbers"][column].strip()
    assert ROWS["blocks"][column].strip() == f"{layout.grid.blocks} of {column + 1}e8 points"
    assert layout.grid.blocks * (column + 1) == 10**4
    assert ROWS["files"][column].split(",")[0].strip() == str(layout.files)
    if column:
        assert f"right to {relative_error('float32', 16):.0e}".replace("e-0", "e-") in TEXT.replace("\n", " ")
