"""Damage is named by verify, and run repairs just that."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from conftest import call, contents, objects

from renp_fast.errors import WrongStoreError
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import Scan, load_scan, parse_scan
from renp_fast.store.inspection import verify
from renp_fast.store.journal import journal_files


@pytest.fixture
def store(scan: Scan, tmp_path: Path) -> Path:
    path = tmp_path / "s.zarr"
    run_scan(scan, path)
    return path


def flip_byte(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(bytes(data))


def test_a_sound_store_is_called_so(store: Path) -> None:
    result = call("verify", store)
    assert result.returncode == 0
    assert "all 240 blocks" in result.stderr


def test_flipped_truncated_and_deleted_objects_are_named_and_only_they_are_repaired(scan: Scan, store: Path) -> None:
    before = contents(store)
    flipped, truncated, deleted = (
        store / f"spectral_function/c/{key}" for key in ("0/0/3/0/0", "1/0/9/0/0", "1/1/59/0/0")
    )
    flip_byte(flipped, 1000)
    truncated.write_bytes(truncated.read_bytes()[:-7])
    deleted.unlink()
    result = call("verify", store)
    assert result.returncode == 1
    for block, path in ((3, flipped), (129, truncated), (239, deleted)):
        assert f"block {block}:" in result.stderr
        assert str(path.relative_to(store)) in result.stderr
    assert result.stderr.count("damaged: block") == 3
    assert run_scan(scan, store).computed == 3
    assert contents(store) == before
    assert call("verify", store).returncode == 0


def test_a_torn_journal_line_is_named_and_its_block_computed_again(scan: Scan, store: Path) -> None:
    before = contents(store)
    (journal,) = journal_files(store)
    journal.write_bytes(journal.read_bytes()[:-20])
    result = call("verify", store)
    assert result.returncode == 1
    assert f"{journal.name}:241" in result.stderr  # after the line of the writer
    assert "1 of 240 blocks are missing" in result.stderr
    assert run_scan(scan, store).computed == 1
    assert contents(store) == before
    assert call("verify", store).returncode == 0


def test_a_damaged_line_inside_the_journal_costs_its_block_alone(scan: Scan, store: Path) -> None:
    (journal,) = journal_files(store)
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[100] = lines[100].replace(b'"infinite":0', b'"infinite":1')
    journal.write_bytes(b"".join(lines))
    assert verify(store).journal == [f"{journal.name}:101"]
    assert run_scan(scan, store).computed == 1


@pytest.mark.parametrize(
    "name", ["zarr.json", "spectral_function/zarr.json", "lightest_mass_eV/c/0", ".renp_fast/header.json"]
)
def test_damaged_metadata_is_named_and_written_anew(scan: Scan, store: Path, name: str) -> None:
    before = contents(store)
    flip_byte(store / name, 40)
    result = call("verify", store)
    assert result.returncode == 1
    assert name in result.stderr
    assert run_scan(scan, store).computed == 0
    assert contents(store) == before


def test_a_damaged_header_does_not_hide_another_scan(scan: Scan, store: Path) -> None:
    before = contents(store)
    flip_byte(store / ".renp_fast/header.json", 40)
    other = parse_scan(scan.text.replace("coupling = 3e-26", "coupling = 4e-26"), "other.toml")
    with pytest.raises(WrongStoreError, match=r"zarr\.json is that of another scan than other\.toml"):
        run_scan(other, store)
    run_scan(scan, store)
    assert contents(store) == before


def test_one_flipped_byte_anywhere_in_an_object_is_found(store: Path) -> None:
    rng = np.random.default_rng(5)
    path = objects(store)[17]
    whole = path.read_bytes()
    for at in rng.integers(0, len(whole), 40):
        flip_byte(path, int(at))
        assert len(verify(store).damaged) == 1
        path.write_bytes(whole)
        for journal in journal_files(store):  # verify has called the block missing
            if b"revoked" in journal.read_bytes():
                journal.unlink()


def test_shards_are_verified_and_repaired(tmp_path: Path) -> None:
    text = """
    observable = "rate"
    neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.02 }
    interaction = { kind = "standard_model" }
    axes.theta12_deg = { linear = [30, 35], points = 192 }
    axes.photon_energy_eV = { linear = [0.5, 1.07], points = 16384 }
    storage = { block_points = 1048576, codec = "zstd" }
    """
    scan, store = parse_scan(text), tmp_path / "s.zarr"
    assert run_scan(scan, store).done == 3
    before = contents(store)
    first, second, third = objects(store, "rate")
    flip_byte(first, 12345)
    second.write_bytes(second.read_bytes()[: len(before) // 2])
    third.unlink()
    assert sorted(verify(store).damaged) == [0, 1, 2]
    assert run_scan(scan, store).computed == 3
    assert contents(store) == before
    values = xr.open_zarr(store)["rate"].to_numpy()
    assert np.isfinite(values).all()


def test_a_store_that_cannot_be_written_is_still_verified(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    objects(store)[0].unlink()
    monkeypatch.setattr("renp_fast.store.inspection.JournalWriter", refuse)
    verdict = verify(store)
    assert list(verdict.damaged) == [0]
    assert not verdict.revoked


def test_scans_that_differ_in_comments_and_title_share_a_store(scan: Scan, store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("# another comment\n" + scan.text.replace("many blocks", "another title"))
    assert run_scan(load_scan(other), store).computed == 0
