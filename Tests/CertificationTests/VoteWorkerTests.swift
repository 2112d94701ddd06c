import Basics
import Certification
import Noise
import Statistics
import Testing

@Suite struct VoteWorkerTests {
  static let pixels: [Float] = [0, 0.25, 0.5, 0.75, 1, 0.1]

  static func key(vote: UInt32, _ purpose: VotePurpose, image: UInt32 = 3, seed: UInt64 = 42) -> VoteKey {
    VoteKey(seed: seed, image: image, vote: vote, purpose: purpose)
  }

  static func seen(_ keys: [VoteKey], sigma: PixelNoise? = PixelNoise(0.25)) throws -> [RecordingClassifier.Input] {
    let classifier = RecordingClassifier()
    let worker = try VoteWorker(base: classifier, sigma: sigma)
    _ = try worker.votes(keys.map { VoteRequest(pixels: pixels, key: $0) })
    return classifier.seen.withLock { $0 }
  }

  @Test("The classifier sees 2x − 1 plus twice σ times the normals of the smoothing stream")
  func noisyImage() throws {
    let input = try #require(try Self.seen([Self.key(vote: 9, .estimation)]).first)
    let normals = NoiseStream(seed: 42, image: 3, vote: 9, purpose: .estimationSmoothing).normals(count: 6)
    for index in 0..<6 {
      let expected = 2 * Double(Self.pixels[index]) - 1 + 2 * 0.25 * Double(normals[index])
      #expect(abs(Double(input.image[index]) - expected) < 1e-6)
    }
  }

  @Test("The noise is no weaker than the radius takes it for", arguments: [0.12, 0.25, 0.37, 1])
  func drawnNoise(sigma: Double) throws {
    let input = try #require(try Self.seen([Self.key(vote: 9, .estimation)], sigma: PixelNoise(sigma)).first)
    let normals = NoiseStream(seed: 42, image: 3, vote: 9, purpose: .estimationSmoothing).normals(count: 6)
    // Where 2x − 1 = 0 nothing is rounded but the product.
    let scale = Float(2 * sigma)
    #expect(Self.pixels[2] == 0.5 && input.image[2] == scale * normals[2])
    #expect(CertifiedRadius.drawnNoise(sigma: sigma) <= min(sigma, Double(scale) / 2))
  }

  @Test("Without smoothing the classifier sees 2x − 1")
  func cleanImage() throws {
    let input = try #require(try Self.seen([Self.key(vote: 0, .evaluation)], sigma: nil).first)
    #expect(input.image == Self.pixels.map { 2 * $0 - 1 })
  }

  @Test("The classifier's noise starts at level·D where shared and at (level·K + label)·D where not")
  func classifierNoise() throws {
    let input = try #require(try Self.seen([Self.key(vote: 9, .selection)]).first)
    let stream = NoiseStream(seed: 42, image: 3, vote: 9, purpose: .selectionClassifier)
    #expect(input.shared == stream.normals(from: 2 * 6, count: 6))
    #expect(input.ofLabel == stream.normals(from: (2 * 5 + 1) * 6, count: 6))
  }

  @Test("Votes that differ in seed, image, index or purpose share no number")
  func distinctNoise() throws {
    var keys = VotePurpose.allCases.flatMap { purpose in (0..<20).map { Self.key(vote: $0, purpose) } }
    keys.append(Self.key(vote: 0, .selection, image: 4))
    keys.append(Self.key(vote: 0, .selection, seed: 43))
    let seen = try Self.seen(keys)
    #expect(Set(seen.map(\.image)).count == keys.count)
    #expect(Set(seen.map(\.shared)).count == keys.count)
    // δ and ε of one vote differ too.
    for input in seen {
      let deltas = zip(input.image, Self.pixels).map { ($0 - (2 * $1 - 1)) / 0.5 }
      #expect(zip(deltas, input.shared).allSatisfy { abs($0 - $1) > 1e-6 })
    }
  }

  @Test("A vote does not depend on its companions")
  func purity() throws {
    let keys = (0..<7).map { Self.key(vote: $0, .estimation) }
    #expect(try Self.seen(keys) == keys.flatMap { try Self.seen([$0]) })
  }

  @Test("Every purpose has two streams of its own")
  func purposes() {
    let streams = VotePurpose.allCases.flatMap { [$0.smoothing, $0.classifier] }
    #expect(Set(streams).count == 2 * VotePurpose.allCases.count)
  }

  @Test("A smoothing noise that is none is refused", arguments: [0, -1, Double.nan, .infinity])
  func impossibleNoise(sigma: Double) {
    #expect(throws: UsageError.self) {
      try SmoothedClassifier(base: RecordingClassifier(), sigma: PixelNoise(sigma))
    }
  }
}
