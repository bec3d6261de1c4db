"""Random numbers that depend on a key and a counter alone: Philox4x64-10, and Poisson numbers from it.

Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC11): the same counter gives the same four numbers on
any thread of any machine, so pseudo-experiments depend on neither blocks nor workers.
"""

import math

import numpy as np
from numpy.typing import NDArray

from renp_fast.kernels.likelihood.poisson import poisson_chi2
from renp_fast.kernels.simd.jit import kernel

Words = NDArray[np.uint64]
ROUNDS = 10
MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
WEYL_0, WEYL_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
LOW, HALF, TWELVE = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(12)
# Below this mean Poisson numbers come from inversion
SMALL_MEAN = 10.0
MOST_TRIES = 1000


@kernel
def high_product(a: np.uint64, b: np.uint64) -> np.uint64:
    """The upper 64 of the 128 bits of a product."""
    a0, a1, b0, b1 = a & LOW, a >> HALF, b & LOW, b >> HALF
    middle = a1 * b0 + ((a0 * b0) >> HALF)
    other = a0 * b1 + (middle & LOW)
    return a1 * b1 + (middle >> HALF) + (other >> HALF)


@kernel
def philox(counter: Words, key: Words, words: Words) -> None:
    """Write the four numbers of a counter (4) under a key (2) into ``words`` (4)."""
    c0, c1, c2, c3 = counter[0], counter[1], counter[2], counter[3]
    k0, k1 = key[0], key[1]
    for _ in range(ROUNDS):
        high0, high1 = high_product(MULTIPLIER_0, c0), high_product(MULTIPLIER_1, c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, MULTIPLIER_1 * c2, high0 ^ c3 ^ k1, MULTIPLIER_0 * c0
        k0, k1 = k0 + WEYL_0, k1 + WEYL_1
    words[0], words[1], words[2], words[3] = c0, c1, c2, c3


@kernel
def uniform(word: np.uint64) -> float:
    """A number above 0 and below 1 from the upper 52 bits of a word."""
    return (np.float64(word >> TWELVE) + 0.5) * 2.0**-52


@kernel
def log_probability(k: float, mean: float) -> float:
    """Logarithm of the Poisson probability of k, without cancellation for large means."""
    if k < 10.0:
        return k * math.log(mean) - mean - math.lgamma(k + 1.0)
    stirling = (1.0 - (1.0 - 2.0 / (7.0 * k * k)) / (30.0 * k * k)) / (12.0 * k)
    return -0.5 * (poisson_chi2(k, mean - k) + math.log(2.0 * math.pi * k)) - stirling


@kernel
def small_poisson(mean: float, u: float) -> float:
    """The Poisson number below which the probability is ``u``."""
    probability = math.exp(-mean)
    total, k = probability, 0.0
    while u > total and k < MOST_TRIES:
        k += 1.0
        probability *= mean / k
        total += probability
    return k


@kernel
def poisson(mean: float, counter: Words, key: Words) -> float:
    """A Poisson number; ``counter`` is counted up in its first word, and ``mean`` is finite.

    Transformed rejection, PTRS of Hörmann, Insurance: Mathematics and Economics 12, 39 (1993). NaN if a thousand
    tries fail, of which one does not in ten.
    """
    words = np.empty(4, dtype=np.uint64)
    if mean < SMALL_MEAN:
        philox(counter, key, words)
        return small_poisson(mean, uniform(words[0]))
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha, safe = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2.0)
    for _ in range(MOST_TRIES):
        philox(counter, key, words)
        counter[0] += np.uint64(1)
        u, v = uniform(words[0]) - 0.5, uniform(words[1])
        edge = 0.5 - math.fabs(u)
        k = math.floor((2.0 * a / edge + b) * u + mean + 0.43)
        if edge >= 0.07 and v <= safe:
            return k
        if k < 0.0 or (edge < 0.013 and v > edge):
            continue
        if math.log(v * inverse_alpha / (a / (edge * edge) + b)) <= log_probability(k, mean):
            return k
    return math.nan
