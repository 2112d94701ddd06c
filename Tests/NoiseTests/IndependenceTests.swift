import Noise
import Testing

/// A generator under test: normals of a stream from a start, so many of them.
typealias Generator = @Sendable (_ stream: NoiseStream, _ start: Int, _ count: Int) -> [Float]

@Suite("Streams are independent")
struct IndependenceTests {
  @Test("of one another, and every position of the others")
  func independent() {
    let dependences = Self.dependences { $0.normals(from: $1, count: $2) }
    #expect(dependences.isEmpty, "\(dependences)")
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    /// What the dependences found must begin with.
    let found: String
    let generator: Generator
    var testDescription: String { name }
  }

  static let faults = [
    Fault(name: "the vote ignored", found: "vote") { stream, start, count in
      var stream = stream
      stream.vote = 0
      return stream.normals(from: start, count: count)
    },
    Fault(name: "the image ignored", found: "image") { stream, start, count in
      var stream = stream
      stream.image = 0
      return stream.normals(from: start, count: count)
    },
    Fault(name: "selection votes reused for estimation", found: "purpose") { stream, start, count in
      var stream = stream
      if stream.purpose == .estimationSmoothing { stream.purpose = .selectionSmoothing }
      return stream.normals(from: start, count: count)
    },
    Fault(name: "the high half of the seed ignored", found: "seed") { stream, start, count in
      var stream = stream
      stream.seed &= 0xFFFF_FFFF
      return stream.normals(from: start, count: count)
    },
    Fault(name: "each vote the one before, moved by a position", found: "vote") { stream, start, count in
      let shifted = start + Int(stream.vote)
      var stream = stream
      stream.vote = 0
      return stream.normals(from: shifted, count: count)
    },
    Fault(name: "odd votes antithetic to even ones", found: "vote") { stream, start, count in
      var even = stream
      even.vote &= ~1
      return even.normals(from: start, count: count).map { stream.vote & 1 == 0 ? $0 : -$0 }
    },
    Fault(name: "odd votes with the magnitudes of even ones", found: "vote") { stream, start, count in
      var even = stream
      even.vote &= ~1
      return zip(even.normals(from: start, count: count), stream.normals(from: start, count: count))
        .map { abs($0) * ($1 < 0 ? -1 : 1) }
    },
    Fault(name: "one radius for the four numbers of a block", found: "lag") { stream, start, count in
      var normals = stream.normals(from: start, count: count)
      for index in stride(from: 0, to: count - 3, by: 4) {
        let radius = (normals[index] * normals[index] + normals[index + 1] * normals[index + 1]).squareRoot()
        let other = (normals[index + 2] * normals[index + 2] + normals[index + 3] * normals[index + 3]).squareRoot()
        normals[index + 2] *= radius / other
        normals[index + 3] *= radius / other
      }
      return normals
    },
  ]

  @Test("and a generator that is not is found out", arguments: faults)
  func plantedFault(fault: Fault) {
    let dependences = Self.dependences(fault.generator)
    #expect(dependences.contains { $0.hasPrefix(fault.found) }, "\(dependences)")
  }

  static let count = 40_000
  /// Standard errors (1/√count each) a correlation may be away from 0: of 8e-10 two-sided probability, so that among
  /// about 400 correlations none is expected by chance in 3 million seeds.
  static let standardErrors = 6.14

  /// Names the pairs of streams, and of positions of one stream, that are correlated in value or in magnitude.
  static func dependences(_ generate: Generator) -> [String] {
    let base = NoiseStream(seed: 0x0123_4567_89AB_CDEF, image: 40, vote: 100, purpose: .estimationSmoothing)
    let longest = 64
    let first = Moments(generate(base, 0, count + longest))
    var found: [String] = []
    for lag in [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 28, 32, longest] {
      if first.isCorrelated(with: first, lag: lag, count: count) { found.append("lag \(lag)") }
    }
    for (name, stream) in others(base) {
      let second = Moments(generate(stream, 0, count + longest))
      for lag in [0, 1, 2, 3, 4, 8] {
        if first.isCorrelated(with: second, lag: lag, count: count)
          || second.isCorrelated(with: first, lag: lag, count: count)
        {
          found.append("\(name), lag \(lag)")
        }
      }
    }
    return found
  }

  /// The neighbours of a stream in every coordinate.
  static func others(_ base: NoiseStream) -> [(String, NoiseStream)] {
    func with(_ change: (inout NoiseStream) -> Void) -> NoiseStream {
      var stream = base
      change(&stream)
      return stream
    }
    var others: [(String, NoiseStream)] = []
    for step: UInt32 in [1, 2, 3, 256] {
      others.append(("vote + \(step)", with { $0.vote += step }))
      others.append(("image + \(step)", with { $0.image += step }))
    }
    for purpose in NoisePurpose.allCases where purpose != base.purpose {
      others.append(("purpose \(purpose)", with { $0.purpose = purpose }))
    }
    for bit in [0, 1, 31, 32, 63] { others.append(("seed bit \(bit)", with { $0.seed ^= 1 << bit })) }
    others.append(
      ("image and vote exchanged", with { ($0.image, $0.vote) = ($0.vote, $0.image) }))
    return others
  }

  /// Normals, their squares and the products and cross-moments with another sequence's.
  struct Moments {
    let values: [Double]
    let squares: [Double]

    init(_ normals: [Float]) {
      values = normals.map(Double.init)
      // (z² − 1)/√2: mean 0, variance 1.
      squares = normals.map { (Double($0) * Double($0) - 1) / 2.0.squareRoot() }
    }

    func isCorrelated(with other: Moments, lag: Int, count: Int) -> Bool {
      let limit = standardErrors / Double(count).squareRoot()
      return Self.correlation(values, other.values, lag, count).magnitude > limit
        || Self.correlation(squares, other.squares, lag, count).magnitude > limit
    }

    /// The mean product of two sequences of mean 0 and variance 1, one lagging behind.
    private static func correlation(_ first: [Double], _ second: [Double], _ lag: Int, _ count: Int) -> Double {
      var sum = 0.0
      for index in 0..<count { sum += first[index] * second[index + lag] }
      return sum / Double(count)
    }
  }
}
