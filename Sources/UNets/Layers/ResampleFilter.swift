/// A k×k depthwise filter that halves or doubles the sides (Docs/Networks.md, Linear and Conv2d), as stored in the
/// checkpoint: f⊗f/(Σf)² for the separable filter f.
struct ResampleFilter {
  enum Direction { case down, up }

  var direction: Direction
  var taps: Int
  /// k×k; times 4 when doubling.
  var values: [Float]

  /// ⌊(k − 1)/2⌋.
  var padding: Int { (taps - 1) / 2 }

  /// Whether it only repeats every pixel: [1,1] doubling.
  var isDoubling: Bool { direction == .up && taps == 2 && values.allSatisfy { $0 == 1 } }

  /// [1,1], which averages or repeats, and is stored nowhere.
  init(plain direction: Direction) {
    self.direction = direction
    taps = 2
    values = [Float](repeating: direction == .up ? 1 : 0.25, count: 4)
  }

  /// f⊗f/(Σf)² of a description's f, in fp32.
  init(_ direction: Direction, taps f: [Double]) {
    self.direction = direction
    taps = f.count
    let single = f.map { Float($0) }
    let sum = single.reduce(0, +)
    let shares = single.map { $0 / sum }
    values = shares.flatMap { row in shares.map { row * $0 * (direction == .up ? 4 : 1) } }
  }

  /// Reads `resample_filter` of a Conv2d that resamples.
  init(_ direction: Direction, taps: Int, parameters: Parameters) throws {
    self.direction = direction
    self.taps = taps
    let stored = try parameters.values("resample_filter", [1, 1, taps, taps])
    values = direction == .up ? stored.map { 4 * $0 } : stored
  }
}
