/* The same by hand for AVX-512. Lengths must be multiples of 8, outputs aligned to 64 bytes. */
#include <immintrin.h>

typedef __m512d V;

enum { S, D, V0, V1, V2, A0, A1, A2, COLUMNS };

#define SET _mm512_set1_pd
#define ADD _mm512_add_pd
#define SUB _mm512_sub_pd
#define MUL _mm512_mul_pd
#define DIV _mm512_div_pd
#define FMA _mm512_fmadd_pd
#define FNMA _mm512_fnmadd_pd
#define FMS _mm512_fmsub_pd

/* Square root by one Newton step of fourth order from 14 bits; an exact 0 for x <= 0 */
static inline V root(V x)
{
    V y = _mm512_maskz_rsqrt14_pd(_mm512_cmp_pd_mask(x, _mm512_setzero_pd(), _CMP_GT_OQ), x);
    V h = MUL(x, y), error = FNMA(h, y, SET(1.0));
    return FMA(MUL(h, error), FMA(FMA(SET(0.3125), error, SET(0.375)), error, SET(0.5)), h);
}

/* Newton steps and the hardware's square root side by side keep both units busy */
#ifndef HARDWARE_ROOTS
#define HARDWARE_ROOTS 2
#endif

static inline V pair_root(V x, int pair)
{
    return pair < HARDWARE_ROOTS ? _mm512_sqrt_pd(x) : root(x);
}

static inline V level(V W, V w, V s, V scale, V E_vg)
{
    V gap = SUB(E_vg, w), sg = MUL(s, gap);
    return DIV(MUL(W, w), MUL(MUL(scale, s), MUL(sg, sg)));
}

void spectrum_standard(const double *w, double *out, long n, const double *pairs, double E_eg, double E_vg, double g, double M)
{
    (void)g, (void)M;
    V lower[6], upper[6], weight[6], sum[6], product[6];
    for (int p = 0; p < 6; p++) {
        const double *pair = pairs + p * COLUMNS;
        lower[p] = SET(pair[S]), upper[p] = SET(pair[D]), weight[p] = SET(pair[V0]);
        sum[p] = SET(pair[V0] * (pair[S] + pair[D])), product[p] = SET(pair[V0] * pair[S] * pair[D]);
    }
    for (long k = 0; k < n; k += 8) {
        V x = _mm512_loadu_pd(w + k), w2 = MUL(x, x), s = MUL(SET(E_eg), FNMA(SET(2.0), x, SET(E_eg)));
        V one = _mm512_setzero_pd(), sums = one, products = one;
        for (int p = 0; p < 6; p++) {
            V r = pair_root(MUL(_mm512_max_pd(SUB(s, lower[p]), _mm512_setzero_pd()), SUB(s, upper[p])), p);
            one = FMA(r, weight[p], one), sums = FMA(r, sum[p], sums), products = FMA(r, product[p], products);
        }
        V first = MUL(MUL(one, s), FMA(SET(12.0), s, MUL(SET(4.0), w2)));
        first = FMA(sums, FMS(SET(2.0), w2, MUL(SET(3.0), s)), first);
        V W = FMS(s, first, MUL(products, FMA(SET(6.0), s, MUL(SET(8.0), w2))));
        _mm512_storeu_pd(out + k, level(W, x, s, SET(9.0 * E_eg), SET(E_vg)));
    }
}

/* The quadratic c[0] + x (c[1] + x c[2]) */
static inline V quadratic(const double *c, V x)
{
    return FMA(x, FMA(x, SET(c[2]), SET(c[1])), SET(c[0]));
}

