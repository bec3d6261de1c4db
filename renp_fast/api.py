"""Results as labelled arrays, from Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from renp_fast.errors import InputError, StoreError
from renp_fast.runs.execute import Progress, run_scan
from renp_fast.scan_file import scan as scans
from renp_fast.scan_file.scan import Scan
from renp_fast.store.addresses import local_path
from renp_fast.store.opened import open_result

if TYPE_CHECKING:
    import xarray as xr


def run(
    scan: Scan | Mapping[str, Any] | str | Path,
    store: str | Path,
    *,
    threads: int | None = None,
    part: tuple[int, int] = (1, 1),
    client: Any = None,
    progress: Progress | None = None,
) -> "xr.Dataset":
    """Run or resume a scan and open its result.

    Parameters
    ----------
    scan : Scan, mapping or path
        A scan, what `scan` takes, or the path of a scan file.
    store : path
        Directory of the result, a Zarr group; made if it is not there, gone on with if it is.
    threads : int, optional
        Number of threads; all cores by default.
    part : (int, int)
        (i, n) computes every n-th block, from the i-th: n runs together make the whole.
    client : distributed.Client, optional
        Of a Dask cluster whose workers shall compute, rather than threads of this process. They must see the store
        under the same path.
    progress : Progress, optional
        Told how the run gets on.

    Returns
    -------
    xarray.Dataset
        Lazy: values are read when they are used. NaN where nothing has been computed yet.

    Raises
    ------
    ScanError
        If the scan file is wrong.
    ValueError
        If there is no such part or number of threads.
    StoreError
        If the store cannot be used or written, or some block could not be computed.
    ClusterError
        If the scheduler or all workers are lost; the next run goes on from what is done.
    """
    try:
        path = Path(local_path(str(store)))
    except InputError as error:
        raise InputError(f"store: {error}") from None
    if not isinstance(scan, Scan):
        scan = scans.scan(scan) if isinstance(scan, Mapping) else scans.load_scan(scan)
    executor = None
    if client is not None:
        from renp_fast.cluster.workers import on_cluster

        executor = on_cluster(client)
    outcome = run_scan(scan, path, threads, part, progress, executor)
    if outcome.failed:
        block, reason = next(iter(outcome.failed.items()))
        raise StoreError(f"{store}: {len(outcome.failed)} blocks failed, the first of them block {block}: {reason}")
    if outcome.missing:
        raise StoreError(f"{store}: {outcome.missing} blocks were removed while others were computed; run it again")
    return open_result(store)
