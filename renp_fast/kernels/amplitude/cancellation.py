"""What is left where an amplitude nearly cancels: no difference of large numbers, but what no coupling cancels."""

from renp_fast.kernels.simd.jit import inner
from renp_fast.kernels.simd.vectors import select

# Of its terms, a sum that differs from zero by less than this part differs by rounding
CANCELLED = 3e-14


@inner
def left_over(start: float, real: float, imaginary: float, square: float) -> float:
    """The least of start + real x + imaginary y + square (x^2 + y^2); 0 if it differs from zero by rounding alone.

    The least over all x and y, to which a fixed ratio of the two adds.
    """
    most = select(square <= 0.0, 0.0, 0.25 * (real * real + imaginary * imaginary) / select(square <= 0.0, 1.0, square))
    rest = start - most
    return select(rest <= CANCELLED * start, select(rest <= -CANCELLED * start, rest, 0.0), rest)


@inner
def least_events(left: float, offset: float, real: float, imaginary: float, square: float, x: float, y: float) -> float:
    """The least of an event number over all couplings g, for strengths g x and g y and what `left_over` says.

    The event number is offset + signal + g (real x + imaginary y) + g^2 square (x^2 + y^2). Nothing cancels here: what
    the fixed phase of x + i y adds to what is left over is a square.
    """
    crossed = x * imaginary - y * real
    size = 4.0 * square * (x * x + y * y)
    apart = select(size <= 0.0, 0.0, crossed * crossed / select(size <= 0.0, 1.0, size))
    return offset + (left + apart)
