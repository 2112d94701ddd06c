import Basics
import Datasets
import Records

extension WorkImages {
  /// The images for a classifier that chooses among some of the model's classes.
  ///
  /// - Parameters:
  ///   - classes: nil for all of the model's, which every image's is.
  ///   - others: what becomes of images with another label; nil refuses them.
  /// - Throws: `InputError` naming the first images with another label where they are refused, and where none is left.
  public func among(_ classes: ClassSet?, others: OtherClasses? = nil) throws -> WorkImages {
    guard let classes, others != .countedWrong else { return self }
    let outside = pictures.compactMap { picture in
      picture.label.flatMap { classes.contains($0) ? nil : (index: picture.index, label: $0) }
    }
    let isOutside = Set(outside.map(\.index))
    let kept = indices.filter { !isOutside.contains($0) }
    if outside.isEmpty { return self }
    guard others == .skipped else {
      throw OtherClassesError(source: source, outside: outside, of: indices.count, classes: classes)
    }
    guard !kept.isEmpty else {
      throw InputError(
        "none of the \(indices.count) selected images is of these classes", file: source, expected: "\(classes)",
        found: "labels such as \(outside[0].label)")
    }
    return keeping(kept)
  }
}

/// Selected images have labels that a classifier among some classes never gives.
public struct OtherClassesError: Error, CustomStringConvertible {
  public let error: InputError

  init(source: String, outside: [(index: Int, label: Int)], of count: Int, classes: ClassSet) {
    let named = outside.prefix(5).map { "image \($0.index) has label \($0.label)" }.joined(separator: ", ")
    error = InputError(
      "\(outside.count) of the \(count) selected images are of other classes than the classifier's", file: source,
      expected: "\(classes)", found: named + (outside.count > 5 ? ", …" : ""))
  }

  public var description: String { error.description }
}

extension LabeledImageSet {
  /// Indices whose label is one of `classes`, and the others with their labels; images without a label are kept.
  func split(_ indices: [Int], by classes: ClassSet) throws -> (kept: [Int], outside: [(index: Int, label: Int)]) {
    var kept: [Int] = []
    var outside: [(index: Int, label: Int)] = []
    for index in indices {
      if let label = try label(at: index), !classes.contains(label) {
        outside.append((index, label))
      } else {
        kept.append(index)
      }
    }
    return (kept, outside)
  }
}
