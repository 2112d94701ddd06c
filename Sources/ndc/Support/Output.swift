import Foundation
import NoisedDiffusionClassifiers

/// Results on stdout, everything else on stderr.
enum Output {
  /// Why stdout takes no more, as the system's error number.
  private static let failure = NoisedDiffusionClassifiers.Mutex<Int32?>(nil)

  /// What stdout does not take is dropped: files are still to be written, and ``finish()`` says it.
  static func line(_ text: String) {
    failure.withLock { failure in
      if failure == nil { failure = StandardStream.output.write(text + "\n") }
    }
  }

  static func notice(_ text: String) { StandardStream.errors.write("ndc: \(text)\n") }

  /// One JSON object on one line; doubles in full precision, those that JSON has no number for as "inf", "-inf", "nan".
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Called when all work is done: where nobody reads stdout any more, the process ends as others do, by SIGPIPE.
  ///
  /// - Throws: `InputError` where stdout could not be written to for another reason.
  static func finish() throws {
    guard let failure = failure.withLock({ $0 }) else { return }
    if failure == EPIPE { Interruption.end(bySignal: SIGPIPE) }
    throw InputError("cannot write: \(String(cString: strerror(failure)))", file: "standard output")
  }
}
