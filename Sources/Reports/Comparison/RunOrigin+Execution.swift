import Foundation
import Records

/// What the times of a run depend on.
extension RunOrigin {
  /// Where models are served that live elsewhere, such as `http://127.0.0.1:8000`, each once; none where the program
  /// computes all of them.
  var servers: [String] {
    let sources = [model?.source, model?.unconditionalSource, model?.classifierSource].compactMap(\.self)
    let origins = sources.filter { $0.hasPrefix("http://") || $0.hasPrefix("https://") }.map { source in
      source.firstRange(of: "/v2/models/").map { String(source[..<$0.lowerBound]) } ?? source
    }
    return Set(origins).sorted()
  }
}

extension RunOrigin.Host {
  /// Without what computes on it.
  var machine: RunOrigin.Host {
    var machine = self
    (machine.instructionSet, machine.libraries) = (nil, nil)
    return machine
  }

  /// Whether the same computes there: an exact denoiser of pictures, which has no kernels, may stand beside a network.
  func hasSameEngine(as other: RunOrigin.Host) -> Bool {
    guard libraries == other.libraries else { return false }
    let sets = [instructionSet, other.instructionSet].map { $0?.components(separatedBy: ", ") ?? [] }
    return sets[0] == sets[1] || sets.contains { $0.contains("analytic kernels") } && sets[0].first == sets[1].first
  }

  var engineText: String {
    let versions = (libraries ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return ([instructionSet ?? "instruction set unknown"] + versions).joined(separator: ", ")
  }
}
