import Foundation
import NumPyFiles

/// Certifications that take a moment: eight 8×8 pictures, and a tiny network or their own exact denoiser.
struct SmallRun: CustomStringConvertible {
  enum Stop: String, CaseIterable { case fixed, anytime }

  var stop: Stop
  var folder: URL
  var images = 6
  var seed = 7
  /// The network, else the exact denoiser of the pictures, whose votes agree.
  var usesNetwork = true
  /// Votes an image, where they should be more than a few.
  var votes: Int?
  /// Where the run directory lies, if not in `folder`.
  var place: URL?

  var description: String { stop.rawValue }
  var files: RunFiles { RunFiles(folder: (place ?? folder).appendingPathComponent("run")) }
  var path: String { files.folder.path }
  var model: String { folder.file("model.pkl") }
  private var data: String { "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))" }

  /// Writes the pictures and copies the network.
  func prepare() throws {
    var pixels: [Float] = []
    for index in 0..<8 {
      for place in 0..<64 {
        pixels.append(place / 8 == index ? 0.9 : Float((place * 7 + index * 13) % 32) / 64)
      }
    }
    try NumPyArray(shape: [8, 1, 8, 8], pixels).write(to: folder.file("x.npy"))
    try NumPyArray(shape: [8], (0..<8).map(Int64.init)).write(to: folder.file("y.npy"))
    if !FileManager.default.fileExists(atPath: model) {
      try FileManager.default.copyItem(atPath: TinyNetwork.grey.model, toPath: model)
    }
  }

  var arguments: [String] {
    let votes =
      switch stop {
      case .fixed: ["--stop", "fixed", "--samples", "\(votes ?? 30)"]
      case .anytime: ["--stop", "anytime", "--samples", "\(votes ?? 60)", "--target-radius", "0.02", "0.2"]
      }
    return [
      "certify", "--model", usesNetwork ? model : "analytic:\(data)", "--data", data, "--sigma", "0.25",
      "--timesteps", "3", "--selection-samples", "5", "--alpha", "0.1", "--seed", "\(seed)", "--count", "\(images)",
      "--out", path,
    ] + votes
  }

  /// Certifies to the end, from wherever the run directory stands.
  @discardableResult
  func finish(_ options: [String] = []) throws -> Program.Ending { try Program.run(arguments + options + ["--resume"]) }

  func verify(_ options: String...) throws -> Program.Ending { try Program.run(["verify", path] + options) }

  /// Edits a file's lines.
  func edit(_ name: String, _ change: (inout [String]) throws -> Void) throws {
    var lines = try files.lines(name)
    try change(&lines)
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: files.folder.appendingPathComponent(name))
  }

  /// A finished run in a fresh folder.
  static func with(
    _ stop: Stop, usesNetwork: Bool = true, _ body: (SmallRun) throws -> Void
  ) throws {
    try TemporaryFolder.with { folder in
      let run = SmallRun(stop: stop, folder: folder, usesNetwork: usesNetwork)
      try run.prepare()
      let ending = try run.finish()
      guard ending.status == 0 else { throw Unfinished(errors: ending.errors) }
      try body(run)
    }
  }

  struct Unfinished: Error { var errors: String }
}
