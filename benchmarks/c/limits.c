/* What one core of this machine can do at most. */
#include <math.h>

typedef double V __attribute__((vector_size(64)));

/* Multiply-adds of 16 independent vectors of 8, `loops` times; the sum keeps the compiler from leaving them out */
double fma_loop(long loops, double start)
{
    V x[16], total = {0};
    for (int i = 0; i < 16; i++)
        x[i] = (V){start, 1, 2, 3, 4, 5, 6, 7} + i;
    V a = (V){0} + 0.999999, b = (V){0} + start;
    for (long k = 0; k < loops; k++)
        for (int i = 0; i < 16; i++)
            x[i] = x[i] * a + b;
    for (int i = 0; i < 16; i++)
        total += x[i];
    return total[0] + total[7];
}

/* Hardware square roots of numbers in the first cache, `loops` times */
void square_roots(const double *restrict x, double *restrict y, long n, long loops)
{
    for (long l = 0; l < loops; l++) {
        for (long k = 0; k < n; k++)
            y[k] = sqrt(x[k]);
        __asm__ volatile("" : : "r"(y) : "memory");
    }
}

void store_plain(double *restrict out, long n, double value)
{
    for (long k = 0; k < n; k++)
        out[k] = value + (double)(k & 7);
}

#ifdef __AVX512F__
#include <immintrin.h>
void store_streaming(double *out, long n, double value)
{
    __m512d v = _mm512_set1_pd(value);
    for (long k = 0; k < n; k += 8)
        _mm512_stream_pd(out + k, v);
    _mm_sfence();
}
#elif defined(__SSE2__)
#include <immintrin.h>
void store_streaming(double *out, long n, double value)
{
    __m128d v = _mm_set1_pd(value);
    for (long k = 0; k < n; k += 2)
        _mm_stream_pd(out + k, v);
    _mm_sfence();
}
#endif
