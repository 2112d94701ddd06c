import Basics
import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("Reading EDM pickles")
struct EDMPickleReaderTests {
  static let weight = (0..<36).map { Float($0) / 8 - 1 }

  @Test("every pickle protocol gives the same model", arguments: 2...5)
  func protocols(version: Int) throws {
    let checkpoint = try Fixtures.load("tiny-\(version).pkl")
    var song = SongUNetArchitecture(imageResolution: 8, inputChannels: 1, outputChannels: 1)
    song.labelDimension = 3
    song.modelChannels = 4
    song.channelMultipliers = [1, 2]
    song.blocks = 1
    song.attentionResolutions = [4]
    let expected = Architecture(
      preconditioning: .edm(sigmaData: 0.25), network: .song(song), imageResolution: 8, imageChannels: 1,
      labelDimension: 3)
    #expect(checkpoint.architecture == expected)
    #expect(checkpoint.tensors.keys.sorted() == ["model.enc.8x8_conv.bias", "model.enc.8x8_conv.weight"])
    let weight = try #require(checkpoint.tensors["model.enc.8x8_conv.weight"])
    #expect(weight.shape == [4, 1, 3, 3])
    #expect(weight.floats() == Self.weight)
    #expect(checkpoint.tensors["model.enc.8x8_conv.bias"]?.floats() == [1, 2, 3, 4])
    // Protocol 2 writes bytes as text, which has to be decoded; the others are views of the file.
    #expect((weight.file == nil) == (version == 2))
    #expect(checkpoint.parameterCount == 40)
    #expect(checkpoint.notes.labelDropout == 0.1)
    #expect(checkpoint.notes.sigmaMaximum == .infinity)
    #expect(checkpoint.notes.trainingSet == "a.B")
    #expect(checkpoint.digest.count == 64)
  }

  static let types: [(file: String, type: CheckpointTensor.ElementType, values: [Float])] = [
    ("tiny-half", .float16, [0.5, -1.5, 65504, 0x1p-24]),
    ("tiny-bfloat16", .bfloat16, [0.5, -1.5, Float(bitPattern: 0x7F61_0000), 0x1p-130]),
    ("tiny-double", .float64, [0.1, -1.5, 0x1p-140, 0]),
    ("tiny-untyped", .float16, [0.5, -1.5, 65504, 0x1p-24]),
    ("tiny-old", .float32, [1, 2, 3, 4]),
    ("tiny-storage-view", .float32, [1, 2, 3, 4]),
  ]

  @Test("every element type and shape of storage is converted exactly", arguments: types)
  func elementTypes(file: String, type: CheckpointTensor.ElementType, values: [Float]) throws {
    let bias = try #require(try Fixtures.load("\(file).pkl").tensors["model.enc.8x8_conv.bias"])
    #expect(bias.elementType == type)
    #expect(bias.floats() == values)
  }

  @Test("tensors may share a storage, with offsets and strides")
  func sharedStorage() throws {
    let tensors = try Fixtures.load("tiny-shared.pkl").tensors
    // as_strided(arange(48)[2:], (4, 1, 3, 3), (1, 0, 12, 4)).
    let expected = (0..<36).map { (place: Int) in
      let (filter, row, column) = (place / 9, place / 3 % 3, place % 3)
      return Float(2 + filter + 12 * row + 4 * column)
    }
    #expect(tensors["model.enc.8x8_conv.weight"]?.floats() == expected)
    #expect(tensors["model.enc.8x8_conv.weight"]?.isContiguous == false)
    #expect(tensors["model.enc.8x8_conv.bias"]?.floats() == [44, 45, 46, 47])
  }

  @Test(
    "positional arguments, and arguments given to the preconditioner only, mean the same network",
    arguments: ["tiny-positional", "tiny-outer-only"])
  func otherArguments(name: String) throws {
    #expect(try Fixtures.load("\(name).pkl").architecture == Fixtures.load("tiny-4.pkl").architecture)
  }

  @Test("the constants of the preconditioner are the stored ones")
  func constants() throws {
    let preconditioning = try Fixtures.load("tiny-vp.pkl").architecture.preconditioning
    #expect(preconditioning == .vp(betaD: 19.5, betaMin: 0.125, steps: 500))
  }

  @Test("what cannot be used is refused by name")
  func refusals() throws {
    let expectations = try Fixtures.json("expectations.json", as: [String: String].self)
    #expect(expectations.count > 50)
    for (name, problem) in expectations.sorted(by: { $0.key < $1.key }) {
      let error = #expect(throws: InputError.self, "\(name)") { try Fixtures.load(name) }
      #expect(error?.description.contains(problem) == true, "\(name): \(error?.description ?? "loaded")")
      #expect(error?.file == Fixtures.path(name), "\(name)")
      #expect(error?.location != nil, "\(name)")
    }
  }

  @Test("a tensor at fault is named")
  func namesTensor() throws {
    let error = #expect(throws: InputError.self) { try Fixtures.load("bad-nan.pkl") }
    #expect(error?.location == "tensor \"model.enc.8x8_conv.bias\"")
    #expect(error?.found == "nan at element 1")
  }

  @Test("a checkpoint cut anywhere is refused", arguments: ["tiny-2.pkl", "tiny-4.pkl"])
  func truncated(name: String) throws {
    let bytes = try Fixtures.bytes(name)
    let loaded = try Fixtures.withFolder { folder in
      try (0..<bytes.count).filter { try Fixtures.refusal(of: Array(bytes[..<$0]), in: folder) == nil }
    }
    #expect(loaded.isEmpty)
  }

