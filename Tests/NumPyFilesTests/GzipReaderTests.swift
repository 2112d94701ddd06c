import Basics
import NumPyFiles
import Testing

@Suite("Reading gzip files")
struct GzipReaderTests {
  static let content = (0..<300).map { UInt8($0 * $0 % 251) }

  private func decompress(_ bytes: [UInt8], pieces: [Int]) throws -> [UInt8] {
    try bytes.withUnsafeBytes { bytes in
      var reader = GzipReader(bytes)
      var content: [UInt8] = []
      for piece in pieces { content += try reader.read(piece) }
      try reader.requireEnd()
      return content
    }
  }

  @Test(
    "several members are one content, whatever the pieces", arguments: [[300], [16, 284], [200, 100], [199, 2, 99]])
  func members(pieces: [Int]) throws {
    #expect(try decompress(FixtureFolder.bytes("two-members.gz"), pieces: pieces) == Self.content)
  }

  @Test("content that is shorter or longer than asked for is refused")
  func bounds() throws {
    let bytes = try FixtureFolder.bytes("two-members.gz")
    #expect(throws: InputError.self) { try decompress(bytes, pieces: [299]) }
    #expect(throws: InputError.self) { try decompress(bytes, pieces: [301]) }
    // Refused by the ratio, not by running out of memory.
    #expect(throws: InputError.self) { try decompress(bytes, pieces: [1 << 50]) }
  }

  @Test("a cut file is an input error with the offset")
  func cut() throws {
    let bytes = try FixtureFolder.bytes("two-members.gz")
    // The last four bytes are padding.
    for count in 0..<bytes.count - 4 {
      let error = try #require(throws: InputError.self) { try decompress(Array(bytes[..<count]), pieces: [300]) }
      #expect(error.location?.contains("offset") == true || count < 2)
    }
  }

  @Test("a changed byte is found by the checksum or changes nothing")
  func flipped() throws {
    let bytes = try FixtureFolder.bytes("two-members.gz")
    for changed in FixtureFolder.damaged(bytes).flipped {
      do {
        #expect(try decompress(changed, pieces: [300]) == Self.content)
      } catch {
        #expect(error is InputError)
      }
    }
  }
}
