import Basics
import Foundation
import NumPyFiles
import Pickles

/// ImageNet at 64×64, 32×32, 16×16 or 8×8 pixels (Chrabaszcz et al., arXiv 1707.08819): `val_data` and
/// `train_data_batch_1` … `_10`, Python pickles or `.npz`, with `data` (N×3·S² bytes, red plane first) and `labels`.
///
/// The labels, 1 … 1000, are the development kit's. They become the model's by synset: where the model names its classes
/// by synset, by those, otherwise to the place in the sorted list, which models count (`ImageNet1k`).
public enum DownsampledImageNet {
  private static let sides = [8, 16, 32, 64]

  /// One batch, or a split's batches in a folder.
  ///
  /// - Parameters:
  ///   - training: which split of a folder; a single file is taken as it is.
  ///   - knownClasses: the names of the model's classes by label, where they are known.
  /// - Throws: `InputError` naming the file and what is wrong in it.
  public static func open(
    _ path: String, training: Bool = false, knownClasses: [String] = []
  ) throws -> ByteImageSet {
    let path = FolderListing.path(path)
    guard FolderListing.isFolder(path) else { return try open(files: [path], name: path, knownClasses) }
    let found = files(in: path, training: training)
    guard !found.isEmpty else {
      throw InputError(
        "no batch of ImageNet in this folder", file: path,
        expected: training ? "train_data_batch_1 … train_data_batch_10, or .npz" : "val_data or val_data.npz")
    }
    var set = try open(files: found, name: path, knownClasses)
    if training, found.count < trainingNames.count {
      set.notices.append("\(path): \(found.count) of the \(trainingNames.count) training batches are here")
    }
    return set
  }

  private static let trainingNames = (1...10).map { "train_data_batch_\($0)" }

  /// Each batch once, in its order, however it is packed.
  private static func files(in folder: String, training: Bool) -> [String] {
    (training ? trainingNames : ["val_data"]).compactMap { name in
      [name, name + ".npz"].map { "\(folder)/\($0)" }.first(where: FolderListing.isFile)
    }
  }

  /// Whether a folder holds a split's batches under their own names.
  static func isHere(_ folder: String, training: Bool) -> Bool { !files(in: folder, training: training).isEmpty }

  /// Whether a pickle is one of these batches and not one of CIFAR's, whose pictures may have the same size.
  static func recognises(_ root: PickleValue) -> Bool {
    guard root["labels"] != nil, let data = try? root["data"]?.numpyArray(), data.shape.count == 2,
      side(data.shape[1]) != nil
    else { return false }
    if data.shape[1] != CIFAR10.imageShape.count || root["mean"] != nil { return true }
    let labels = (try? integers(root, count: data.shape[0])) ?? []
    return 2 * labels.count { $0 >= CIFAR10.classNames.count } > labels.count
  }

  /// Whether an archive is one of these batches.
  static func recognises(_ archive: NumPyArchive) -> Bool {
    Set(["data", "labels"]).isSubset(of: archive.names)
      && !archive.names.contains { ArrayImages.pictureNames.contains($0) }
  }

  /// The side of pictures of so many values; nil where they are none of these.
  private static func side(_ values: Int) -> Int? { sides.first { 3 * $0 * $0 == values } }

  private struct Batch {
    var store: ByteStore
    var side: Int
    var labels: [Int]
  }

  private static func open(files: [String], name: String, _ known: [String]) throws -> ByteImageSet {
    let numbering = try Numbering(known, file: name)
    var segments: [ByteImageSet.Segment] = []
    var labels: [Int] = []
    var side: Int?
    for path in files {
      do {
        let batch = try batch(path)
        guard side == nil || side == batch.side else {
          throw InputError(
            "the pictures have another size than those of the other batches", expected: "\(side ?? 0) pixels a side",
            found: "\(batch.side)")
        }
        side = batch.side
        labels += try batch.labels.enumerated().map { index, label in try numbering.label(label, at: index) }
        segments.append(
          .init(
            bytes: batch.store, offset: 0, stride: 3 * batch.side * batch.side, count: batch.labels.count))
      } catch let error as InputError {
        throw error.inFile(path)
      }
    }
    let size = side ?? 0
    var set = ByteImageSet(
      name: name, imageShape: ImageShape(channels: 3, height: size, width: size), segments: segments, labels: labels,
      classNames: numbering.classNames)
    set.notices = [numbering.notice(name)]
    return set
  }

