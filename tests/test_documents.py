"""The documents tell of what is there: links lead somewhere, and no key of a scan file is left out."""

import re
from pathlib import Path

import pytest

from renp_fast.scan_file.reference_tables import tables
from renp_fast.scan_file.schema import KEYS_OF

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


def test_the_tables_of_the_scan_file_are_those_of_the_registry() -> None:
    """`renp-fast schema --tables` writes them."""
    text = (ROOT / "scans" / "SCAN-FILE.md").read_text()
    assert text.partition("<!-- tables -->\n\n")[2].partition("\n<!-- end of tables -->")[0] == tables()


@pytest.mark.parametrize("table", KEYS_OF)
def test_every_key_of_a_scan_file_is_explained(table: str) -> None:
    text = (ROOT / "scans" / "SCAN-FILE.md").read_text()
    for key in KEYS_OF[table].values():
        assert re.search(rf"^\| `{key.name}` \| {re.escape(key.help)}", text, re.MULTILINE), key.name
        assert key.help
