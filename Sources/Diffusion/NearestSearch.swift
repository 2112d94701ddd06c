import Basics
import CNearest
import Foundation

/// The points of an analytic denoiser, class after class.
struct NearestSet: Sendable {
  let length: Int
  /// N×length values.
  let points: [Float]
  /// ‖x_i‖².
  let norms: [Double]
  let largestNorm: Double
  private let ranges: [Range<Int>]

  init(images: [Float], members: [[Int]], length: Int) {
    self.length = length
    var points = [Float]()
    points.reserveCapacity(images.count)
    var ranges = [Range<Int>]()
    var count = 0
    for indices in members {
      for index in indices { points += images[index * length..<(index + 1) * length] }
      ranges.append(count..<count + indices.count)
      count += indices.count
    }
    let origin = [Double](repeating: 0, count: length)
    norms = points.withUnsafeBufferPointer { points in
      guard let base = points.baseAddress else { return [] }
      return (0..<count).map { cn_squared_distance(origin, base + $0 * length, length) }
    }
    self.points = points
    self.ranges = ranges
    largestNorm = norms.max() ?? 0
  }

  /// The points of a class; all of them without a label.
  func range(of label: Int?) -> Range<Int> {
    guard let label else { return 0..<norms.count }
    precondition(ranges.indices.contains(label), "label \(label) of \(ranges.count) classes")
    return ranges[label]
  }
}

/// Softmax weights of points around queries, and their weighted means; owns its scratch memory.
struct NearestSearch {
  static let queriesAtOnce = 16
  /// Points whose floats stay in the second-level cache while every query of a block meets them.
  private static let cachedFloats = 48 * 1024
  /// A weight below e^−60 of the largest cannot change a double.
  private static let negligible = 60.0
  /// A relative error of a weight that a float cannot show.
  private static let negligibleError = 1e-9

  let examples: NearestSet
  let instructions: ndc_instruction_set
  private var weights: [Double] = []

  init(examples: NearestSet, instructions: ndc_instruction_set) {
    self.examples = examples
    self.instructions = instructions
  }

  /// The smallest ‖x − x_i‖² of a query and Σ_i exp(−(‖x − x_i‖² − smallest)/2s²).
  struct Summary {
    var smallest: Double
    var total: Double
  }

  /// Σ_i x_i · softmax_i(−‖x − x_i‖²/2s²) for every query, row after row.
  mutating func posteriorMeans(_ queries: [[Double]], noises: [ModelNoise], range: Range<Int>) -> [Double] {
    let (examples, instructions, length) = (examples, instructions, examples.length)
    let summaries = weigh(queries, noises: noises, range: range)
    var sums = [Double](repeating: 0, count: queries.count * length)
    weights.withUnsafeBufferPointer { weights in
      sums.withUnsafeMutableBufferPointer { sums in
        Self.forEachPanel(of: range, in: examples) { panel, points in
          guard let weights = weights.baseAddress, let sums = sums.baseAddress else { return }
          cn_add_weighted(
            instructions, weights + (panel.lowerBound - range.lowerBound), range.count, queries.count, points,
            panel.count, length, sums)
        }
      }
    }
    for (row, summary) in summaries.enumerated() {
      for index in row * length..<(row + 1) * length { sums[index] /= summary.total }
    }
    return sums
  }

  /// Leaves exp(−(‖x − x_i‖² − smallest)/2s²) in `weights`, one row per query.
  mutating func weigh(_ queries: [[Double]], noises: [ModelNoise], range: Range<Int>) -> [Summary] {
    let (examples, instructions, length) = (examples, instructions, examples.length)
    if weights.count < queries.count * range.count {
      weights = [Double](repeating: 0, count: queries.count * range.count)
    }
    let rows = queries.flatMap { $0 }
    weights.withUnsafeMutableBufferPointer { weights in
      Self.forEachPanel(of: range, in: examples) { panel, points in
        guard let weights = weights.baseAddress else { return }
        cn_dot(
          instructions, rows, queries.count, points, panel.count, length,
          weights + (panel.lowerBound - range.lowerBound), range.count)
      }
    }
    return queries.indices.map { row in
      weights.withUnsafeMutableBufferPointer { weights in
        Self.turnIntoWeights(
          UnsafeMutableBufferPointer(rebasing: weights[row * range.count..<(row + 1) * range.count]),
          query: queries[row], s: noises[row].sigma, examples: examples, range: range)
      }
    }
  }

  /// Turns the dot products of one query into its weights.
  private static func turnIntoWeights(
    _ row: UnsafeMutableBufferPointer<Double>, query: [Double], s: Double, examples: NearestSet, range: Range<Int>
  ) -> Summary {
    let norm = query.reduce(0) { $0 + $1 * $1 }
    var smallest = Double.infinity
    for place in row.indices {
      row[place] = norm + examples.norms[range.lowerBound + place] - 2 * row[place]
      smallest = min(smallest, row[place])
    }
    // What rounding can do to a distance: about length/4 additions per lane of terms below the norms.
    let error = Double(examples.length / 2 + 16) * 2.3e-16 * (norm + examples.largestNorm)
    if !(error / s / s <= negligibleError) {
      let reach = smallest + 2 * error + 2 * negligible * s * s
      smallest = .infinity
      examples.points.withUnsafeBufferPointer { points in
        guard let points = points.baseAddress else { return }
        for place in row.indices {
          if row[place] <= reach {
            row[place] = cn_squared_distance(
              query, points + (range.lowerBound + place) * examples.length, examples.length)
            smallest = min(smallest, row[place])
          } else {
            row[place] = .infinity
          }
        }
      }
    }
    var total = 0.0
    for place in row.indices {
      // Divided twice: s² may overflow or vanish.
      let exponent = (row[place] - smallest) / s / s / 2
      row[place] = exponent > negligible ? 0 : exp(-exponent)
      total += row[place]
    }
    return Summary(smallest: smallest, total: total)
  }

  private static func forEachPanel(
    of range: Range<Int>, in examples: NearestSet, _ body: (Range<Int>, UnsafePointer<Float>) -> Void
  ) {
    let height = max(4, cachedFloats / examples.length & ~3)
    examples.points.withUnsafeBufferPointer { points in
      guard let base = points.baseAddress else { return }
      for start in stride(from: range.lowerBound, to: range.upperBound, by: height) {
        let panel = start..<min(start + height, range.upperBound)
        body(panel, base + panel.lowerBound * examples.length)
      }
    }
  }
}
