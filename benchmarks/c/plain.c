/* What one would write in C, with everything taken out of the loops that can be; the compiler does the rest. */
#include <math.h>

/* pairs: S, D, |v|^2 and its factors of x and x^2, |a|^2 likewise */
enum { S, D, V0, V1, V2, A0, A1, A2, COLUMNS };

void spectrum_standard(const double *restrict w, double *restrict out, long n, const double *restrict pairs, double E_eg,
                       double E_vg, double g, double M)
{
    (void)g, (void)M;
    for (long k = 0; k < n; k++) {
        double s = E_eg * (E_eg - 2.0 * w[k]), w2 = w[k] * w[k];
        double one = 0.0, sums = 0.0, products = 0.0;
        for (int p = 0; p < 6; p++) {
            const double *pair = pairs + p * COLUMNS;
            double root = sqrt(fmax(s - pair[S], 0.0) * (s - pair[D])) * pair[V0];
            one += root;
            sums += root * (pair[S] + pair[D]);
            products += root * (pair[S] * pair[D]);
        }
        double numerator = s * (one * s * (12.0 * s + 4.0 * w2) + sums * (2.0 * w2 - 3.0 * s)) - products * (6.0 * s + 8.0 * w2);
        double gap = E_vg - w[k];
        out[k] = numerator * w[k] / (9.0 * E_eg * (s * s) * (s * gap) * gap);
    }
}

void spectrum_general(const double *restrict w, double *restrict out, long n, const double *restrict pairs, double E_eg,
                      double E_vg, double g, double M)
{
    for (long k = 0; k < n; k++) {
        double s = E_eg * (E_eg - 2.0 * w[k]), w2 = w[k] * w[k], x = g / (s - M * M);
        double three = 3.0 * s + w2, W = 0.0;
        for (int p = 0; p < 6; p++) {
            const double *pair = pairs + p * COLUMNS;
            double a = s - pair[S], b = s - pair[D];
            double v = pair[V0] + x * (pair[V1] + x * pair[V2]), axial = pair[A0] + x * (pair[A1] + x * pair[A2]);
            double vector_part = three * (2.0 * s + pair[S]) * b + 3.0 * w2 * pair[D] * a;
            double axial_part = three * (2.0 * s + pair[D]) * a + 3.0 * w2 * pair[S] * b;
            W += sqrt(fmax(a, 0.0) * b) * (v * vector_part + axial * axial_part);
        }
        double gap = E_vg - w[k];
        out[k] = W * w[k] / (9.0 * E_eg * (s * s) * (s * gap) * gap);
    }
}

/* rows of N0 and the factors of g and g^2, for six triggers */
void events(const double *restrict first, const double *restrict linear, const double *restrict square, long rows,
            const double *restrict g, long n, double *restrict out)
{
    for (long r = 0; r < 6 * rows; r++) {
        double c0 = first[r], c1 = linear[r], c2 = square[r];
        for (long k = 0; k < n; k++)
            out[r * n + k] = c0 + g[k] * (c1 + g[k] * c2);
    }
}

void chi2(const double *restrict first, const double *restrict linear, const double *restrict square, long rows,
          const double *restrict g, long n, double *restrict out)
{
    for (long r = 0; r < rows; r++) {
        const double *c0 = first + 6 * r, *c1 = linear + 6 * r, *c2 = square + 6 * r;
        for (long k = 0; k < n; k++) {
            double sum = 0.0;
            for (int trigger = 0; trigger < 6; trigger++) {
                double t = g[k] * (c1[trigger] + g[k] * c2[trigger]);
                sum += c0[trigger] * (t - log(1.0 + t));
            }
            out[r * n + k] = 2.0 * sum;
        }
    }
}
