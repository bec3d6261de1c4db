"""The documents tell of what is there: links lead somewhere, and no key of a scan file is left out."""

import re
from pathlib import Path

import pytest

from renp_fast.scan_file.schema import TABLES, StorageTable

ROOT = Path(__file__).parents[1]
FOLDERS = ("scans", "slurm", "benchmarks", "renp_fast/physics", "renp_fast/store")
NAMES = ("README.md", "CONTRIBUTING.md", "scans/SCAN-FILE.md", *(f"{folder}/README.md" for folder in FOLDERS))
DOCUMENTS = [ROOT / name for name in NAMES]


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_links_and_pictures_are_there(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("table", [*TABLES, "storage"])
def test_every_key_of_a_scan_file_is_explained(table: str) -> None:
    text = (ROOT / "scans" / "SCAN-FILE.md").read_text()
    (row,) = re.findall(rf"^\| `\[{table}\]` \| (.*) \|$", text, re.MULTILINE)
    for key in (StorageTable if table == "storage" else TABLES[table]).model_fields:
        assert f"`{key}`" in row, key
