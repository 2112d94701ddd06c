import Basics
import Datasets

extension ModelOutline {
  /// The classes of a list, by their labels: a number below K is a label, anything else a name that the model knows
  /// (whatever its case, by synset or by one of several names).
  ///
  /// - Throws: `UsageError` for an entry that is neither, and for a class that is named twice.
  public func classes(_ list: ClassList) throws -> ClassSet {
    let index = ClassNameIndex(classNames)
    var named: [Int: String] = [:]
    for entry in list.entries {
      let label = label(entry, index)
      guard let label else {
        throw UsageError("\(.classes): \"\(entry.prefix(80))\" is none of the model's classes; \(vocabulary)")
      }
      if let other = named.updateValue(entry, forKey: label) {
        throw UsageError("\(.classes): \"\(other)\" and \"\(entry)\" are the same class, \(label)")
      }
    }
    return try ClassSet(Array(named.keys))
  }

  private func label(_ entry: String, _ index: ClassNameIndex) -> Int? {
    guard let number = Int(entry) else { return index.label(entry) }
    return (0..<classCount).contains(number) ? number : classNames.firstIndex(of: entry)
  }

  private var vocabulary: String {
    guard classCount > 0 else { return "it has none" }
    let labels = "they are labelled 0 … \(classCount - 1)"
    if classNames.isEmpty { return labels + ", and it does not know their names" }
    return labels + " and called " + classNames.prefix(10).joined(separator: ", ") + (classCount > 10 ? ", …" : "")
  }
}

extension DiffusionModel {
  /// The classes of a list, by their labels.
  ///
  /// - Throws: as ``ModelOutline/classes(_:)``.
  public func classes(_ list: ClassList) throws -> ClassSet { try ModelOutline(self).classes(list) }
}
