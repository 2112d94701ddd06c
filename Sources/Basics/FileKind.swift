/// What a file is by its first bytes, whatever it is called: an error about a wrong file calls it by this name.
public enum FileKind: String, CaseIterable, Sendable {
  case empty = "an empty file"
  // Pictures.
  case png = "a PNG picture"
  case jpeg = "a JPEG picture"
  case gif = "a GIF picture"
  case webP = "a WebP picture"
  case bmp = "a BMP picture"
  case tiff = "a TIFF picture"
  case avif = "an AVIF picture"
  case heic = "a HEIC picture"
  case jpeg2000 = "a JPEG 2000 picture"
  case jpegXL = "a JPEG XL picture"
  case svg = "an SVG drawing"
  case video = "an MP4 or QuickTime video"
  // What a failed download leaves.
  case html = "an HTML page"
  case gitLFSPointer = "a Git LFS pointer"
  case gitAnnexPointer = "a git-annex pointer"
  // Archives.
  case zip = "a ZIP archive"
  case npz = "a NumPy archive (.npz)"
  case torchArchive = "a PyTorch archive"
  case tar = "a tar archive"
  case gzip = "a gzip file"
  case bzip2 = "a bzip2 file"
  case xz = "an xz file"
  case zstandard = "a Zstandard file"
  case sevenZip = "a 7-Zip archive"
  case rar = "a RAR archive"
  // Data.
  case numPyArray = "a NumPy array (.npy)"
  case idx = "an IDX file"
  case pickle = "a Python pickle"
  case safetensors = "a safetensors file"
  case gguf = "a GGUF file"
  case hdf5 = "an HDF5 file"
  case matlab = "a MATLAB file"
  case parquet = "a Parquet file"
  case arrow = "an Arrow file"
  case sqlite = "an SQLite database"
  case pdf = "a PDF document"
  case json = "a JSON file"
  case xml = "an XML file"
  case program = "a program"

  /// Looks at the beginning of `bytes`, at 512 of them at most.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(512))
    if start.isEmpty {
      self = .empty
    } else if let kind = Self.signatures.first(where: { start.holds($0.bytes, at: $0.offset) })?.kind {
      self = kind == .zip ? Self.zip(start) : kind
    } else if let kind = Self.structured(start) ?? Self.text(start) {
      self = kind
    } else {
      return nil
    }
  }

  /// "a WebP picture".
  public var name: String { rawValue }

  /// What a person can do about a file of this kind in the place of another one; nil where that is plain.
  public var advice: String? {
    switch self {
    case .gitLFSPointer: "git lfs pull fetches the file that it stands for"
    case .gitAnnexPointer: "git annex get fetches the file that it stands for"
    case .html: "what was downloaded is a web page, not the file"
    case .zip, .tar, .gzip, .bzip2, .xz, .zstandard, .sevenZip, .rar: "it must be unpacked first"
    default: nil
    }
  }

  /// What to call content that is not what was expected: its kind and what to do about it, the beginning of a text, or
  /// the first bytes.
  public static func describe(_ bytes: UnsafeRawBufferPointer) -> String {
    if let kind = FileKind(bytes) { return kind.name + (kind.advice.map { " (\($0))" } ?? "") }
    let start = bytes.prefix(24)
    // Nothing that a terminal would obey.
    if start.allSatisfy({ (0x20..<0x7F).contains($0) || [0x09, 0x0A, 0x0D].contains($0) }) {
      let line = String(decoding: start.prefix { $0 >= 0x20 }, as: UTF8.self)
      return line.isEmpty ? "a text" : "a text that begins \"\(line)\""
    }
    let digits = Array("0123456789ABCDEF")
    return "bytes " + bytes.prefix(8).map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined(separator: " ")
  }
}

