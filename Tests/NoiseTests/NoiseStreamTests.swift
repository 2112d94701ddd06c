import Noise
import Statistics
import Testing

@Suite("Noise streams")
struct NoiseStreamTests {
  static let stream = NoiseStream(seed: 20_240_204, image: 3, vote: 7, purpose: .estimationSmoothing)

  @Test("equal an independent computation of Philox and of Box–Muller in 40 digits")
  func reference() throws {
    let references = try StreamFixture.load().streams
    #expect(references.count == 5)
    for reference in references {
      let seed = try #require(UInt64(reference.seed, radix: 16))
      let purpose = try #require(NoisePurpose(rawValue: reference.purpose))
      let stream = NoiseStream(seed: seed, image: reference.image, vote: reference.vote, purpose: purpose)
      #expect(stream.normals(from: reference.start, count: reference.normals.count) == reference.normals)
      #expect(reference.words.indices.map { stream.word(at: $0) } == reference.words.map { UInt64($0, radix: 16) })
    }
  }

  @Test("give the same numbers however a range is split")
  func splits() {
    let whole = Self.stream.normals(count: 300)
    for start in 0..<40 {
      for count in 0..<40 {
        #expect(Self.stream.normals(from: start, count: count) == Array(whole[start..<start + count]))
      }
    }
    for piece in [1, 3, 7, 8, 12, 64, 100] {
      var pieces: [Float] = []
      while pieces.count < 300 {
        pieces += Self.stream.normals(from: pieces.count, count: min(piece, 300 - pieces.count))
      }
      #expect(pieces == whole)
    }
  }

  @Test("write nothing outside the buffer they are given")
  func boundaries() {
    var guarded = [Float](repeating: 99, count: 40)
    guarded.withUnsafeMutableBufferPointer { buffer in
      Self.stream.fill(UnsafeMutableBufferPointer(rebasing: buffer[5..<34]), from: 3)
    }
    #expect(guarded[..<5].allSatisfy { $0 == 99 } && guarded[34...].allSatisfy { $0 == 99 })
    #expect(Array(guarded[5..<34]) == Self.stream.normals(from: 3, count: 29))
    Self.stream.fill(UnsafeMutableBufferPointer(start: nil, count: 0), from: 0)
  }

  @Test("reach the last position")
  func lastPosition() {
    let tail = Self.stream.normals(from: NoiseStream.length - 5, count: 5)
    #expect(tail == Array(Self.stream.normals(from: NoiseStream.length - 16, count: 16)[11...]))
  }

  @Test("share no counter between images, votes, purposes, kinds and blocks")
  func counters() {
    var counters: Set<SIMD4<UInt32>> = []
    var made = 0
    for image: UInt32 in [0, 1, 2, 255, .max] {
      for vote: UInt32 in [0, 1, 2, 255, .max] {
        for purpose in NoisePurpose.allCases {
          let stream = NoiseStream(seed: 0, image: image, vote: vote, purpose: purpose)
          for kind in NoiseStream.Kind.allCases {
            for block: UInt32 in [0, 1, 2, 255, 767, .max] {
              counters.insert(stream.counter(block: block, kind: kind))
              made += 1
            }
          }
        }
      }
    }
    #expect(counters.count == made)
    #expect(NoisePurpose.allCases.allSatisfy { $0.rawValue < NoiseStream.Kind.words.rawValue })
  }

  @Test("give uniforms in [0, 1) and integers below a bound, all values equally often")
  func uniforms() {
    let uniforms = (0..<100_000).map { Self.stream.uniform(at: $0) }
    #expect(uniforms.allSatisfy { $0 >= 0 && $0 < 1 })
    let distance = KolmogorovSmirnov.distance(uniforms) { $0 }
    #expect(KolmogorovSmirnov.pValue(distance: distance, count: uniforms.count) > 1e-4)

    var counts = [Int](repeating: 0, count: 7)
    for position in 0..<70_000 { counts[Self.stream.integer(below: 7, at: position)] += 1 }
    for count in counts {
      #expect(BinomialTest.twoSided(successes: count, trials: 70_000, probability: 1 / 7) > 1e-5)
    }
    #expect(Self.stream.integer(below: 1, at: 0) == 0)
  }

  @Test("are drawn with different seeds by the system")
  func systemSeeds() {
    #expect(Set((0..<64).map { _ in SystemSeed.draw() }).count == 64)
  }
}
