/// Finds a model's class by what people call it.
///
/// A whole name goes before a part of one; what two classes are called finds neither.
public struct ClassNameIndex: Sendable {
  private var whole: [String: Int?] = [:]
  private var parts: [String: Int?] = [:]

  /// - Parameter names: the model's classes by label.
  public init(_ names: [String]) {
    for (label, name) in names.enumerated() {
      Self.add(Self.plain(name), label, to: &whole)
      for part in Set(Self.parts(of: name)) { Self.add(part, label, to: &parts) }
    }
    if names.map(Self.plain) == CIFAR10.classNames {
      for (name, label) in CIFAR10.otherNames { Self.add(name, label, to: &parts) }
    }
  }

  /// The label of the class that a folder is called after.
  public func label(_ folder: String) -> Int? {
    let name = Self.plain(folder)
    let rest = FolderNumbers.led(folder).map { Self.plain(String($0.rest)) }
    let synset = Self.synset(of: name)
    for names in [whole, parts] {
      for key in [name, rest, synset].compactMap(\.self) where !key.isEmpty {
        if case .some(.some(let label)) = names[key] { return label }
      }
    }
    return nil
  }

  private static func add(_ key: String, _ label: Int, to index: inout [String: Int?]) {
    guard !key.isEmpty else { return }
    if case .some(let other) = index[key], other != label {
      index[key] = .some(nil)
    } else {
      index[key] = label
    }
  }

  /// In lower case, with single spaces for `_`, `-` and the like.
  private static func plain(_ name: String) -> String {
    name.lowercased().split { "-_. \t".contains($0) }.joined(separator: " ")
  }

  /// Without a number before it, its WordNet synset, and each of the names between commas: `n01440764 tench, Tinca tinca`.
  private static func parts(of name: String) -> [String] {
    var result: [String] = []
    var rest = name
    if let led = FolderNumbers.led(name) { rest = String(led.rest) }
    if let synset = synset(of: plain(rest)) {
      result.append(synset)
      rest = String(rest.dropFirst(synset.count).drop { "-_. :,\t".contains($0) })
    }
    return result + [plain(rest)] + rest.split(separator: ",").map { plain(String($0)) }
  }

  /// `n` and eight digits, at the beginning of a plain name.
  private static func synset(of plain: String) -> String? {
    let start = plain.prefix(9)
    let after = plain.dropFirst(9).first
    guard start.count == 9, start.first == "n", start.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
      after == nil || " :,".contains(after ?? " ")
    else { return nil }
    return String(start)
  }
}