extension FileKind {
  private static let signatures: [(kind: FileKind, offset: Int, bytes: [UInt8])] = [
    (.png, 0, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
    (.jpeg, 0, [0xFF, 0xD8, 0xFF]),
    (.gif, 0, Array("GIF87a".utf8)), (.gif, 0, Array("GIF89a".utf8)),
    (.webP, 8, Array("WEBP".utf8)),
    (.tiff, 0, [0x49, 0x49, 0x2A, 0]), (.tiff, 0, [0x4D, 0x4D, 0, 0x2A]), (.tiff, 0, [0x49, 0x49, 0x2B, 0]),
    (.avif, 4, Array("ftypavi".utf8)),
    (.heic, 4, Array("ftyphei".utf8)), (.heic, 4, Array("ftyphev".utf8)), (.heic, 4, Array("ftypmif1".utf8)),
    (.heic, 4, Array("ftypmsf1".utf8)),
    (.video, 4, Array("ftyp".utf8)),
    (.jpeg2000, 0, [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20]),
    (.jpegXL, 0, [0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20]), (.jpegXL, 0, [0xFF, 0x0A]),
    (.zip, 0, [0x50, 0x4B, 3, 4]), (.zip, 0, [0x50, 0x4B, 5, 6]),
    (.gzip, 0, [0x1F, 0x8B]),
    (.bzip2, 0, Array("BZh".utf8)),
    (.xz, 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
    (.zstandard, 0, [0x28, 0xB5, 0x2F, 0xFD]),
    (.sevenZip, 0, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
    (.rar, 0, [0x52, 0x61, 0x72, 0x21, 0x1A, 7]),
    (.tar, 257, Array("ustar".utf8)),
    (.numPyArray, 0, [0x93] + Array("NUMPY".utf8)),
    (.gguf, 0, Array("GGUF".utf8)),
    (.hdf5, 0, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]),
    (.matlab, 0, Array("MATLAB 5.0 MAT-file".utf8)),
    (.parquet, 0, Array("PAR1".utf8)),
    (.arrow, 0, Array("ARROW1".utf8)),
    (.sqlite, 0, Array("SQLite format 3\0".utf8)),
    (.pdf, 0, Array("%PDF-".utf8)),
    (.gitLFSPointer, 0, Array("version https://git-lfs".utf8)),
    (.gitLFSPointer, 0, Array("version https://hawser.github.com/".utf8)),
    (.gitAnnexPointer, 0, Array("/annex/objects/".utf8)),
    (.program, 0, [0x7F, 0x45, 0x4C, 0x46]), (.program, 0, Array("#!/".utf8)),
  ]

  /// Formats whose few fixed bytes could be chance: they are known by what must follow.
  private static func structured(_ start: UnsafeRawBufferPointer) -> FileKind? {
    func number(_ offset: Int, bytes: Int) -> UInt64? {
      guard offset + bytes <= start.count else { return nil }
      return (0..<bytes).reversed().reduce(0) { $0 << 8 | UInt64(start[offset + $1]) }
    }
    // The size of the header that follows BMP's own is one of a few.
    if start.holds([0x42, 0x4D], at: 0), let size = number(14, bytes: 4), [12, 40, 52, 56, 64, 108, 124].contains(size)
    {
      return .bmp
    }
    if start.holds([0, 0], at: 0), let type = number(2, bytes: 1), let axes = number(3, bytes: 1),
      [8, 9, 11, 12, 13, 14].contains(type), (1...4).contains(axes)
    {
      return .idx
    }
    if start[0] == 0x80, let version = number(1, bytes: 1), (2...5).contains(version) { return .pickle }
    if let length = number(0, bytes: 8), (2...100_000_000).contains(length), start.holds(Array("{\"".utf8), at: 8) {
      return .safetensors
    }
    return nil
  }

  /// By the name of its first member.
  private static func zip(_ start: UnsafeRawBufferPointer) -> FileKind {
    guard start.count >= 30 else { return .zip }
    let name = String(decoding: start[30...].prefix(Int(start[26]) | Int(start[27]) << 8), as: UTF8.self)
    return name.hasSuffix(".npy") ? .npz : name.hasSuffix("/data.pkl") ? .torchArchive : .zip
  }

  private static func text(_ start: UnsafeRawBufferPointer) -> FileKind? {
    let mark = start.holds([0xEF, 0xBB, 0xBF], at: 0) ? 3 : 0
    let content = start[mark...].drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    let text = String(decoding: content, as: UTF8.self).lowercased()
    if ["<!doctype html", "<html", "<head", "<body", "<script"].contains(where: text.hasPrefix) { return .html }
    if text.hasPrefix("<svg") { return .svg }
    if text.hasPrefix("<?xml") {
      return text.contains("<svg") ? .svg : text.contains("<html") || text.contains("<!doctype html") ? .html : .xml
    }
    // "{" alone also begins much that is no JSON.
    let second = content.dropFirst().first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    return content.first == UInt8(ascii: "{") && (second == UInt8(ascii: "\"") || second == UInt8(ascii: "}"))
      ? .json : nil
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func holds(_ bytes: [UInt8], at offset: Int) -> Bool {
    offset + bytes.count <= count && self[offset..<offset + bytes.count].elementsEqual(bytes)
  }
}
