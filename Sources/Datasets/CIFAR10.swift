import Basics
import Foundation

/// CIFAR-10 in its binary batches: records of one label byte and 3×32×32 pixel bytes, red plane first.
public enum CIFAR10 {
  public static let imageShape = ImageShape(channels: 3, height: 32, width: 32)
  static let recordSize = 1 + imageShape.count
  /// The ten classes in the order of their labels.
  public static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]
  /// What `--data` calls the bundled sample.
  public static let sampleName = "cifar10-sample"
  /// What some call two of them.
  static let otherNames = ["plane": 0, "aeroplane": 0, "car": 1]
  /// The folders that the published archives unpack to, and other libraries keep.
  static let folderNames = ["cifar-10-batches-bin", "cifar-10-batches-py"]

  /// One file, or the files of a split in a folder: binary batches (`test_batch.bin`, `data_batch_1.bin` … `_5.bin`) or
  /// the Python pickles (`test_batch`, `data_batch_1` … `_5`), under these names alone; also in a folder of the
  /// published name within `path`.
  ///
  /// - Parameters:
  ///   - training: which split of a folder; a single file is taken as it is.
  ///   - name: what a single binary batch is called; nil for its path.
  public static func open(_ path: String, training: Bool = false, name: String? = nil) throws -> ByteImageSet {
    let path = FolderListing.path(path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError("no such file or folder", file: path)
    }
    guard isFolder.boolValue else {
      return path.hasSuffix(".bin")
        ? try binary(files: [path], name: name ?? path, folder: nil)
        : try CIFAR10Pickles.open(files: [path], name: path, folder: nil)
    }
    if let set = try open(folder: path, training: training) { return set }
    for inside in folderNames.map({ "\(path)/\($0)" }) where FolderListing.isFolder(inside) {
      if let set = try open(folder: inside, training: training) { return set }
    }
    let files = try FolderListing(path).files
    throw InputError(
      "no CIFAR-10 batch in this folder", file: path, expected: names(training).joined(separator: " or "),
      found: Archives.advice(in: path, files) ?? files.first { $0.contains("_batch") })
  }

  /// Whether `path` holds a split's batches under their own names.
  static func isHere(_ path: String, training: Bool) -> Bool {
    (names(training) + names(training, ending: "")).contains { FolderListing.isFile("\(path)/\($0)") }
  }

  /// Whether `path` is a folder of batches, the folder that such a folder lies in, or one batch, by the names alone.
  static func isNamed(_ path: String) -> Bool {
    guard FolderListing.isFolder(path) else {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      return FolderListing.isFile(path)
        && [true, false].contains { (names($0) + names($0, ending: "")).contains(name) }
    }
    return ([path] + folderNames.map { "\(path)/\($0)" }).contains { folder in
      isHere(folder, training: false) || isHere(folder, training: true)
    }
  }

  private static func names(_ training: Bool, ending: String = ".bin") -> [String] {
    training ? (1...5).map { "data_batch_\($0)\(ending)" } : ["test_batch\(ending)"]
  }

  /// nil where the folder has no such batches.
  private static func open(folder: String, training: Bool) throws -> ByteImageSet? {
    let present = try FolderListing(folder).files
    for ending in [".bin", ""] {
      let wanted = names(training, ending: ending)
      let found = wanted.filter(present.contains)
      guard !found.isEmpty else { continue }
      let paths = found.map { "\(folder)/\($0)" }
      var set =
        ending.isEmpty
        ? try CIFAR10Pickles.open(files: paths, name: folder, folder: folder)
        : try binary(files: paths, name: folder, folder: folder)
      // A copy, such as "test_batch (1).bin", would count pictures twice.
      let others = present.filter {
        $0.hasPrefix(training ? "data_batch" : "test_batch") && $0.hasSuffix(ending) && !wanted.contains($0)
          && (ending.isEmpty ? !$0.hasSuffix(".bin") : true)
      }
      if !others.isEmpty {
        set.notices.append("\(folder): not a batch's name, left out: \(others.joined(separator: ", "))")
      }
      if found.count < wanted.count {
        let absent = wanted.filter { !found.contains($0) }
        set.notices.append("\(folder): not all batches are here: \(absent.joined(separator: ", ")) missing")
      }
      return set
    }
    return nil
  }

  private static func binary(files: [String], name: String, folder: String?) throws -> ByteImageSet {
    var segments: [ByteImageSet.Segment] = []
    var labels: [Int] = []
    for path in files {
      let file = try MappedFile(path: path)
      let (count, rest) = file.bytes.count.quotientAndRemainder(dividingBy: recordSize)
      guard count > 0, rest == 0 else {
        // A record begins with a label below ten: what has a kind is something else.
        let kind = FileKind(file.bytes).flatMap { $0 == .idx ? nil : FileKind.describe(file.bytes) }
        throw InputError(
          "not a whole number of CIFAR-10 records", file: path, expected: "a multiple of \(recordSize) bytes",
          found: kind ?? "\(file.bytes.count)")
      }
      for record in 0..<count {
        let label = Int(file.bytes[record * recordSize])
        guard label < classNames.count else {
          throw InputError(
            "unknown label", file: path, location: "offset \(record * recordSize)", expected: "0 to 9",
            found: "\(label)")
        }
        labels.append(label)
      }
      segments.append(
        .init(bytes: ByteStore(file, 0..<file.bytes.count), offset: 1, stride: recordSize, count: count))
    }
    return ByteImageSet(
      name: name, imageShape: imageShape, segments: segments, labels: labels,
      classNames: try folder.flatMap(namesFile) ?? classNames)
  }

  /// `batches.meta.txt`, which lists the classes one a line.
  private static func namesFile(_ folder: String) throws -> [String]? {
    let path = URL(fileURLWithPath: folder).appendingPathComponent("batches.meta.txt").path
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let names = try PlainLines.read(path, limit: 1 << 16, kind: "a list of ten names")
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    guard names.count == classNames.count else {
      throw InputError("not CIFAR-10's classes", file: path, expected: "10 lines", found: "\(names.count)")
    }
    return names
  }
}
