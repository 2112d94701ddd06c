import Basics
import Testing

@Suite("What a file is by its first bytes")
struct FileKindTests {
  private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  static let samples: [(FileKind, [UInt8])] = [
    (.empty, []),
    (.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]),
    (.jpeg, [0xFF, 0xD8, 0xFF, 0xE1]),
    (.gif, ascii("GIF89a") + [1, 0]),
    (.webP, ascii("RIFF") + [0x24, 0, 0, 0] + ascii("WEBPVP8 ")),
    (.bmp, ascii("BM") + [0x46, 0, 0, 0, 0, 0, 0, 0, 0x36, 0, 0, 0, 40, 0, 0, 0]),
    (.tiff, ascii("II") + [0x2A, 0, 8, 0, 0, 0]), (.tiff, ascii("MM") + [0, 0x2A, 0, 0, 0, 8]),
    (.avif, [0, 0, 0, 32] + ascii("ftypavif")), (.heic, [0, 0, 0, 24] + ascii("ftypheic")),
    (.video, [0, 0, 0, 24] + ascii("ftypisom")),
    (.html, ascii("\n <!DOCTYPE HTML><html>")), (.html, [0xEF, 0xBB, 0xBF] + ascii("<html lang=en>")),
    (.gitLFSPointer, ascii("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")),
    (.gitAnnexPointer, ascii("/annex/objects/SHA256E-s31390--f50d7ac4.png")),
    (.zip, [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [5, 0, 0, 0] + ascii("a.png")),
    (.npz, [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [5, 0, 0, 0] + ascii("x.npy")),
    (
      .torchArchive, [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [16, 0, 0, 0] + ascii("archive/data.pkl")
    ),
    (.tar, [UInt8](repeating: 0, count: 257) + ascii("ustar  ")),
    (.gzip, [0x1F, 0x8B, 8]), (.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]), (.pdf, ascii("%PDF-1.7")),
    (.numPyArray, [0x93] + ascii("NUMPY") + [1, 0]), (.idx, [0, 0, 8, 3, 0, 0, 0, 5]), (.pickle, [0x80, 2, 0x7D]),
    (.safetensors, [0x40, 0, 0, 0, 0, 0, 0, 0] + ascii("{\"a\":")),
    (.hdf5, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]), (.parquet, ascii("PAR1")),
    (.json, ascii("{ \"message\": \"Not Found\" }")), (.xml, ascii("<?xml version=\"1.0\"?><Error>")),
  ]

  @Test("a kind is known whatever the file is called", arguments: samples)
  func known(kind: FileKind, bytes: [UInt8]) {
    #expect(bytes.withUnsafeBytes { FileKind($0) } == kind)
    #expect(bytes.withUnsafeBytes { FileKind.describe($0) }.hasPrefix(kind.name))
  }

  @Test("no beginning of a known file is out of bounds")
  func cut() {
    for (_, bytes) in Self.samples {
      for count in 0...bytes.count { _ = bytes[..<count].withUnsafeBytes { FileKind.describe($0) } }
    }
  }

  @Test("a pointer is described with what fetches its file, a text by its beginning, other content by its bytes")
  func description() {
    func describe(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { FileKind.describe($0) } }
    #expect(describe(Self.ascii("version https://git-lfs.github.com/spec/v1")).contains("git lfs pull"))
    #expect(describe(Self.ascii("404: Not Found\nmore")) == "a text that begins \"404: Not Found\"")
    #expect(describe([1, 0x2B, 0xFF]) == "bytes 01 2B FF")
    // An escape sequence must not reach a terminal.
    #expect(describe([0x1B] + Self.ascii("[2J")) == "bytes 1B 5B 32 4A")
  }
}
