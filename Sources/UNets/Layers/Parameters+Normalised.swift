import Checkpoints

extension Parameters {
  /// w/(1e-4 + ‖w‖₂/√n)·gain/√n, row by row of n inputs, kernel included: what EDM2's layers multiply with, once for all.
  ///
  /// - Throws: `InputError` naming the tensor when it is absent or has another shape.
  func normalised(_ shape: [Int], gain: Float = 1) throws -> [Float] {
    var weights = try values("weight", shape)
    let width = weights.count / max(1, shape.first ?? 1)
    guard width > 0 else { return weights }
    let root = Double(width).squareRoot()
    weights.withUnsafeMutableBufferPointer { weights in
      for start in stride(from: 0, to: weights.count, by: width) {
        let row = UnsafeMutableBufferPointer(rebasing: weights[start..<start + width])
        let factor = Float(Double(gain) / root / (1e-4 + Self.norm(UnsafeBufferPointer(row)) / root))
        for place in row.indices { row[place] *= factor }
      }
    }
    return weights
  }

  /// In double precision, eight sums side by side.
  private static func norm(_ row: UnsafeBufferPointer<Float>) -> Double {
    var sums = SIMD8<Double>(repeating: 0)
    var place = 0
    while place + 8 <= row.count {
      var lanes = SIMD8<Float>(repeating: 0)
      for lane in 0..<8 { lanes[lane] = row[place + lane] }
      let wide = SIMD8<Double>(lanes)
      sums += wide * wide
      place += 8
    }
    var sum = sums.sum()
    for value in row[place...] { sum += Double(value) * Double(value) }
    return sum.squareRoot()
  }

  /// A gain, which files hold as a tensor without axes.
  func scalar(_ name: String) throws -> Float { try values(name, [])[0] }
}
