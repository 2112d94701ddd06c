import Foundation
import NoisedDiffusionClassifiers

/// A program of the cluster's, such as sbatch.
struct OtherProgram {
  /// How it ended; the status is 127 where there is no such program.
  struct Ending {
    var status: Int32
    var output: String
    var errors: String

    var isAbsent: Bool { status == 127 }
  }

  /// Runs it to its end. What it prints to stderr is short.
  static func run(_ name: String, _ arguments: [String]) throws -> Ending {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let texts = [output, errors].map { pipe in
      String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }
    process.waitUntilExit()
    return Ending(status: process.terminationStatus, output: texts[0], errors: texts[1])
  }
}