  @Test(
    "flipped bytes lead to a model or an InputError, never to anything else",
    arguments: ["tiny-2.pkl", "tiny-4.pkl", "tiny-shared.pkl"])
  func flipped(name: String) throws {
    let original = try Fixtures.bytes(name)
    var generator = SplitMix(state: 7)
    let refused = try Fixtures.withFolder { folder in
      try (0..<600).filter { _ in
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        return try Fixtures.refusal(of: bytes, in: folder) != nil
      }
    }
    #expect(refused.count > 150)
  }
}

/// What an independent reader (Fixtures/checksums.py) found in a checkpoint.
struct ExpectedCheckpoint: Decodable, Sendable {
  struct Tensor: Decodable, Sendable {
    var shape: [Int]
    /// Sum, sum of squares, first and last value.
    var sums: [Double]
  }
  var parameters: Int
  var tensors: [String: Tensor]

  static func all() throws -> [String: ExpectedCheckpoint] {
    try Fixtures.json("checksums.json", as: [String: ExpectedCheckpoint].self)
  }

  func compare(_ checkpoint: Checkpoint) throws {
    let file = checkpoint.file
    #expect(checkpoint.parameterCount == parameters, "\(file)")
    #expect(Set(checkpoint.tensors.keys) == Set(tensors.keys), "\(file)")
    for (key, tensor) in checkpoint.tensors {
      let reference = try #require(tensors[key])
      #expect(tensor.shape == reference.shape, "\(file) \(key)")
      let values = tensor.floats().map(Double.init)
      let sum = values.reduce(0, +)
      let square = values.reduce(0) { $0 + $1 * $1 }
      // Sums of n doubles in another order differ by at most n·ε times the sum of magnitudes.
      let tolerance = 1e-12 * (1 + square + values.reduce(0) { $0 + abs($1) })
      for (value, reference) in zip([sum, square, values.first ?? .nan, values.last ?? .nan], reference.sums) {
        #expect(abs(value - reference) <= tolerance, "\(file) \(key)")
      }
    }
  }
}

@Suite("The bundled model")
struct BundledModelTests {
  @Test("it holds the original's weights and says what network they belong to")
  func bundled() throws {
    let path = Repository.root.appendingPathComponent("Resources/models/edm-mnist-32x32-cond.safetensors").path
    let checkpoint = try Checkpoint.load(path: path)
    let expected = try #require(try ExpectedCheckpoint.all()["models/edm-mnist-32x32-cond.pkl"])
    try expected.compare(checkpoint)
    #expect(checkpoint.architecture.imageShape == ImageShape(channels: 1, height: 32, width: 32))
    #expect(checkpoint.architecture.labelDimension == 10)
    #expect(checkpoint.notes.labelDropout == 0.1)
  }
}

@Suite("The original checkpoints", .enabled(if: Repository.shared != nil, "the development data folder is absent"))
struct OriginalCheckpointTests {
  @Test("every tensor has the shape and values that an independent reader finds")
  func checksums() throws {
    let shared = try #require(Repository.shared)
    let files = try ExpectedCheckpoint.all()
    #expect(files.count >= 9)
    for (name, expected) in files {
      try expected.compare(Checkpoint.load(path: shared.appendingPathComponent(name).path))
    }
  }

  @Test("converting the original gives the bundled file without its ranges for int8, byte for byte")
  func conversion() throws {
    let shared = try #require(Repository.shared)
    try Fixtures.withFolder { folder in
      let converted = folder.appendingPathComponent("converted.safetensors")
      try Checkpoint.load(path: shared.appendingPathComponent("models/edm-mnist-32x32-cond.pkl").path)
        .writeSafetensors(to: converted.path)
      let file = Repository.root.appendingPathComponent("Resources/models/edm-mnist-32x32-cond.safetensors")
      var bundled = try Checkpoint.load(path: file.path)
      let copy = folder.appendingPathComponent("copy.safetensors")
      try bundled.writeSafetensors(to: copy.path)
      #expect(try Data(contentsOf: copy) == Data(contentsOf: file))
      #expect(bundled.quantization?.inputs.count == 46)
      bundled.quantization = nil
      try bundled.writeSafetensors(to: copy.path)
      #expect(try Data(contentsOf: copy) == Data(contentsOf: converted))
    }
  }

  @Test("the architectures are those the networks were made with")
  func architectures() throws {
    let shared = try #require(Repository.shared)
    func load(_ name: String) throws -> Checkpoint {
      try Checkpoint.load(path: shared.appendingPathComponent(name).path)
    }
    let mnist = try load("models/edm-mnist-32x32-cond.pkl")
    #expect(mnist.parameterCount == 1_030_081)
    #expect(mnist.notes.labelDropout == 0.1)
    #expect(mnist.architecture.imageShape == ImageShape(channels: 1, height: 32, width: 32))
    let ve = try load("fixtures/edm/ncsnpp-cond-ve/model.pkl").architecture
    #expect(ve.preconditioning == .ve)
    guard case .song(let song) = ve.network else {
      Issue.record("not a SongUNet")
      return
    }
    #expect(song.embedding == .fourier)
    #expect(song.encoder == .residual)
    #expect(song.resampleFilter == [1, 3, 3, 1])
    #expect(song.noiseEmbeddingMultiplier == 2)
    #expect(song.augmentDimension == 9)
    let iddpm = try load("fixtures/edm/adm-cond-iddpm/model.pkl").architecture
    #expect(iddpm.preconditioning == .iddpm(c1: 0.001, c2: 0.008, steps: 1000))
    guard case .dhariwal(let dhariwal) = iddpm.network else {
      Issue.record("not a DhariwalUNet")
      return
    }
    #expect(dhariwal.outputChannels == 6)
    #expect(dhariwal.embeddingMultiplier == 4)
    #expect(dhariwal.blocks == 1)
  }
}
