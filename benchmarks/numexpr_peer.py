"""The workloads with numexpr, on one thread."""

from collections.abc import Callable

import numpy as np

from benchmarks.missing import MissingError
from renp_fast.bench import formulas
from renp_fast.bench.grids import TRIGGERS, Grid
from renp_fast.bench.photon_energies import COUPLING, MEDIATOR_MASS, Spectrum
from renp_fast.bench.timing import Peer, whole
from renp_fast.kernels.types import Array


def peer(workload: Spectrum | Grid) -> Peer:
    """All of a workload, as one expression.

    Raises
    ------
    MissingError
        If numexpr is not installed.
    """
    try:
        import numexpr
    except (ImportError, RuntimeError) as error:  # not there, or not made for this CPU
        raise MissingError(f"{error}; pip install '.[bench]'") from None
    numexpr.set_num_threads(1)
    if isinstance(workload, Spectrum):
        text, names = spectrum_expression(workload)
        out = np.zeros(workload.points)
        part: Callable[[Array], Array] = whole
    else:
        text, names = grid_expression(workload)
        out = np.zeros(workload.rows_shape)
        part = workload.as_rows
    expression = numexpr.NumExpr(text, signature=[(name, np.float64) for name in names])
    values = list(names.values())

    def work() -> Array:
        expression(*values, out=out, ex_uses_vml=False)
        return out

    return Peer(workload.points, work, part)


def spectrum_expression(workload: Spectrum) -> tuple[str, dict[str, Array]]:
    """I(w) with everything but w put in as numbers; numexpr computes equal parts once."""
    E_eg, E_vg = formulas.E_EG, formulas.E_VG
    s = f"({E_eg!r} * ({E_eg!r} - 2.0 * w))"
    x = f"({COUPLING!r} / ({s} - {MEDIATOR_MASS**2!r}))"
    sums: tuple[list[str], ...] = ([], [], [], [])
    for S, D, *powers in workload.pairs.tolist():
        root = f"sqrt(where({s} > {S!r}, {s} - {S!r}, 0.0) * ({s} - {D!r}))"
        vector, axial = np.array(powers[:3]), np.array(powers[3:])
        weights = (vector + axial, vector * S + axial * D, vector * D + axial * S, (vector + axial) * S * D)
        for terms, weight in zip(sums, weights, strict=True):
            c = weight.tolist()
            terms.append(
                f"{root} * ({c[0]!r} + {x} * ({c[1]!r} + {x} * {c[2]!r}))" if workload.general else f"{root} * {c[0]!r}"
            )
    one, same, other, product = (f"({' + '.join(terms)})" for terms in sums)
    bracket = f"({s} * (2.0 * {one} * {s} + {same} - 2.0 * {other}) - {product})"
    W = f"((3.0 * {s} + w * w) * {bracket} + 3.0 * w * w * ({other} * {s} - {product}))"
    return f"{W} * w / ({9.0 * E_eg!r} * {s} * {s} * {s} * ({E_vg!r} - w) * ({E_vg!r} - w))", {"w": workload.w}


def grid_expression(workload: Grid) -> tuple[str, dict[str, Array]]:
    """N, or chi^2 with its six triggers written out."""
    names = {"g": workload.axis("coupling")}
    if not workload.chi2:
        names |= {name: table[:, :, None] for name, table in zip("abc", workload.coefficients, strict=True)}
        return "a + g * (b + g * c)", names
    terms = []
    for k in range(TRIGGERS.size):
        names |= {f"{name}{k}": table[:, k, None] for name, table in zip("abc", workload.coefficients, strict=True)}
        t = f"(g * (b{k} + g * c{k}))"
        terms.append(f"a{k} * ({t} - log1p({t}))")
    return f"2.0 * ({' + '.join(terms)})", names