void spectrum_general(const double *w, double *out, long n, const double *pairs, double E_eg, double E_vg, double g, double M)
{
    /* Powers of x in |v|^2 + |a|^2, |v|^2 S + |a|^2 D and |v|^2 D + |a|^2 S */
    double one[6][3], same[6][3], other[6][3];
    for (int p = 0; p < 6; p++)
        for (int power = 0; power < 3; power++) {
            const double *pair = pairs + p * COLUMNS;
            double v = pair[V0 + power], a = pair[A0 + power];
            one[p][power] = v + a;
            same[p][power] = v * pair[S] + a * pair[D];
            other[p][power] = v * pair[D] + a * pair[S];
        }
    for (long k = 0; k < n; k += 8) {
        V photon = _mm512_loadu_pd(w + k), w2 = MUL(photon, photon), s = MUL(SET(E_eg), FNMA(SET(2.0), photon, SET(E_eg)));
        V x = DIV(SET(g), SUB(s, SET(M * M))), zero = _mm512_setzero_pd();
        V ones = zero, sames = zero, others = zero, products = zero;
        for (int p = 0; p < 6; p++) {
            V lower = SET(pairs[p * COLUMNS + S]), upper = SET(pairs[p * COLUMNS + D]);
            V r = pair_root(MUL(_mm512_max_pd(SUB(s, lower), zero), SUB(s, upper)), p);
            V weighted = MUL(r, quadratic(one[p], x));
            ones = ADD(ones, weighted);
            products = FMA(weighted, SET(pairs[p * COLUMNS + S] * pairs[p * COLUMNS + D]), products);
            sames = FMA(r, quadratic(same[p], x), sames);
            others = FMA(r, quadratic(other[p], x), others);
        }
        V bracket = FMS(s, FMA(SET(2.0), FMS(ones, s, others), sames), products);
        V W = FMA(FMA(SET(3.0), s, w2), bracket, MUL(MUL(SET(3.0), w2), FMS(others, s, products)));
        _mm512_storeu_pd(out + k, level(W, photon, s, SET(9.0 * E_eg), SET(E_vg)));
    }
}

void events(const double *first, const double *linear, const double *square, long rows, const double *g, long n, double *out)
{
    for (long r = 0; r < 6 * rows; r++) {
        V c0 = SET(first[r]), c1 = SET(linear[r]), c2 = SET(square[r]);
        for (long k = 0; k < n; k += 8) {
            V x = _mm512_loadu_pd(g + k);
            _mm512_stream_pd(out + r * n + k, FMA(x, FMA(x, c2, c1), c0));
        }
    }
    _mm_sfence();
}

/* 1/c and ln c for c = 1 + (i + 1/2)/16 */
static double inverse[16], logarithm[16];

__attribute__((constructor)) static void fill_tables(void)
{
    for (int i = 0; i < 16; i++) {
        double c = 1.0 + (i + 0.5) / 16.0;
        inverse[i] = 1.0 / c;
        logarithm[i] = -__builtin_log(inverse[i]);
    }
}

/* Natural logarithm of positive finite numbers, for t - ln(1 + t): its error is absolute */
static inline V natural_log(V y, V inverse_low, V inverse_high, V log_low, V log_high)
{
    V exponent = _mm512_getexp_pd(y), m = _mm512_getmant_pd(y, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero);
    __m512i index = _mm512_srli_epi64(_mm512_castpd_si512(m), 48);
    V r = FMS(m, _mm512_permutex2var_pd(inverse_low, index, inverse_high), SET(1.0)), r2 = MUL(r, r), r4 = MUL(r2, r2);
    V constant = FMA(exponent, SET(0.69314718055994531), _mm512_permutex2var_pd(log_low, index, log_high));
    V low = FMA(r2, FMA(r, SET(1.0 / 3.0), SET(-0.5)), r);
    V middle = FMA(r2, FMA(r, SET(1.0 / 7.0), SET(-1.0 / 6.0)), FMA(r, SET(1.0 / 5.0), SET(-1.0 / 4.0)));
    V high = FMA(r, SET(1.0 / 9.0), SET(-1.0 / 8.0));
    return ADD(constant, FMA(r4, FMA(r4, high, middle), low));
}

void chi2(const double *first, const double *linear, const double *square, long rows, const double *g, long n, double *out)
{
    V inverse_low = _mm512_loadu_pd(inverse), inverse_high = _mm512_loadu_pd(inverse + 8);
    V log_low = _mm512_loadu_pd(logarithm), log_high = _mm512_loadu_pd(logarithm + 8), one = SET(1.0);
    for (long r = 0; r < rows; r++) {
        const double *c0 = first + 6 * r, *c1 = linear + 6 * r, *c2 = square + 6 * r;
        for (long k = 0; k < n; k += 8) {
            V x = _mm512_loadu_pd(g + k), sum = _mm512_setzero_pd();
            for (int trigger = 0; trigger < 6; trigger++) {
                V t = MUL(x, FMA(x, SET(c2[trigger]), SET(c1[trigger])));
                V ln = natural_log(ADD(one, t), inverse_low, inverse_high, log_low, log_high);
                sum = FMA(SET(2.0 * c0[trigger]), SUB(t, ln), sum);
            }
            _mm512_storeu_pd(out + r * n + k, sum);
        }
    }
}
