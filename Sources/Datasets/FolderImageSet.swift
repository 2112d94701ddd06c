import Basics
import Foundation

/// A folder with one folder of pictures (PNG, JPEG, `.npy`) per class.
///
/// Classes are the folders' names, sorted by their bytes; pictures follow class by class, sorted alike. Hidden files,
/// and files beside the class folders, are not part of the set; every other file in a class folder must be a picture of
/// the first one's size.
public struct FolderImageSet: LabeledImageSet {
  public let name: String
  public let imageShape: ImageShape
  public let classNames: [String]
  private let root: URL
  private let files: [(file: String, label: Int)]

  public var count: Int { files.count }
  public var maximumLabel: Int? { files.last?.label }

  /// Lists the folder and reads its first picture.
  ///
  /// - Throws: `InputError` when there is no class folder, a class has no picture, or the first picture is damaged.
  public init(folder: String) throws {
    name = folder
    root = URL(fileURLWithPath: folder)
    let root = root
    classNames = try Self.list(root).filter { Self.isFolder(root.appendingPathComponent($0)) }
    guard !classNames.isEmpty else {
      throw InputError("no data set in this folder", file: folder, expected: "a folder of pictures for each class")
    }
    files = try classNames.enumerated().flatMap { label, className in
      let pictures = try Self.list(root.appendingPathComponent(className))
      guard !pictures.isEmpty else {
        throw InputError("a class without pictures", file: root.appendingPathComponent(className).path)
      }
      return pictures.map { (file: "\(className)/\($0)", label: label) }
    }
    imageShape = try PictureFile.read(root.appendingPathComponent(files[0].file).path).shape
  }

  public func image(at index: Int) throws -> LabeledImage {
    precondition(files.indices.contains(index), "no image \(index)")
    let path = path(index)
    let picture = try PictureFile.read(path)
    guard picture.shape == imageShape else {
      throw InputError(
        "the picture has another size than the first one", file: path, expected: "\(imageShape)",
        found: "\(picture.shape)")
    }
    return LabeledImage(index: index, pixels: picture.pixels, label: files[index].label)
  }

  /// The file of the picture at `index`.
  public func path(_ index: Int) -> String { root.appendingPathComponent(files[index].file).path }

  /// Reads every file once, without decoding it.
  public func digest() throws -> String {
    var digest = SHA256Digest()
    for index in files.indices {
      let line = try "\(files[index].file)\0\(MappedFile(path: path(index)).digest())\n"
      Array(line.utf8).withUnsafeBytes { digest.update($0) }
    }
    return digest.finish()
  }

  private static func list(_ folder: URL) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw InputError("cannot list the folder", file: folder.path)
    }
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
