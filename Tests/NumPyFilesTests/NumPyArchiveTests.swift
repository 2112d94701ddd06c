import Basics
import Foundation
import NumPyFiles
import Testing

@Suite("Reading .npz archives")
struct NumPyArchiveTests {
  @Test("stored and deflated members are read", arguments: ["stored", "deflated"])
  func members(name: String) throws {
    let archive = try NumPyArchive(contentsOf: FixtureFolder.path("\(name).npz"))
    #expect(archive.names == ["x", "y"])
    #expect(try archive.array(named: "x").doubles() == NumPyArrayReadingTests.expected(.float32))
    #expect(try archive.array(named: "y").integers() == [3, 1, 2])
  }

  @Test("sizes and offsets in zip64 fields are read")
  func zip64() throws {
    let archive = try NumPyArchive(contentsOf: FixtureFolder.path("zip64.npz"))
    #expect(try archive.array(named: "y").integers() == [3, 1, 2])
  }

  @Test("an absent array is an input error that lists the present ones")
  func absentArray() throws {
    let archive = try NumPyArchive(contentsOf: FixtureFolder.path("stored.npz"))
    let error = try #require(throws: InputError.self) { try archive.array(named: "z") }
    #expect(error.description.contains("stored.npz") && error.description.contains("x, y"))
  }

  @Test(
    "a cut archive is refused, a changed byte is found by the checksum or changes no value",
    arguments: [
      "stored", "deflated", "zip64",
    ])
  func damaged(name: String) throws {
    let (flipped, cut) = FixtureFolder.damaged(try FixtureFolder.bytes("\(name).npz"), masks: [0xFF])
    try FixtureFolder.withTemporary { folder in
      let url = folder.appendingPathComponent("damaged.npz")
      for bytes in cut {
        try FixtureFolder.write(bytes, to: url)
        #expect(throws: InputError.self) { try NumPyArchive(contentsOf: url.path) }
      }
      var refused = 0
      for bytes in flipped {
        try FixtureFolder.write(bytes, to: url)
        do {
          #expect(try NumPyArchive(contentsOf: url.path).array(named: "y").integers() == [3, 1, 2])
        } catch {
          #expect(error is InputError)
          refused += 1
        }
      }
      #expect(refused > flipped.count / 4)
    }
  }

  /// Changes bytes of the deflated fixture's directory entry of `y`, found by its name's last occurrence.
  private func changed(_ offset: Int, _ values: [UInt8]) throws -> InputError? {
    var bytes = try FixtureFolder.bytes("deflated.npz")
    let name = Array("y.npy".utf8)
    let at = try #require((0..<bytes.count - 5).last { Array(bytes[$0..<$0 + 5]) == name }) - 46
    bytes.replaceSubrange(at + offset..<at + offset + values.count, with: values)
    return try FixtureFolder.withTemporary { folder in
      let url = folder.appendingPathComponent("hostile.npz")
      try FixtureFolder.write(bytes, to: url)
      do {
        _ = try NumPyArchive(contentsOf: url.path).array(named: "y")
        return nil
      } catch let error as InputError {
        return error
      }
    }
  }

  @Test(
    "hostile directories are refused: sizes, offsets, methods, encryption, names",
    arguments: [
      // 3 GB from a few hundred bytes, a byte too few, a byte too many.
      (24, [0, 0, 0, 0xC0], "cannot hold"), (24, [151, 0, 0, 0], "does not match"),
      (24, [153, 0, 0, 0], "expected 153 bytes, found 152"),
      (20, [0xF0, 0xFF, 0xFF, 0xFF], "outside the file"), (42, [0xF0, 0xFF, 0xFF, 0x7F], "outside the file"),
      (42, [1, 0, 0, 0], "header is missing"), (10, [12, 0], "unknown compression"), (8, [1, 0], "encrypted"),
      (46, [UInt8(ascii: "x")], "appears twice"), (16, [0], "checksum"),
    ] as [(Int, [UInt8], String)])
  func hostile(offset: Int, values: [UInt8], message: String) throws {
    let error = try changed(offset, values)
    #expect(try #require(error).description.contains(message))
    #expect(try changed(0, []) == nil)
  }
}
