import Basics
import Foundation

/// A folder with one folder of pictures (PNG, JPEG, `.npy`) per class.
///
/// `ClassMapping` says which label a folder has. Pictures follow class by class in the order of the labels, in each by
/// the bytes of their names. Hidden files, what systems leave in folders (`Thumbs.db`, `__MACOSX`) and files beside the
/// class folders are not part of the set; every other file in a class folder must be a picture of one size. A class
/// folder may be empty, and may hold its pictures in a folder `images`, as Tiny ImageNet's do.
public struct FolderImageSet: LabeledImageSet {
  public let name: String
  public private(set) var imageShape: ImageShape
  public let mapping: ClassMapping
  public let maximumLabel: Int?
  public let notices: [String]
  private let root: URL
  private let files: [(file: String, label: Int)]

  public var count: Int { files.count }
  public var classNames: [String] { mapping.classNames }
  public var classMapping: ClassMapping? { mapping }

  /// Lists the folder and reads pictures until one gives the size.
  ///
  /// - Parameters:
  ///   - knownClasses: the model's classes by label, for folders that are called after them.
  ///   - byOrder: whether the order of the folders' names alone decides on labels, as in versions before 0.3.0.
  /// - Throws: `InputError` when there is no class folder or no picture that can be read, the folders are none of
  ///   classes, or their names contradict the model's.
  public init(folder: String, knownClasses: [String] = [], byOrder: Bool = false) throws {
    let folder = FolderListing.path(folder)
    name = folder
    root = URL(fileURLWithPath: folder)
    let listing = try FolderListing(folder)
    guard !listing.folders.isEmpty else {
      let files = listing.files
      throw InputError(
        "no data set in this folder", file: folder, expected: "a folder of pictures for each class",
        found: files.isEmpty
          ? "nothing" : "\(files.count) file\(files.count == 1 ? "" : "s") such as \(files[0])")
    }
    let classes = try Dictionary(
      listing.folders.map { ($0, try ClassFolder(folder, $0)) }, uniquingKeysWith: { first, _ in first })
    try Self.requireClasses(listing.folders, classes, in: folder)
    mapping = try ClassMapping(folders: listing.folders, known: knownClasses, root: folder, byOrder: byOrder)
    files = mapping.entries.flatMap { entry in
      (classes[entry.folder]?.pictures ?? []).map { (file: $0, label: entry.label) }
    }
    maximumLabel = files.last?.label
    let leftOut = listing.folders.flatMap { classes[$0]?.leftOut ?? [] }
    notices = leftOut.isEmpty ? [] : ["\(folder): folders inside class folders are left out: \(Self.some(leftOut))"]
    imageShape = try Self.firstShape(of: files.map(\.file), in: root, name: folder)
  }

  public func image(at index: Int) throws -> LabeledImage {
    let picture = try decodedPicture(at: index)
    guard picture.shape == imageShape else {
      throw InputError(
        "the picture has another size than the others", file: file(at: index), expected: "\(imageShape)",
        found: "\(picture.shape)")
    }
    return LabeledImage(index: index, pixels: picture.pixels, label: files[index].label)
  }

  public func decodedPicture(at index: Int) throws -> Picture { try PictureFile.read(file(at: index)) }

  public func label(at index: Int) -> Int? { files[index].label }

  public func pictureName(at index: Int) -> String? { files[index].file }

  /// The file of the picture at `index`.
  public func file(at index: Int) -> String {
    precondition(files.indices.contains(index), "no image \(index)")
    return root.appendingPathComponent(files[index].file).path
  }

  /// The set with the size of the first of the pictures at `indices` that fits `modelShape`; of the first that can be
  /// read where none fits.
  public func shaped(by indices: [Int], fitting modelShape: ImageShape?) -> any LabeledImageSet {
    var first: ImageShape?
    var copy = self
    for index in indices where files.indices.contains(index) {
      guard let shape = try? decodedPicture(at: index).shape else { continue }
      first = first ?? shape
      guard let modelShape, (try? ImageAdapter(from: shape, to: modelShape)) == nil else {
        copy.imageShape = shape
        return copy
      }
    }
    copy.imageShape = first ?? imageShape
    return copy
  }

  /// Reads every file once, without decoding it.
  public func digest() -> String {
    let ordered = mapping.entries.sorted { $0.folder.utf8.lexicographicallyPrecedes($1.folder.utf8) }
    let isByOrder = ordered.map(\.label) == Array(ordered.indices)
    var digest = SHA256Digest()
    for index in files.indices {
      // A file that cannot be read may be none of those that are used.
      let content = (try? MappedFile(path: file(at: index)))?.digest() ?? "unreadable"
      var line = "\(files[index].file)\0\(content)"
      // Where the order of the names gives the labels, the digest is that of earlier versions.
      if !isByOrder { line += "\0\(files[index].label)" }
      Array((line + "\n").utf8).withUnsafeBytes { digest.update($0) }
    }
    return digest.finish()
  }

  /// Folders that hold no pictures but folders, and splits, are no classes.
  private static func requireClasses(_ names: [String], _ classes: [String: ClassFolder], in folder: String) throws {
    let deep = names.filter { classes[$0]?.leftOut.isEmpty == false }
    let splits = names.filter(isSplit)
    if splits.count > 1 || splits.count == names.count, splits.contains(where: deep.contains) {
      throw splitsError(splits, in: folder)
    }
    guard classes.values.contains(where: { !$0.pictures.isEmpty }) else {
      guard let first = deep.first else { throw InputError("the class folders hold no pictures", file: folder) }
      throw InputError(
        "the folders in this one hold no pictures but folders", file: folder,
        expected: "a folder of pictures for each class, as \(folder)/\(first) may be",
        found: "folders such as \(classes[first]?.leftOut.first ?? first)")
    }
  }

  static func isSplit(_ name: String) -> Bool {
    ["train", "training", "test", "testing", "val", "valid", "validation", "eval", "dev"].contains(name.lowercased())
  }

  static func splitsError(_ splits: [String], in folder: String) -> InputError {
    InputError(
      "this folder holds the splits of a data set", file: folder,
      expected: "one of them: " + splits.map { "\(folder)/\($0)" }.joined(separator: " or "),
      found: splits.joined(separator: ", "))
  }

  /// The size of the first picture that can be read.
  private static func firstShape(of files: [String], in root: URL, name: String) throws -> ImageShape {
    var first: InputError?
    for file in files {
      do {
        return try PictureFile.read(root.appendingPathComponent(file).path).shape
      } catch let error as InputError {
        first = first ?? error
      }
    }
    throw first ?? InputError("the class folders hold no pictures", file: name)
  }

  private static func some(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", … (\(names.count))" : "")
  }
}

/// The pictures of one class, by their names from the data set's folder on.
private struct ClassFolder {
  var pictures: [String]
  /// Folders that are not part of the set.
  var leftOut: [String]

  init(_ root: String, _ name: String) throws {
    let listing = try FolderListing("\(root)/\(name)")
    if let images = listing.folders.first(where: { $0.lowercased() == "images" }) {
      let inside = "\(name)/\(images)"
      let deeper = try FolderListing("\(root)/\(inside)")
      if deeper.folders.isEmpty, !deeper.files.isEmpty, listing.files.allSatisfy({ $0.hasSuffix(".txt") }) {
        pictures = deeper.files.map { "\(inside)/\($0)" }
        leftOut = listing.folders.filter { $0 != images }.map { "\(name)/\($0)" }
        return
      }
    }
    pictures = listing.files.map { "\(name)/\($0)" }
    leftOut = listing.folders.map { "\(name)/\($0)" }
  }
}
