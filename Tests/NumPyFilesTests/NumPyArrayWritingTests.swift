import Basics
import Foundation
import NumPyFiles
import Testing

@Suite("Writing .npy files")
struct NumPyArrayWritingTests {
  @Test(
    "a file read and written again is byte for byte what NumPy saved",
    arguments: NumPyElementType.allCases.map { "little-c-\($0.rawValue)" } + ["scalar", "vector", "empty"])
  func sameBytes(name: String) throws {
    let array = try NumPyArray(contentsOf: FixtureFolder.path("\(name).npy"))
    try FixtureFolder.withTemporary { folder in
      let path = folder.appendingPathComponent("out.npy").path
      try array.write(to: path)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(FixtureFolder.bytes("\(name).npy")))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.npy"])
    }
  }

  @Test("an existing file is replaced, and a symbolic link is followed")
  func replacing() throws {
    try FixtureFolder.withTemporary { folder in
      let file = folder.appendingPathComponent("a.npy").path
      let link = folder.appendingPathComponent("link.npy").path
      try NumPyArray(shape: [1], [1] as [Float]).write(to: file)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
      try NumPyArray(shape: [1], [2] as [Int64]).write(to: link)
      #expect(try NumPyArray(contentsOf: file).integers() == [2])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == file)
    }
  }

  @Test("a path that cannot be written is an input error that names it, and leaves nothing behind")
  func unwritable() throws {
    let array = NumPyArray(shape: [1], [1] as [Double])
    try FixtureFolder.withTemporary { folder in
      // A folder that does not exist, a folder in the file's place, a file in the folder's place.
      let blocked = folder.appendingPathComponent("blocked")
      try FileManager.default.createDirectory(at: blocked, withIntermediateDirectories: true)
      try array.write(to: folder.appendingPathComponent("file").path)
      for name in ["absent/x.npy", "blocked", "file/x.npy"] {
        let path = folder.appendingPathComponent(name).path
        let error = try #require(throws: InputError.self) { try array.write(to: path) }
        #expect(error.file == path)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["blocked", "file"])
    }
  }
}
