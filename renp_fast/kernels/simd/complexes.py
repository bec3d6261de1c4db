"""Complex numbers for traced functions: with the names of Python's own."""

from typing import Any

from renp_fast.kernels.simd.tracing import Item


class Complex:
    """A pair of numbers, of whatever a traced function computes with."""

    __slots__ = ("imag", "real")

    def __init__(self, real: Any, imag: Any) -> None:
        self.real, self.imag = real, imag

    def __add__(self, other: "Complex") -> "Complex":
        return Complex(self.real + other.real, self.imag + other.imag)

    def __sub__(self, other: "Complex") -> "Complex":
        return Complex(self.real - other.real, self.imag - other.imag)

    def __mul__(self, other: Any) -> "Complex":
        if not isinstance(other, Complex):
            return Complex(self.real * other, self.imag * other)
        real = self.real * other.real - self.imag * other.imag
        return Complex(real, self.real * other.imag + self.imag * other.real)

    __rmul__ = __mul__

    def __neg__(self) -> "Complex":
        return Complex(-self.real, -self.imag)

    def conjugate(self) -> "Complex":
        """The number with the other sign of its imaginary part."""
        return Complex(self.real, -self.imag)


def complex_number(real: Any, imag: Any) -> Any:
    """A complex number: in kernels a `Complex`, in Python one of its own or whatever i makes of the parts."""
    return Complex(real, imag) if isinstance(real, Item) or isinstance(imag, Item) else real + 1j * imag


def times_i(z: Any) -> Any:
    """The number times i."""
    return Complex(-z.imag, z.real) if isinstance(z, Complex) else 1j * z
