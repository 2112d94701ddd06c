import Basics
import Pickles
import Testing

@Suite("NumPy arrays in pickles")
struct PickledArrayTests {
  @Test(
    "a CIFAR-10 batch reads the same from Python 2 and every protocol of Python 3",
    arguments: ["python2", "python3-2", "python3-3", "python3-4", "python3-5"])
  func batch(name: String) throws {
    let batch = try PickleReader.read(file: Fixture.file("batch-\(name).pkl"))
    let array = try #require(try batch["data"]?.numpyArray())
    #expect(array.elementType == "|u1")
    #expect(array.shape == [2, 3072])
    #expect(!array.isFortranOrder)
    #expect(array.bytes.array == (0..<6144).map { UInt8($0 * 7 % 256) })
    #expect(batch["labels"]?.sequence?.map(\.integer) == [6, 9])
  }

  @Test("orders, byte orders, empty arrays and scalars of NumPy are understood", arguments: 2...5)
  func arrays(version: Int) throws {
    let value = try PickleReader.read(file: Fixture.file("arrays-\(version).pkl"))
    let fortran = try #require(try value["fortran"]?.numpyArray())
    #expect(fortran.isFortranOrder)
    #expect(fortran.elementType == "<f4")
    let floats = fortran.bytes.withUnsafeBytes { bytes in
      (0..<6).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
    #expect(floats == [0, 3, 1, 4, 2, 5])
    let big = try #require(try value["big endian"]?.numpyArray())
    #expect(big.elementType == ">i2")
    #expect(big.bytes.array == [0, 0, 0, 1, 0, 2])
    let empty = try #require(try value["empty"]?.numpyArray())
    #expect(empty.shape == [0, 4])
    let scalars = try #require(value["scalars"]?.sequence)
    #expect(scalars.map(\.number) == [0.25, -1.5, -7, 200, nil, 2.5])
    #expect(scalars.map(\.integer) == [nil, nil, -7, 200, nil, nil])
    #expect(scalars[4].bool == true)
  }

  @Test("an array of Python objects is refused")
  func objects() throws {
    let value = try PickleReader.read(file: Fixture.file("objects-array.pkl"))
    #expect(throws: InputError.self) { try value.numpyArray() }
  }

  @Test("an array whose bytes do not fit its shape is refused")
  func wrongSize() throws {
    var bytes = try Fixture.bytes("batch-python2.pkl")
    // BININT2 3072 of the shape becomes 3071.
    let shape = try #require(bytes.firstRange(of: [0x4B, 2, 0x4D, 0x00, 0x0C]))
    bytes.replaceSubrange(shape, with: [0x4B, 2, 0x4D, 0xFF, 0x0B])
    let value = try PickleReader.read(ByteSource(name: "damaged", bytes: bytes)).root
    let error = #expect(throws: InputError.self) { try value["data"]?.numpyArray() }
    #expect(error?.expected == "6142 bytes")
    #expect(error?.found == "6144")
  }
}
