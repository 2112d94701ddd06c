import Foundation
import NumPyFiles
import Testing

@Suite("ndc calibrate", .enabled(if: Program.isBuilt, Program.absent))
struct CalibrateCommandTests {
  private struct Table: Decodable {
    struct Entry: Decodable {
      var sigma: Double
      var images: Int
    }
    var entries: [Entry]
  }

  /// Training pictures and their own exact denoiser.
  private func prepare(_ folder: URL) throws -> [String] {
    var pixels: [Float] = []
    for index in 0..<64 {
      for place in 0..<64 {
        pixels.append(place / 8 == index % 8 ? 0.9 : Float((place * 7 + index * 13) % 32) / 64)
      }
    }
    try NumPyArray(shape: [64, 1, 8, 8], pixels).write(to: folder.file("x.npy"))
    try NumPyArray(shape: [64], (0..<64).map { Int64($0 % 8) }).write(to: folder.file("y.npy"))
    let data = "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))"
    return [
      "calibrate", "--model", "analytic:\(data)", "--data", data, "--levels", "1", "2", "--quiet-levels", "1.5",
      "--most-levels", "1", "--out", folder.file("learned.json"),
    ]
  }

  private func table(_ folder: URL) throws -> Table {
    let data = try Data(contentsOf: folder.appendingPathComponent("learned.json"))
    return try JSONDecoder().decode(Table.self, from: data)
  }

  @Test(
    "what is finished of several noises is kept when the rest is interrupted, and what an earlier file says of the rest"
  )
  func interrupted() throws {
    try TemporaryFolder.with { folder in
      let calibrate = try prepare(folder)
      let first = try Program.run(calibrate + ["--images", "20", "--sigma", "0.1", "0.2"])
      #expect(first.status == 0, "\(first.errors)")
      let earlier = try table(folder).entries
      #expect(earlier.map(\.sigma) == [0.1, 0.2])
      // More than are done before the signal comes.
      let many = (0..<200).map { "\(0.1 + Double($0) / 1000)" } + ["0.45"]
      let program = try Program(calibrate + ["--images", "60", "--sigma"] + many)
      while program.isRunning, try !program.errorsSoFar.contains("is kept") { usleep(2_000) }
      program.send(SIGTERM)
      let ending = try program.wait()
      #expect(ending.status == 130, "\(ending.errors)")
      let kept = try table(folder).entries
      #expect(kept.first?.sigma == 0.1 && kept.first?.images ?? 0 > earlier[0].images, "the new one")
      #expect(kept.count == Set(kept.map(\.sigma)).count && kept.contains { $0.sigma == 0.2 })
      #expect(!kept.contains { $0.sigma == 0.45 })
      // Done to its end, a calibration is what was asked for.
      let last = try Program.run(calibrate + ["--images", "20", "--sigma", "0.3", "0.25", "0.25"])
      #expect(last.status == 0 && last.errors.contains("sigma 0.25 is kept"), "\(last.errors)")
      #expect(try table(folder).entries.map(\.sigma) == [0.25, 0.3])
    }
  }

  @Test("a noise that leaves no level is refused before the others are learned")
  func noLevel() throws {
    try TemporaryFolder.with { folder in
      let ending = try Program.run(prepare(folder) + ["--images", "20", "--sigma", "0.1", "5"])
      #expect(ending.status == 64 && !ending.errors.contains("is kept"), "\(ending.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("learned.json")))
    }
  }
}
