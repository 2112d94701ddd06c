// silu(a·x̂ + b), x̂ group-normalised, forwards and backwards: one pass over memory where separate operations need six.
// x, y, their gradients: bfloat16 [n, hw, c] (channels last); a, b, their gradients: float [n, c]; one thread.
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MAX_CHANNELS = 2048, MAX_VALUES = 1 << 18 };

static inline float wide(uint16_t v) {
  uint32_t bits = (uint32_t)v << 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}

static inline uint16_t narrow(float f) {  // to nearest, ties to even
  uint32_t bits;
  memcpy(&bits, &f, 4);
  return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

int norm_silu_forward(const uint16_t *x, const float *a, const float *b, uint16_t *y, float *mean, float *rstd, long n,
                      long hw, long c, long groups, float eps) {
  if (c > MAX_CHANNELS || c % groups) return 1;
  float sum[MAX_CHANNELS], squares[MAX_CHANNELS];
  long size = c / groups;
  for (long i = 0; i < n; i++, x += hw * c, y += hw * c, a += c, b += c) {
    for (long k = 0; k < c; k++) sum[k] = squares[k] = 0;
    for (long p = 0; p < hw; p++)
      for (long k = 0; k < c; k++) {
        float v = wide(x[p * c + k]);
        sum[k] += v;
        squares[k] += v * v;
      }
    for (long g = 0; g < groups; g++) {
      float s = 0, q = 0;
      for (long k = g * size; k < (g + 1) * size; k++) s += sum[k], q += squares[k];
      float m = s / (hw * size), variance = q / (hw * size) - m * m;
      float r = 1 / sqrtf((variance > 0 ? variance : 0) + eps);
      mean[i * groups + g] = m;
      rstd[i * groups + g] = r;
      for (long k = g * size; k < (g + 1) * size; k++) sum[k] = a[k] * r, squares[k] = b[k] - a[k] * r * m;
    }
    for (long p = 0; p < hw; p++)
      for (long k = 0; k < c; k++) {
        float z = sum[k] * wide(x[p * c + k]) + squares[k];
        y[p * c + k] = narrow(z / (1 + expf(-z)));
      }
  }
  return 0;
}

// dz = dy·silu'(z);  db = Σ dz;  da = Σ dz·x̂;  dx = r·(a·dz − mean(a·dz) − x̂·mean(a·dz·x̂)), means over the group.
int norm_silu_backward(const uint16_t *x, const float *a, const float *b, const float *mean, const float *rstd,
                       const uint16_t *dy, uint16_t *dx, float *da, float *db, float *dz, long n, long hw, long c,
                       long groups) {
  if (c > MAX_CHANNELS || c % groups || hw * c > MAX_VALUES) return 1;
  float m[MAX_CHANNELS], r[MAX_CHANNELS], first[MAX_CHANNELS], second[MAX_CHANNELS];
  long size = c / groups;
  for (long i = 0; i < n; i++, x += hw * c, dy += hw * c, dx += hw * c, a += c, b += c, da += c, db += c) {
    for (long k = 0; k < c; k++) m[k] = mean[i * groups + k / size], r[k] = rstd[i * groups + k / size], da[k] = db[k] = 0;
    for (long p = 0; p < hw; p++)
      for (long k = 0; k < c; k++) {
        float normal = (wide(x[p * c + k]) - m[k]) * r[k], z = a[k] * normal + b[k], s = 1 / (1 + expf(-z));
        float d = wide(dy[p * c + k]) * s * (1 + z * (1 - s));
        dz[p * c + k] = d;
        db[k] += d;
        da[k] += d * normal;
      }
    for (long g = 0; g < groups; g++) {
      float s = 0, q = 0;
      for (long k = g * size; k < (g + 1) * size; k++) s += a[k] * db[k], q += a[k] * da[k];
      for (long k = g * size; k < (g + 1) * size; k++) first[k] = s / (hw * size), second[k] = q / (hw * size);
    }
    for (long p = 0; p < hw; p++)
      for (long k = 0; k < c; k++) {
        float normal = (wide(x[p * c + k]) - m[k]) * r[k];
        dx[p * c + k] = narrow(r[k] * (a[k] * dz[p * c + k] - first[k] - normal * second[k]));
      }
  }
  return 0;
}
