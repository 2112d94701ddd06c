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
    var seconds: Double
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
      #expect(answer.seconds > 0)
      let again = try Program.run(arguments).json(Answer.self)
      #expect(again.votes == answer.votes && again.pLower == answer.pLower && again.radius == answer.radius)
    }
  }

  @Test("says class, bound, radius, votes and time in a line; without a terminal it has no colours")
  func text() throws {
    try TemporaryFolder.with { folder in
      let file = folder.file("stroke.npy")
      try writeStroke(file)
      let arguments = ["predict", file, "--timesteps", "3", "--selection-samples", "2", "--seed", "7", "--samples"]
      let likely = try Program.run(arguments + ["10"]).output
      // Which of the two depends on the processor: its instructions round differently.
      let line =
        /: (class \d, probability >= 0\.\d{4}, certified radius 0\.\d{4}; 10 of 10 votes|abstain: the top two .+), \d+\.\d s\n$/
      #expect(likely.contains(line), "\(likely)")
      // Four votes certify nothing, whatever they are.
      let abstained = try Program.run(arguments + ["4"]).output
      #expect(
        abstained.contains(/: abstain: the (top two|only) class.+ with \d votes?.*, \d+\.\d s\n$/), "\(abstained)")
      #expect(!likely.contains("\u{1B}") && !abstained.contains("\u{1B}"))
    }
  }

  @Test("resizes only what does not fit: a digit is padded all the same")
  func resize() throws {
    try TemporaryFolder.with { folder in
      let digit = folder.file("stroke.npy")
      let large = folder.file("large.npy")
      try writeStroke(digit)
      try NumPyArray(shape: [3, 56, 40], [Float](repeating: 0.25, count: 3 * 56 * 40)).write(to: large)
      let arguments = [
        "--timesteps", "3", "--selection-samples", "2", "--samples", "10", "--seed", "7", "--json", "--threads", "1",
      ]
      let plain = try Program.run(["predict", digit] + arguments).json(Answer.self)
      let resized = try Program.run(["predict", digit, "--resize"] + arguments).json(Answer.self)
      #expect(plain.votes == resized.votes)
      #expect(try Program.run(["predict", large, "--resize"] + arguments).status == 0)
      let refused = try Program.run(["predict", large] + arguments)
      #expect(refused.status == 65 && refused.errors.contains("--resize"), "\(refused.errors)")
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
