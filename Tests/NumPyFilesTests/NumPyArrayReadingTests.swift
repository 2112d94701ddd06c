import Basics
import NumPyFiles
import Testing

@Suite("Reading .npy files")
struct NumPyArrayReadingTests {
  static let types = NumPyElementType.allCases

  /// What make_fixtures.py put there.
  static func expected(_ type: NumPyElementType) -> [Double] {
    (0..<12).map { index in
      let base = Double(index * 7 % 11)
      switch type.rawValue.first {
      case "b": return base > 4 ? 1 : 0
      case "u": return base
      case "f": return base - 2 + 0.25
      default: return base - 2
      }
    }
  }

  static func parse(_ bytes: [UInt8]) throws -> NumPyArray {
    try bytes.withUnsafeBytes { try NumPyArray(parsing: $0, named: "test.npy") }
  }

  /// A version 1 file with any header and values.
  static func file(_ header: String, values: [UInt8] = []) -> [UInt8] {
    let text = Array(header.utf8)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text + values
  }

  @Test("every type is read, little-endian in C order and big-endian in Fortran order", arguments: types)
  func everyType(type: NumPyElementType) throws {
    for kind in ["little-c", "big-fortran"] {
      let array = try NumPyArray(contentsOf: FixtureFolder.path("\(kind)-\(type.rawValue).npy"))
      #expect(array.shape == [2, 3, 2])
      #expect(array.elementType == type)
      #expect(try array.doubles() == Self.expected(type), "\(kind)")
      #expect(try array.floats() == Self.expected(type).map { Float($0) })
    }
  }

  @Test("versions 2 and 3 are read", arguments: [2, 3])
  func versions(version: Int) throws {
    let array = try NumPyArray(contentsOf: FixtureFolder.path("version-\(version).npy"))
    #expect(try array.doubles() == Self.expected(.float32))
  }

  @Test("scalars, vectors and empty arrays keep their shapes")
  func shapes() throws {
    let scalar = try NumPyArray(contentsOf: FixtureFolder.path("scalar.npy"))
    #expect(scalar.shape == [])
    #expect(try scalar.doubles() == [1.5])
    let vector = try NumPyArray(contentsOf: FixtureFolder.path("vector.npy"))
    #expect(vector.shape == [3])
    #expect(try vector.integers() == [1, 2, 3])
    let empty = try NumPyArray(contentsOf: FixtureFolder.path("empty.npy"))
    #expect(empty.shape == [0, 3])
    #expect(try empty.floats() == [])
  }

  @Test(
    "objects, text, complex and structured types are refused", arguments: ["objects", "text", "complex", "structured"])
  func refusedTypes(name: String) throws {
    let error = try #require(throws: InputError.self) {
      try NumPyArray(contentsOf: FixtureFolder.path("\(name).npy"))
    }
    #expect(error.description.contains("\(name).npy"))
    #expect(error.description.contains("refused"))
  }

  @Test(
    "a header that is not exactly NumPy's is refused",
    arguments: [
      "", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), 'more': 1}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (0,)}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (0,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': 0}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (0)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} x",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (0, }",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (0,)}",
      "{'descr': '|f4', 'fortran_order': False, 'shape': (0,)}",
      "{'descr': 'f4', 'fortran_order': False, 'shape': (0,)}",
      "{'descr': '<f3', 'fortran_order': False, 'shape': (0,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 0)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2, 0)}",
      "{'descr': __import__('os'), 'fortran_order': False, 'shape': (0,)}",
    ])
  func badHeaders(header: String) {
    #expect(throws: InputError.self) { try Self.parse(Self.file(header)) }
  }

  @Test("spaces, double quotes and Python 2's long integers are read")
  func lenientHeaders() throws {
    let header = "{ \"descr\" : '<u1' ,'fortran_order':True,'shape':(2L,1L) }\n"
    #expect(try Self.parse(Self.file(header, values: [5, 6])).integers() == [5, 6])
  }

  @Test(
    "a size that the file does not have is refused before memory is taken",
    arguments: ["(4611686018427387904,)", "(1099511627776,)", "(3,)", "(1,)", "(2, 2305843009213693952)"])
  func hugeSizes(shape: String) throws {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': \(shape)}"
    let error = try #require(throws: InputError.self) {
      try Self.parse(Self.file(header, values: [UInt8](repeating: 0, count: 16)))
    }
    #expect(error.description.contains("test.npy"))
    #expect(error.description.contains("found 16"))
  }

  @Test(
    "a file cut anywhere is an input error, a changed byte never a crash", arguments: ["big-fortran-f8", "version-3"])
  func damaged(name: String) throws {
    let (flipped, cut) = FixtureFolder.damaged(try FixtureFolder.bytes("\(name).npy"))
    for bytes in cut { #expect(throws: InputError.self) { try Self.parse(bytes) } }
    for bytes in flipped {
      do { _ = try Self.parse(bytes) } catch { #expect(error is InputError) }
    }
  }

  @Test("an absent file and a folder are input errors that name the path")
  func absent() throws {
    for path in ["/nonexistent/x.npy", FixtureFolder.path("")] {
      let error = try #require(throws: InputError.self) { try NumPyArray(contentsOf: path) }
      #expect(error.file == path)
    }
  }
}
