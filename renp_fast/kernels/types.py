"""Array types of the kernels' arguments."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Row: TypeAlias = NDArray[np.float64]
ComplexMatrix: TypeAlias = NDArray[np.complex128]
IntArray: TypeAlias = NDArray[np.int64]
