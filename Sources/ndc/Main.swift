import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

/// Parses, runs and turns every failure into an exit status (Docs/CommandLine.md, Output and exit statuses).
@main
enum Main {
  /// For threads and what they start with: where there is less, the system's thread pool waits for more without end.
  private static let workingMemory = (160 + 16 * ProcessInfo.processInfo.activeProcessorCount) << 20

  static func main() async {
    MemoryBudget.shareHeapsUnderLimit()
    StandardStream.reserveNumbers()
    do {
      try MemoryBudget.require(workingMemory, for: "the program itself")
    } catch {
      exit(with: error)
    }
    Interruption.prepare()
    MappedFile.exitWhenOneIsCut(status: 65)
    do {
      try await Interruption.cancelling { try await run(NDC.parseAsRoot()) }
      try Output.finish()
    } catch {
      exit(with: error)
    }
  }

  private static func run(_ command: any ParsableCommand) async throws {
    var command = command
    // Before any work: what is to be written destroys nothing that is read.
    if let command = command as? any NamesFiles { try command.files.check() }
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  private static func exit(with error: any Error) -> Never {
    switch error {
    case let error as InputError: fail(error.description, status: 65)
    case let error as ServerUnavailable: fail(error.description, status: 69)
    case let error as UsageError: fail(error.message.text(\.flag), status: 64)
    case let error as Unchecked: fail(error.description, status: 69)
    case let error as Interrupted: stop(error.description)
    case is CancellationError: stop("interrupted")
    case is CleanExit, is ValidationError, is ExitCode: NDC.exit(withError: error)
    default:
      // ArgumentParser's own errors carry their message and EX_USAGE.
      let code = NDC.exitCode(for: error)
      if code == .validationFailure || code == .success { NDC.exit(withError: error) }
      fail("internal error: \(error)", status: 70)
    }
  }

  /// Workers may still be in the middle of what nobody waits for.
  private static func stop(_ message: String) -> Never {
    StandardStream.errors.write("ndc: \(message)\n")
    Interruption.end(status: 130)
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    StandardStream.errors.write("ndc: \(message)\n")
    Foundation.exit(status)
  }
}
