import Basics

extension Checkpoint {
  /// Larger than any list of names.
  private static let largestNames = 1 << 24

  /// Takes what the classes are called from a file with one name a line, in the order of the labels.
  ///
  /// - Throws: `InputError` naming the file where it cannot be read, has another number of names than the model has
  ///   classes, or names two classes the same.
  public mutating func nameClasses(file: String) throws {
    var names = try PlainLines.read(file, limit: Self.largestNames, kind: "a list of classes").map { line in
      line.trimmingCharacters { " \t".contains($0) }
    }
    while names.last == "" { names.removeLast() }
    guard names.count == architecture.labelDimension else {
      throw InputError(
        "not a name for each of the model's classes", file: file, expected: "\(architecture.labelDimension) lines",
        found: "\(names.count)")
    }
    if let empty = names.firstIndex(of: "") { throw InputError("no name", file: file, location: "line \(empty + 1)") }
    var seen: Set<String> = []
    if let twice = names.firstIndex(where: { !seen.insert($0).inserted }) {
      throw InputError("two classes of one name", file: file, location: "line \(twice + 1)", found: names[twice])
    }
    notes.classNames = names
  }
}

extension String {
  /// Without what `isMeant` says at either end.
  fileprivate func trimmingCharacters(_ isMeant: (Character) -> Bool) -> String {
    var text = drop(while: isMeant)
    while let last = text.last, isMeant(last) { text.removeLast() }
    return String(text)
  }
}
