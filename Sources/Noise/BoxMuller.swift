/// Two standard normal numbers from each 64-bit word, by Box and Muller (1958), four words at a time.
///
/// A word's high 40 bits m and low 24 bits a give
///
///     u = (m + ½)/2⁴⁰,  θ = π/2·(a_high + (a_low + ½)/2²² − ½),  z = √(−2·ln u)·(cos θ, sin θ),
///
/// a_high the top two of the 24 bits (the quadrant) and a_low the other 22. u lies in (0, 1) and never reaches its
/// ends, so every z is finite; the largest |z| is √(−2·ln 2⁻⁴¹) = 7.54, beyond which a normal number falls once in
/// 2·10¹³. One unit of a moves z by at most 2.9e-6, which averages out over the 2⁴⁰ radii.
///
/// The logarithm, sine and cosine are the series below in `Double`: additions, multiplications, divisions and square
/// roots only, each rounded as IEEE 754 prescribes and none fused. The result, good to about 1e-13 relative before it
/// is rounded to `Float`, is therefore the same bits on every machine, which a C library's functions do not promise.
package enum BoxMuller {
  package typealias Words = SIMD4<UInt64>
  @usableFromInline typealias Lanes = SIMD4<Double>

  /// The largest |z|.
  package static let largest: Float = 7.5391026

  /// The numbers of four words: word i gives (cosine[i], sine[i]).
  @inline(__always)
  package static func normals(_ words: Words) -> (cosine: SIMD4<Float>, sine: SIMD4<Float>) {
    let u = (exactDouble(words &>> 24) + 0.5) * 0x1p-40
    let radius = (-2 * logarithm(u)).squareRoot()
    let fraction = (exactDouble(words & 0x3F_FFFF) + 0.5) * 0x1p-22
    let (cosine, sine) = cosineAndSine((fraction - 0.5) * (Double.pi / 2))

    // Turn by the quadrant: (c, s), (−s, c), (−c, −s), (s, −c).
    let swapped = (words & 0x40_0000) .!= 0
    let turned = (words & 0x80_0000) .!= 0
    let x = radius * cosine.replacing(with: -sine, where: swapped)
    let y = radius * sine.replacing(with: cosine, where: swapped)
    return (
      SIMD4<Float>(x.replacing(with: -x, where: turned)), SIMD4<Float>(y.replacing(with: -y, where: turned))
    )
  }

  /// Whole numbers below 2⁵², exactly: the bits become the significand of 2⁵² + value.
  @inline(__always)
  private static func exactDouble(_ words: Words) -> Lanes {
    unsafeBitCast(words | 0x4330_0000_0000_0000, to: Lanes.self) - 0x1p52
  }

  /// ln u for normal u in (0, 1): u = 2ᵉ·m with m in [¾, 3/2), ln m = 2·artanh r, r = (m − 1)/(m + 1), |r| ≤ 1/5.
  @inline(__always)
  private static func logarithm(_ u: Lanes) -> Lanes {
    let bits = unsafeBitCast(u, to: Words.self)
    // Adding a half to the significand carries into the exponent exactly where the significand is 3/2 or more.
    let carried = (bits &+ 0x0008_0000_0000_0000) &>> 52
    let exponent = exactDouble(carried) - 1023
    let m = unsafeBitCast(bits &+ ((1023 &- carried) &<< 52), to: Lanes.self)
    let r = (m - 1) / (m + 1)
    let q = r * r
    // Left out from r²¹/21 on: below 1e-16 relative.
    var sum = q * (1 / 19.0) + 1 / 17.0
    sum = sum * q + 1 / 15.0
    sum = sum * q + 1 / 13.0
    sum = sum * q + 1 / 11.0
    sum = sum * q + 1 / 9.0
    sum = sum * q + 1 / 7.0
    sum = sum * q + 1 / 5.0
    sum = sum * q + 1 / 3.0
    sum = sum * q + 1
    return exponent * 0.693147180559945309417232121458 + 2 * r * sum
  }

  /// (cos φ, sin φ) for |φ| ≤ π/4 by Taylor's series; left out from φ¹⁶/16! on: below 1e-14 relative.
  @inline(__always)
  private static func cosineAndSine(_ angle: Lanes) -> (Lanes, Lanes) {
    let q = angle * angle
    var cosine = q * (-1 / 87_178_291_200.0) + 1 / 479_001_600.0
    cosine = cosine * q - 1 / 3_628_800.0
    cosine = cosine * q + 1 / 40_320.0
    cosine = cosine * q - 1 / 720.0
    cosine = cosine * q + 1 / 24.0
    cosine = cosine * q - 0.5
    cosine = cosine * q + 1
    var sine = q * (-1 / 1_307_674_368_000.0) + 1 / 6_227_020_800.0
    sine = sine * q - 1 / 39_916_800.0
    sine = sine * q + 1 / 362_880.0
    sine = sine * q - 1 / 5_040.0
    sine = sine * q + 1 / 120.0
    sine = sine * q - 1 / 6.0
    sine = sine * q + 1
    return (cosine, sine * angle)
  }
}
