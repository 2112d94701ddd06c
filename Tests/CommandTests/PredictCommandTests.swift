import Foundation
import NumPyFiles
import Testing

@Suite("ndc predict", .enabled(if: Program.isBuilt, Program.absent))
struct PredictCommandTests {
  struct Answer: Decodable {
    var image: String
    var label: Int?
    var radius: Double
    var probability: Double
    var pLower: Double
    var abstained: Bool
    var votes: [Int]
    var invalidVotes: Int
    var samples: Int
    var seed: UInt64
  }

  /// A vertical stroke, which anybody reads as a one.
  private func writeStroke(_ file: String) throws {
    var pixels = [Float](repeating: 0, count: 28 * 28)
    for row in 4..<24 { for column in 13..<15 { pixels[row * 28 + column] = 1 } }
    try NumPyArray(shape: [28, 28], pixels).write(to: file)
  }

  @Test("answers with a class, a radius, a probability and whether it abstains")
  func json() throws {
    try TemporaryFolder.with { folder in
      let file = folder.file("stroke.npy")
      try writeStroke(file)
      // Ten votes are the fewest that can certify at alpha 0.001: 0.001^(1/n) > 1/2.
      let arguments = [
        "predict", file, "--timesteps", "3", "--sigma", "0.25", "--selection-samples", "2", "--samples", "10",
        "--seed", "7", "--json",
      ]
      let ending = try Program.run(arguments)
      #expect(ending.status == 0, "\(ending.errors)")
      let answer = try ending.json(Answer.self)
      #expect(answer.image == file)
      #expect(answer.seed == 7)
      #expect(answer.votes.reduce(answer.invalidVotes, +) == answer.samples)
      #expect(answer.samples == 10)
      #expect(answer.abstained == (answer.label == nil))
      #expect(answer.abstained == (answer.radius == 0))
      #expect(answer.abstained == (answer.pLower <= 0.5))
      #expect(try Program.run(arguments).output == ending.output)
    }
  }

  @Test("draws its own seed, and another one every time")
  func seed() throws {
    try TemporaryFolder.with { folder in
      let file = folder.file("stroke.npy")
      try writeStroke(file)
      let arguments = [
        "predict", file, "--timesteps", "3", "--selection-samples", "1", "--samples", "1", "--json",
      ]
      let seeds = try (0..<2).map { _ in try Program.run(arguments).json(Answer.self).seed }
      #expect(seeds[0] != seeds[1])
    }
  }

  @Test("a picture of another size, and one that is absent, are bad data")
  func badPictures() throws {
    try TemporaryFolder.with { folder in
      let file = folder.file("small.npy")
      try NumPyArray(shape: [5, 7], [Float](repeating: 0, count: 35)).write(to: file)
      for path in [file, folder.file("absent.png")] {
        let ending = try Program.run(["predict", path, "--timesteps", "3"])
        #expect(ending.status == 65)
        #expect(ending.errors.contains(path))
      }
    }
  }
}
