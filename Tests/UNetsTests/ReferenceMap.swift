import Foundation

/// One image's C×H×W values in double precision, with the pieces of Docs/Networks.md as plain loops.
struct ReferenceMap {
  var channels: Int
  var side: Int
  var values: [Double]

  init(channels: Int, side: Int, values: [Double]? = nil) {
    self.channels = channels
    self.side = side
    self.values = values ?? [Double](repeating: 0, count: channels * side * side)
  }

  private var area: Int { side * side }

  func map(_ transform: (Double) -> Double) -> ReferenceMap {
    ReferenceMap(channels: channels, side: side, values: values.map(transform))
  }

  var silu: ReferenceMap { map { $0 / (1 + exp(-$0)) } }

  static func + (left: ReferenceMap, right: ReferenceMap) -> ReferenceMap {
    precondition(left.channels == right.channels && left.side == right.side)
    return ReferenceMap(channels: left.channels, side: left.side, values: zip(left.values, right.values).map(+))
  }

  static func * (left: ReferenceMap, right: Double) -> ReferenceMap { left.map { $0 * right } }

  func concatenated(_ other: ReferenceMap) -> ReferenceMap {
    ReferenceMap(channels: channels + other.channels, side: side, values: values + other.values)
  }

  /// x·scale_c + shift_c.
  func affine(scale: [Double]? = nil, shift: [Double]) -> ReferenceMap {
    var result = self
    for channel in 0..<channels {
      for place in channel * area..<(channel + 1) * area {
        result.values[place] = values[place] * (scale?[channel] ?? 1) + shift[channel]
      }
    }
    return result
  }

  /// Correlation with weights [outputs, C, k, k], zeros around.
  func convolved(_ weights: [Double], outputs: Int, kernel: Int, padding: Int) -> ReferenceMap {
    var result = ReferenceMap(channels: outputs, side: side + 2 * padding - kernel + 1)
    for output in 0..<outputs {
      for input in 0..<channels {
        for dy in 0..<kernel {
          for dx in 0..<kernel {
            let weight = weights[((output * channels + input) * kernel + dy) * kernel + dx]
            for y in 0..<result.side where (0..<side).contains(y + dy - padding) {
              let row = input * area + (y + dy - padding) * side
              for x in max(0, padding - dx)..<max(max(0, padding - dx), min(result.side, side + padding - dx)) {
                result.values[(output * result.side + y) * result.side + x] += weight * values[row + x + dx - padding]
              }
            }
          }
        }
      }
    }
    return result
  }

  /// Depthwise correlation with a k×k filter, stride 2.
  func halved(_ filter: [Double], taps: Int, padding: Int) -> ReferenceMap {
    var result = ReferenceMap(channels: channels, side: (side + 2 * padding - taps) / 2 + 1)
    for channel in 0..<channels {
      for y in 0..<result.side {
        for x in 0..<result.side {
          var sum = 0.0
          for dy in 0..<taps where (0..<side).contains(2 * y + dy - padding) {
            for dx in 0..<taps where (0..<side).contains(2 * x + dx - padding) {
              sum +=
                filter[dy * taps + dx] * values[channel * area + (2 * y + dy - padding) * side + 2 * x + dx - padding]
            }
          }
          result.values[(channel * result.side + y) * result.side + x] = sum
        }
      }
    }
    return result
  }

  /// Depthwise transposed correlation with 4 times a k×k filter, stride 2.
  func doubled(_ filter: [Double], taps: Int, padding: Int) -> ReferenceMap {
    var result = ReferenceMap(channels: channels, side: (side - 1) * 2 - 2 * padding + taps)
    for channel in 0..<channels {
      for y in 0..<side {
        for x in 0..<side {
          for dy in 0..<taps where (0..<result.side).contains(2 * y + dy - padding) {
            for dx in 0..<taps where (0..<result.side).contains(2 * x + dx - padding) {
              result.values[(channel * result.side + 2 * y + dy - padding) * result.side + 2 * x + dx - padding] +=
                4 * filter[dy * taps + dx] * values[channel * area + y * side + x]
            }
          }
        }
      }
    }
    return result
  }

  /// (x − mean)/√(biased variance + ε) per group of channels; nil where the groups are not equal.
  func normalized(epsilon: Double) -> ReferenceMap? {
    let groups = min(32, channels / 4)
    guard groups > 0, channels.isMultiple(of: groups) else { return nil }
    var result = self
    let size = channels / groups * area
    for group in 0..<groups {
      let range = group * size..<(group + 1) * size
      let mean = values[range].reduce(0, +) / Double(size)
      let variance = values[range].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
      for place in range { result.values[place] = (values[place] - mean) / (variance + epsilon).squareRoot() }
    }
    return result
  }

  /// softmax(qᵀk/√(C/heads)) v of 3C channels split as [heads, C/heads, 3].
  func attended(heads: Int) -> ReferenceMap {
    let width = channels / 3 / heads
    var result = ReferenceMap(channels: channels / 3, side: side)
    for head in 0..<heads {
      func entry(_ part: Int, _ channel: Int, _ place: Int) -> Double {
        values[((head * width + channel) * 3 + part) * area + place]
      }
      for query in 0..<area {
        var scores = (0..<area).map { key in
          (0..<width).reduce(0.0) { $0 + entry(0, $1, query) * entry(1, $1, key) } / Double(width).squareRoot()
        }
        let largest = scores.max() ?? 0
        scores = scores.map { exp($0 - largest) }
        let total = scores.reduce(0, +)
        for channel in 0..<width {
          result.values[(head * width + channel) * area + query] =
            (0..<area).reduce(0.0) { $0 + scores[$1] * entry(2, channel, $1) } / total
        }
      }
    }
    return result
  }
}
