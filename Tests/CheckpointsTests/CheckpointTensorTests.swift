import Basics
import Checkpoints
import Testing

@Suite("Tensors of a checkpoint")
struct CheckpointTensorTests {
  @Test("every half-precision number converts exactly")
  func halves() {
    // Two halves at a time share a float's memory; Swift's own conversion is the reference.
    let all = (0...UInt16.max).map { $0 }
    let packed = stride(from: 0, to: all.count, by: 2).map {
      Float(bitPattern: UInt32(all[$0]) | UInt32(all[$0 + 1]) << 16)
    }
    let source = CheckpointTensor(packed, shape: [packed.count]).source
    let halves = CheckpointTensor(elementType: .float16, shape: [65536], offset: 0, source: source)
    let values = halves.floats()
    for bits in all {
      let expected = Float(Float16(bitPattern: bits))
      let value = values[Int(bits)]
      guard value.bitPattern != expected.bitPattern, !(value.isNaN && expected.isNaN) else { continue }
      Issue.record("half \(bits) became \(value)")
    }
    #expect(halves.firstNonFinite()?.index == 0x7C00)
  }

  @Test("strided and unaligned views give C order")
  func strided() {
    let source = CheckpointTensor((0..<24).map { Float($0) }, shape: [24]).source
    let transposed = CheckpointTensor(
      elementType: .float32, shape: [2, 3, 4], strides: [12, 1, 3], offset: 0, source: source)
    #expect(!transposed.isContiguous)
    let expected = (0..<24).map { (place: Int) in
      let (plane, row, column) = (place / 12, place / 4 % 3, place % 4)
      return Float(12 * plane + row + 3 * column)
    }
    #expect(transposed.floats() == expected)
    let unaligned = CheckpointTensor(elementType: .bfloat16, shape: [3], offset: 1, source: source)
    #expect(unaligned.floats().count == 3)
    let scalar = CheckpointTensor(elementType: .float32, shape: [], offset: 20, source: source)
    #expect(scalar.floats() == [5])
    let empty = CheckpointTensor(elementType: .float32, shape: [0, 5], offset: 96, source: source)
    #expect(empty.floats() == [])
    #expect(empty.firstNonFinite() == nil)
  }

  @Test("the first value that is not finite is found wherever it hides", arguments: [0, 1, 4095, 5000])
  func nonFinite(index: Int) {
    var values = [Float](repeating: 1, count: 5001)
    #expect(CheckpointTensor(values, shape: [5001]).firstNonFinite() == nil)
    values[index] = index.isMultiple(of: 2) ? .nan : -.infinity
    #expect(CheckpointTensor(values, shape: [5001]).firstNonFinite()?.index == index)
  }
}

@Suite("Handing out tensors")
struct TensorInventoryTests {
  static func inventory() throws -> TensorInventory { TensorInventory(try Fixtures.load("tiny-4.pkl")) }
  static let weight = "model.enc.8x8_conv.weight"
  static let bias = "model.enc.8x8_conv.bias"

  @Test("when all are taken, the network is complete")
  func complete() throws {
    let inventory = try Self.inventory()
    #expect(try inventory.take(Self.weight, shape: [4, 1, 3, 3]).count == 36)
    #expect(try inventory.takeIfPresent(Self.bias, shape: [4])?.floats() == [1, 2, 3, 4])
    #expect(try inventory.takeIfPresent("model.other", shape: [4]) == nil)
    try inventory.finish()
  }

  @Test("a tensor left over is named")
  func unused() throws {
    let inventory = try Self.inventory()
    _ = try inventory.take(Self.weight, shape: [4, 1, 3, 3])
    let error = #expect(throws: InputError.self) { try inventory.finish() }
    #expect(error?.found?.contains(Self.bias) == true)
    #expect(error?.file == inventory.file)
  }

  @Test("a missing tensor is named")
  func missing() throws {
    let error = #expect(throws: InputError.self) { try Self.inventory().take("model.none", shape: [1, 2]) }
    #expect(error?.location == "tensor \"model.none\"")
    #expect(error?.expected == "shape [1, 2]")
  }

  @Test("a tensor of another shape is refused with both shapes")
  func shape() throws {
    let error = #expect(throws: InputError.self) { try Self.inventory().take(Self.bias, shape: [5]) }
    #expect(error?.expected == "shape [5]")
    #expect(error?.found == "[4]")
  }
}
