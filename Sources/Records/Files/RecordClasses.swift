import Basics

/// How the records of a run are to be read: which classes their votes are for, and which labels an image may have.
package struct RecordClasses: Hashable, Sendable {
  /// nil for all of the model's, as many as there are votes.
  package var classes: ClassSet?
  package var others: OtherClasses?

  package init(_ classes: ClassSet?, others: OtherClasses? = nil) {
    self.classes = classes
    self.others = others
  }

  /// Whether an image may bear `label` where votes are for `classes`.
  package func admit(label: Int, among classes: ClassSet) -> Bool {
    classes.contains(label) || (others == .countedWrong && label >= 0)
  }
}

extension RunManifest {
  package var recordClasses: RecordClasses { RecordClasses(classifier.specification.classes, others: otherClasses) }
}

extension CodingUserInfoKey {
  /// ``RecordClasses`` for reading an ``ImageRecord``.
  static let recordClasses: CodingUserInfoKey = {
    guard let key = CodingUserInfoKey(rawValue: "ndc.recordClasses") else { preconditionFailure("any name is a key") }
    return key
  }()
}
