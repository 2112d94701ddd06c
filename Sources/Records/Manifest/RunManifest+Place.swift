import Basics
import Foundation

extension RunManifest {
  /// Whether a run directory is found from here where its command line put it: then the relative paths in run.json mean
  /// what they meant to the run.
  func isWhereItBegan(_ directory: String) -> Bool {
    let name = URL(fileURLWithPath: directory).lastPathComponent
    let out = Self.value(of: "--out", in: arguments) ?? "runs/\(name)"
    guard !out.hasPrefix("/"), let there = FileIdentity(out) else { return false }
    return there == FileIdentity(directory)
  }

  private static func value(of option: String, in arguments: [String]) -> String? {
    if let joined = arguments.last(where: { $0.hasPrefix(option + "=") }) {
      return String(joined.dropFirst(option.count + 1))
    }
    return arguments.lastIndex(of: option).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
  }
}
