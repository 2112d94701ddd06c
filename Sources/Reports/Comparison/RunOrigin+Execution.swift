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

  /// What computes.
  var engine: RunOrigin.Host {
    var engine = RunOrigin.Host()
    (engine.instructionSet, engine.libraries) = (instructionSet, libraries)
    return engine
  }

  var engineText: String {
    let versions = (libraries ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return ([instructionSet ?? "instruction set unknown"] + versions).joined(separator: ", ")
  }
}
