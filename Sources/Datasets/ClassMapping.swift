import Basics

/// Which label each class folder has, and what decided it.
///
/// In this order: names that the model knows are its labels (whatever their case, `_` or spaces, with a number before
/// them as in `7-horse`, by synset or by one of several names); numbers are labels (`0` … `11`, `7-horse`, `class_7`);
/// otherwise folders are labelled by the order of their names' bytes. Of numbers before or after words, 1 … K without a
/// gap are a count from one: the folders are labelled 0 … K − 1 in that order. Folders called after ImageNet's synsets
/// (`n01440764`) have its names in ``classNames``.
public struct ClassMapping: Hashable, Sendable {
  public enum Basis: String, Hashable, Sendable {
    /// The folders' names are names of the model's classes.
    case names
    /// The folders' names are, or hold, numbers.
    case numbers
    /// Nothing but the order of the names.
    case order
  }

  public struct Entry: Hashable, Sendable {
    public var folder: String
    public var label: Int
  }

  public let basis: Basis
  /// By ascending label; no two share one.
  public let entries: [Entry]
  /// A name for each label from 0, also of classes without a folder.
  public let classNames: [String]

  /// - Parameters:
  ///   - folders: the class folders' names, in the order of their bytes.
  ///   - known: the model's classes by label; empty where nothing is known of them.
  ///   - byOrder: whether the order of the names alone decides, as in versions before 0.3.0.
  /// - Throws: `InputError` when some folders bear names that the model knows and others do not, or two are one class.
  init(folders: [String], known: [String], root: String, byOrder: Bool = false) throws {
    let index = ClassNameIndex(known)
    let matched = folders.map(index.label)
    let labels: [Int]
    if byOrder {
      labels = Array(folders.indices)
      basis = .order
    } else if !matched.isEmpty, let all = ClassMapping.complete(matched) {
      labels = all
      basis = zip(folders, all).allSatisfy { Int($0) == $1 } ? .numbers : .names
    } else if let numbers = FolderNumbers.labels(folders, classCount: known.isEmpty ? nil : known.count),
      zip(matched, numbers).allSatisfy({ $0 == nil || $0 == $1 })
    {
      labels = numbers
      basis = .numbers
    } else if let stranger = zip(folders, matched).first(where: { $1 == nil })?.0,
      matched.contains(where: { $0 != nil })
    {
      let examples = known.prefix(12).joined(separator: ", ") + (known.count > 12 ? ", …" : "")
      throw InputError(
        "some class folders bear names of the model's classes, and this one does not", file: "\(root)/\(stranger)",
        expected: "one of the model's \(known.count) classes (\(examples))", found: stranger)
    } else {
      labels = Array(folders.indices)
      basis = .order
    }
    entries = zip(folders, labels).map { Entry(folder: $0, label: $1) }.sorted { $0.label < $1.label }
    if let (first, second) = zip(entries, entries.dropFirst()).first(where: { $0.label == $1.label }) {
      throw InputError(
        "two folders stand for one class", file: root, location: "class \(first.label)", expected: "one folder",
        found: "\(first.folder) and \(second.folder)")
    }
    let largest = entries.last?.label ?? -1
    if basis != .order, largest < known.count {
      classNames = known
    } else {
      var names = (0..<largest + 1).map(String.init)
      for entry in entries { names[entry.label] = ImageNet1k.folderName(entry.folder) }
      classNames = names
    }
  }

  /// Whether all folders are called after synsets of ImageNet's 1000 classes, and a model of as many counts them as
  /// others do: sorted, its own names, where it has them, saying nothing else.
  package func areImageNet(for modelNames: [String]) -> Bool {
    entries.allSatisfy { entry in
      guard let label = ImageNet1k.label(synset: entry.folder) else { return false }
      guard !modelNames.isEmpty else { return true }
      guard modelNames.indices.contains(label) else { return false }
      return ClassNameIndex([modelNames[label]]).label(ImageNet1k.name(label)) != nil
    }
  }

  private static func complete(_ labels: [Int?]) -> [Int]? {
    let known = labels.compactMap(\.self)
    return known.count == labels.count ? known : nil
  }

  /// One line for people: `class folders by the model's names: cat is 3, dog is 5, ship is 8`.
  public var description: String {
    let how =
      switch basis {
      case .names: "by the model's names"
      case .numbers: "by their numbers"
      case .order: "in the order of their names"
      }
    let shown = entries.prefix(entries.count > 12 ? 10 : 12).map { "\($0.folder) is \($0.label)" }
    let more = entries.count > shown.count ? ", … (\(entries.count) folders)" : ""
    return "class folders \(how): " + shown.joined(separator: ", ") + more
  }
}
