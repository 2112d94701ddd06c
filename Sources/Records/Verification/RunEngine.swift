/// What votes may differ by: the instruction set, the libraries, the program and the precision belong to the
/// classifier's identity (Docs/Mathematics.md, Randomness and streams).
public struct RunEngine: Hashable, Sendable {
  public var program: RunManifest.Program
  public var instructionSet: String
  public var libraries: [String: String]
  public var precision: String

  public init(
    program: RunManifest.Program, instructionSet: String, libraries: [String: String], precision: String
  ) {
    self.program = program
    self.instructionSet = instructionSet
    self.libraries = libraries
    self.precision = precision
  }

  /// What a run was made with.
  package init(_ manifest: RunManifest) {
    self.init(
      program: manifest.program, instructionSet: manifest.host.instructionSet, libraries: manifest.host.libraries,
      precision: manifest.classifier.precision)
  }

  /// A part in which two engines differ.
  public struct Difference: Hashable, Sendable, Codable, CustomStringConvertible {
    public var part: String
    public var run: String
    public var here: String

    public var description: String { "\(part): \(run) in the run, \(here) here" }
  }

  /// Where `here` differs from this engine of a run; empty where votes must be the same.
  package func differences(here: RunEngine) -> [Difference] {
    func text(_ libraries: [String: String]) -> String {
      libraries.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
    // Versions that cast the same votes are no difference.
    let run = here.program.castsVotes(as: program) ? here.program : program
    return [
      Difference(
        part: "program", run: "\(run.name) \(run.version)", here: "\(here.program.name) \(here.program.version)"),
      Difference(part: "instruction set", run: instructionSet, here: here.instructionSet),
      Difference(part: "libraries", run: text(libraries), here: text(here.libraries)),
      Difference(part: "precision", run: precision, here: here.precision),
    ].filter { $0.run != $0.here }
  }
}
