import Foundation
import NoisedDiffusionClassifiers

/// A pilot as a process of its own, so that its time is what a task's will be.
enum Pilot {
  /// Runs it to its end or its limit, its notices on stderr.
  ///
  /// - Throws: `InputError` where it fails, as the tasks would.
  static func run(_ pilot: LaunchPilot, program: String) throws -> LaunchPilot.Findings {
    let before = pilot.recordCount
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = pilot.arguments
    process.standardOutput = FileHandle.nullDevice
    let start = Date()
    try process.run()
    var isStopped = false
    while process.isRunning {
      usleep(20_000)
      if !isStopped, Date().timeIntervalSince(start) > LaunchPilot.limit {
        isStopped = true
        process.terminate()
      }
    }
    guard isStopped || process.terminationStatus == 0 else {
      throw InputError(
        "the pilot ended with status \(process.terminationStatus), as the tasks would; --pilot 0 launches without one",
        file: pilot.folder)
    }
    return try pilot.findings(since: start, before: before, isStopped: isStopped)
  }
}
