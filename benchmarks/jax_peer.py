"""The workloads with JAX: jit, float64, on the CPU."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.missing import MissingError
from renp_fast.bench import formulas
from renp_fast.bench.grids import TRIGGERS, Grid
from renp_fast.bench.photon_energies import COUPLING, MEDIATOR_MASS, Spectrum
from renp_fast.bench.timing import Peer, whole
from renp_fast.kernels.types import Array


def peer(workload: Spectrum | Grid, hoisted: bool) -> Peer:
    """A workload, compiled as a whole: the formulas as they stand in NumPy, or everything hoisted by hand.

    Raises
    ------
    MissingError
        If JAX is not installed.
    """
    try:
        import jax
    except (ImportError, RuntimeError) as error:  # not there, or not made for this CPU
        raise MissingError(f"{error}; pip install '.[bench]'") from None
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    points = workload.points
    part: Callable[[Array], Array] = whole
    work: Callable[..., Any] = partial(workload.plain, xp=jax.numpy)
    if isinstance(workload, Spectrum):
        inputs = [workload.w]
        if hoisted:
            work = partial(spectrum, workload)
    elif hoisted:
        work, inputs, part = chi2 if workload.chi2 else events, hoisted_inputs(workload), workload.as_rows
    else:
        inputs, part = workload.broadcast, workload.first_mass
        points //= workload.masses
    compiled = jax.jit(work)
    arguments = [jax.numpy.asarray(array) for array in inputs]
    return Peer(points, lambda: np.asarray(compiled(*arguments).block_until_ready()), part)


def hoisted_inputs(workload: Grid) -> list[Array]:
    """Coefficients and couplings."""
    return [*workload.coefficients, workload.axis("coupling")]


def spectrum(workload: Spectrum, w: Any) -> Any:
    """I(w), the pairs unrolled."""
    from jax import numpy as jnp

    s, w2 = formulas.E_EG * (formulas.E_EG - 2.0 * w), w * w
    x = COUPLING / (s - MEDIATOR_MASS**2)
    one = same = other = product = 0.0
    for S, D, *powers in workload.pairs.tolist():
        root = jnp.sqrt(jnp.maximum(s - S, 0.0) * (s - D))
        if workload.general:
            vector, axial = (c[0] + x * (c[1] + x * c[2]) for c in (powers[:3], powers[3:]))
        else:
            vector, axial = powers[0], powers[3]
        one += root * (vector + axial)
        same += root * (vector * S + axial * D)
        other += root * (vector * D + axial * S)
        product += root * (vector + axial) * (S * D)
    W = (3.0 * s + w2) * (s * (2.0 * one * s + same - 2.0 * other) - product) + 3.0 * w2 * (other * s - product)
    return W * w / (9.0 * formulas.E_EG * s**3 * (formulas.E_VG - w) ** 2)


def events(first: Any, linear: Any, square: Any, g: Any) -> Any:
    """N of every row, trigger and coupling."""
    return first[:, :, None] + g * (linear[:, :, None] + g * square[:, :, None])


def chi2(first: Any, linear: Any, square: Any, g: Any) -> Any:
    """Chi^2 of every row and coupling, the triggers unrolled."""
    from jax import numpy as jnp

    total = 0.0
    for k in range(TRIGGERS.size):
        t = g * (linear[:, k, None] + g * square[:, k, None])
        total += first[:, k, None] * (t - jnp.log1p(t))
    return 2.0 * total
