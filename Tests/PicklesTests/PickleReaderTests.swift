import Basics
import Foundation
import Pickles
import TestSupport
import Testing

@Suite("Reading pickles")
struct PickleReaderTests {
  @Test("Python's own pickles of every protocol mean what Python wrote", arguments: 0...5)
  func values(version: Int) throws {
    let value = try PickleReader.read(file: Fixture.file("values-\(version).pkl"))
    #expect(value["none"]?.isNone == true)
    #expect(value["true"]?.bool == true)
    #expect(value["false"]?.bool == false)
    let integers = [
      0, 1, 255, 256, 65535, 65536, -1, -129, 2_147_483_647, -2_147_483_648, 2_147_483_648, Int.max, Int.min,
    ]
    #expect(value["ints"]?.sequence?.map(\.integer) == integers)
    #expect(value["floats"]?.sequence?.map(\.number) == [0, -0.5, 1e300, 3.141592653589793])
    #expect(value["text"]?.text == "grün 𝄞 \\ 'quoted'\n")
    #expect(value["empty"]?.text == "")
    #expect(value["long"]?.text == String(repeating: "x", count: 300))
    #expect(
      value["tuples"]?.sequence?.map { $0.sequence?.map(\.integer) } == [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]])
    #expect(value["nested"]?["a"]?["b"]?.sequence?.first?["c"]?.integer == 1)
    let keyed = value.entries?.first { $0.key.sequence?.last?.text == "key" }
    #expect(keyed?.value.text == "tuple key")
    let shared = try #require(value["shared"]?.sequence)
    #expect(shared[0].identity == shared[1].identity)
    #expect(value["ordered"]?.entries?.map(\.key.text) == ["z", "a"])
    #expect(value["ordered"]?["a"]?.integer == 2)
    #expect(try value["bytes"]?.rawBytes()?.array == Array(0...255))
    #expect(try value["no bytes"]?.rawBytes()?.count == 0)
  }

  @Test("an integer beyond 64 bits keeps its bytes", arguments: 2...5)
  func bigInteger(version: Int) throws {
    let value = try PickleReader.read(file: Fixture.file("values-\(version).pkl"))
    guard case .bigInteger(let bytes)? = value["big"]?.kind else {
      Issue.record("no big integer")
      return
    }
    #expect(bytes.array == [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19])
  }

  @Test("an unknown class becomes an inert object with its state", arguments: 2...5)
  func unknownClass(version: Int) throws {
    let object = try #require(try PickleReader.read(file: Fixture.file("values-\(version).pkl"))["object"]?.object)
    #expect(object.callable.globalName == "elsewhere.Plain")
    #expect(object.state?["answer"]?.integer == 42)
  }

  @Test("a set keeps its elements", arguments: 4...5)
  func sets(version: Int) throws {
    let value = try PickleReader.read(file: Fixture.file("values-\(version).pkl"))
    guard case .set(let elements)? = value["set"]?.kind else {
      Issue.record("no set")
      return
    }
    #expect(elements.map(\.integer) == [7])
  }

  @Test("bytes are a range of the file, not a copy")
  func bytesAreViews() throws {
    let file = try Fixture.file("values-4.pkl")
    let bytes = try #require(try PickleReader.read(file: file)["bytes"]?.rawBytes())
    #expect(bytes.source.file === file)
    #expect(withExtendedLifetime(file) { file.bytes[bytes.range].elementsEqual(0...255) })
  }

  @Test("a list that contains itself is read and released")
  func cycle() throws {
    let list = try PickleReader.read(file: Fixture.file("cycle.pkl"))
    let inner = list.sequence?.first?["self"]
    #expect(inner?.identity == list.identity)
    #expect(list.pickle.reaching { $0.entries != nil }.contains(true))
  }

  @Test("several pickles in a row are read one after the other")
  func sequence() throws {
    let source = ByteSource(name: "two", bytes: Array("\u{4B}".utf8) + [5, 0x2E, 0x4B, 6, 0x2E])
    let first = try PickleReader.read(source)
    let second = try PickleReader.read(source, range: first.end..<source.bytes.count)
    #expect(first.root.integer == 5)
    #expect(second.root.integer == 6)
    #expect(second.end == source.bytes.count)
  }
}

enum Fixture {
  static func file(_ name: String) throws -> MappedFile {
    try MappedFile(path: Repository.root.appendingPathComponent("Tests/PicklesTests/Fixtures/\(name)").path)
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    let file = try file(name)
    return withExtendedLifetime(file) { Array(file.bytes) }
  }
}
