"""All peers of the workloads W1, W2, W3 and W6, and how far each may differ."""

from collections.abc import Callable
from functools import partial

from benchmarks import compiled, jax_peer, numexpr_peer
from benchmarks.missing import MissingError
from renp_fast.bench import with_quad
from renp_fast.bench.grids import Grid
from renp_fast.bench.photon_energies import Spectrum
from renp_fast.bench.profiled import ProfiledLimits
from renp_fast.bench.timing import HOISTED, NUMPY, OURS, QUAD, Peer

NUMEXPR, JAX, JAX_HOISTED = "numexpr", "JAX", "JAX, hoisted"
C, AVX512 = "C -ffast-math", "C AVX-512"
NAMES = (QUAD, NUMPY, HOISTED, NUMEXPR, JAX, JAX_HOISTED, C, AVX512, OURS)
# quad asks for 1.5e-8; chi^2 cancels as it is usually written; -ffast-math may spoil s - (m_i + m_j)^2 at a threshold
TOLERANCE = 1e-7
FAST_MATH_TOLERANCE = 1e-5
TOLERANCES = dict.fromkeys(NAMES, TOLERANCE) | {C: FAST_MATH_TOLERANCE}

OTHERS: dict[str, Callable[[Spectrum | Grid], Peer]] = {
    NUMEXPR: numexpr_peer.peer,
    JAX: partial(jax_peer.peer, hoisted=False),
    JAX_HOISTED: partial(jax_peer.peer, hoisted=True),
    C: partial(compiled.peer, source="plain"),
    AVX512: partial(compiled.peer, source="avx512"),
}


def peers(workload: Spectrum | Grid | ProfiledLimits) -> tuple[dict[str, Peer], dict[str, str]]:
    """(peers of a workload, reasons why the others are missing), by name."""
    if isinstance(workload, ProfiledLimits):
        return workload.numpy_peers(), {}
    found, missing = {QUAD: with_quad.peer(workload)} | workload.numpy_peers(), {}
    for name, make in OTHERS.items():
        try:
            found[name] = make(workload)
        except MissingError as error:
            missing[name] = str(error)
    return {name: found[name] for name in NAMES if name in found}, missing