  private static func batch(_ path: String) throws -> Batch {
    let file = try MappedFile(path: path)
    if NumPyArchive.recognises(file.bytes) { return try archived(NumPyArchive(contentsOf: path)) }
    if let kind = FileKind(file.bytes), kind != .pickle {
      throw InputError(
        "not a batch of ImageNet", expected: "a Python pickle or an .npz", found: FileKind.describe(file.bytes))
    }
    let root = try PickleReader.read(file: file)
    let data = try CIFAR10Pickles.entry("data", of: root)
    guard let array = try data.numpyArray() else {
      throw InputError("not a NumPy array", location: "field 'data'", found: data.summary)
    }
    let side = try side(of: array.shape, isBytes: array.elementType == "|u1", type: array.elementType)
    guard !array.isFortranOrder else {
      throw InputError("in Fortran order", location: "field 'data'", expected: "rows that are pictures")
    }
    return try checked(
      ByteStore(array.bytes), side, integers(root, count: array.shape[0]), count: array.shape[0])
  }

  private static func archived(_ archive: NumPyArchive) throws -> Batch {
    for name in ["data", "labels"] where !archive.names.contains(name) {
      throw InputError(
        "not a batch of ImageNet: '\(name)' is missing", found: archive.names.joined(separator: ", "))
    }
    let labels = try archive.array(named: "labels")
    let data = try archive.array(named: "data")
    let side = try side(of: data.shape, isBytes: data.elementType == .uint8, type: data.elementType.rawValue)
    guard case .uint8(let bytes) = data.elements else { preconditionFailure("checked") }
    return try checked(ByteStore(bytes), side, labels.integers(), count: data.shape[0])
  }

  private static func side(of shape: [Int], isBytes: Bool, type: String) throws -> Int {
    guard shape.count == 2, shape[0] > 0, isBytes, let side = side(shape[1]) else {
      throw InputError(
        "not ImageNet's pixels", location: "field 'data'",
        expected: "[N, 3·S²] bytes with S one of \(sides.map(String.init).joined(separator: ", "))",
        found: "\(shape) of \(type)")
    }
    return side
  }

  private static func checked(_ store: ByteStore, _ side: Int, _ labels: [Int], count: Int) throws -> Batch {
    guard labels.count == count else {
      throw InputError(
        "labels and pictures differ in number", location: "field 'labels'", expected: "\(count)",
        found: "\(labels.count)")
    }
    return Batch(store: store, side: side, labels: labels)
  }

  /// A pickle's labels, a list or an array of integers.
  private static func integers(_ root: PickleValue, count: Int) throws -> [Int] {
    let labels = try CIFAR10Pickles.entry("labels", of: root)
    if let elements = labels.sequence {
      return try elements.enumerated().map { index, value in
        // NumPy's own numbers take one element of an array each.
        guard let label = value.integer else {
          throw InputError("not a label", location: "field 'labels', element \(index)", found: value.summary)
        }
        return label
      }
    }
    guard let array = try labels.numpyArray(), array.shape == [count],
      let values = PickledIntegers.read(array)
    else {
      throw InputError("not a list of labels", location: "field 'labels'", found: labels.summary)
    }
    return values
  }

  /// From the kit's labels to a model's.
  private struct Numbering {
    let classNames: [String]
    /// By the kit's label.
    private let labels: [Int: Int]
    private let isByName: Bool

    init(_ known: [String], file: String) throws {
      let index = ClassNameIndex(known)
      let named = ImageNet1k.labels.compactMapValues { index.label(ImageNet1k.synset($0)) }
      isByName = named.count == ImageNet1k.count
      guard isByName || known.isEmpty || known.count == ImageNet1k.count else {
        throw InputError(
          "a batch of ImageNet, and the model's classes are others", file: file,
          expected: "a model of ImageNet's \(ImageNet1k.count) classes", found: "one of \(known.count) classes")
      }
      labels = isByName ? named : ImageNet1k.labels
      classNames = isByName || known.count == ImageNet1k.count ? known : ImageNet1k.classNames
    }

    func label(_ kit: Int, at index: Int) throws -> Int {
      guard let label = labels[kit] else {
        throw InputError(
          "not a label of ImageNet's development kit", location: "field 'labels', element \(index)",
          expected: "1 to \(ImageNet1k.count)", found: "\(kit)")
      }
      return label
    }

    func notice(_ name: String) -> String {
      let first = labels[1] ?? 0
      return "\(name): the development kit's labels 1 … \(ImageNet1k.count) are mapped by synset to "
        + (isByName ? "the model's classes" : "the place in the sorted list, which models count")
        + ": 1 (\(ImageNet1k.classNames[ImageNet1k.labels[1] ?? 0])) is \(first)"
    }
  }
}
