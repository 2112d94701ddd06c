import Basics
import Checkpoints
import Foundation
import Testing

@Suite("Safetensors files")
struct SafetensorsTests {
  @Test(
    "writing and reading keeps architecture, notes, element types and every value",
    arguments: ["tiny-2", "tiny-4", "tiny-half", "tiny-bfloat16", "tiny-double", "tiny-shared", "tiny-vp"])
  func roundTrip(name: String) throws {
    try Fixtures.withFolder { folder in
      var original = try Fixtures.load("\(name).pkl")
      original.training = #"{"images": 3, "of": "\"here\""}"#
      let path = folder.appendingPathComponent("model.safetensors").path
      try original.writeSafetensors(to: path)
      let copy = try Checkpoint.load(path: path)
      #expect(copy.architecture == original.architecture)
      #expect(copy.notes == original.notes)
      #expect(copy.training == original.training)
      #expect(Set(copy.tensors.keys) == Set(original.tensors.keys))
      for (name, tensor) in original.tensors {
        #expect(copy.tensors[name]?.elementType == tensor.elementType)
        #expect(copy.tensors[name]?.shape == tensor.shape)
        #expect(copy.tensors[name]?.floats() == tensor.floats())
      }
      // Written again, the copy gives the same bytes, and nothing else is left in the folder.
      let again = folder.appendingPathComponent("again.safetensors").path
      try copy.writeSafetensors(to: again)
      #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }
  }

  @Test("every preconditioner and network survives its JSON")
  func architectureJSON() throws {
    var song = SongUNetArchitecture(imageResolution: 16, inputChannels: 3, outputChannels: 6)
    song.encoder = .residual
    song.decoder = .skip
    song.embedding = .fourier
    song.resampleFilter = [1, 3, 3, 1]
    let dhariwal = DhariwalUNetArchitecture(imageResolution: 64, inputChannels: 3, outputChannels: 3)
    let constants: [Preconditioning] = [
      .edm(sigmaData: 0.5), .vp(betaD: 19.9, betaMin: 0.1, steps: 1000), .ve, .iddpm(c1: 0.001, c2: 0.008, steps: 1000),
    ]
    for (preconditioning, network) in zip(
      constants,
      [.song(song), .dhariwal(dhariwal), .song(song), .dhariwal(dhariwal)]
        as [Architecture.Network])
    {
      let architecture = Architecture(
        preconditioning: preconditioning, network: network, imageResolution: 16, imageChannels: 3, labelDimension: 0)
      let data = try JSONEncoder().encode(architecture)
      #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
    }
  }

  @Test("a file that cannot be written leaves nothing behind")
  func unwritable() throws {
    let checkpoint = try Fixtures.load("tiny-4.pkl")
    let missing = "/nonexistent-folder/model.safetensors"
    let error = #expect(throws: InputError.self) { try checkpoint.writeSafetensors(to: missing) }
    #expect(error?.file == missing)
    try Fixtures.withFolder { folder in
      // The target is a folder: the data are written, the last step fails, the temporary file goes.
      let target = folder.appendingPathComponent("taken")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: false)
      #expect(throws: InputError.self) { try checkpoint.writeSafetensors(to: target.path) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
    }
  }

  /// A file with this header and `dataCount` bytes of zeros.
  static func file(_ header: String, dataCount: Int, length: UInt64? = nil) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian, Array.init) + text
      + [UInt8](repeating: 0, count: dataCount)
  }

  static let one = #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#
  static let hostile: [(header: String, count: Int, problem: String)] = [
    ("{\(one)}", 8, "ndc convert"),
    ("{\(one),\(one)}", 8, "occurs twice"),
    ("{\(one)}", 12, "do not fill the file"),
    ("{\(one)}", 4, "do not fill the file"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "leaves a hole"),
    (#"{\#(one),"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "overlaps"),
    (#"{\#(one),"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#, 16, "leaves a hole"),
    (#"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#, 8, "unknown element type"),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "do not fit the shape"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "impossible shape"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#, 8, "impossible shape"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387903],"data_offsets":[0,8]}}"#, 8, "impossible shape"),
    (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}"#, 8, "impossible shape"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "impossible data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}"#, 8, "wrong fields"),
    (#"{"a":5}"#, 8, "wrong fields"),
    (#"{"__metadata__":{"x":1}}"#, 0, "metadata that is no text"),
    (#"{"__metadata__":[]}"#, 0, "no JSON object"),
    ("{\"a\":" + String(repeating: "[", count: 5000), 0, "nested too deeply"),
    ("{\"a\":nul}", 0, "not JSON"),
    ("{\"a\":1}x", 0, "follows the JSON"),
    ("{\"a", 0, "cut off"),
    ("{\"\\ud800\":1}", 0, "half a character"),
    (#"{"__metadata__":{"ndc.architecture":"{}"}}"#, 0, "unknown version"),
    (#"{"__metadata__":{"ndc.format":"1","ndc.architecture":"{}"}}"#, 0, "cannot be read"),
    (#"{"__metadata__":{"ndc.format":"1","ndc.architecture":"[[["}}"#, 0, "cannot be read"),
  ]

  @Test("hostile headers are refused", arguments: hostile)
  func hostileHeaders(header: String, count: Int, problem: String) throws {
    try Fixtures.withFolder { folder in
      let error = try #require(
        try Fixtures.refusal(of: Self.file(header, dataCount: count), in: folder), "\(header) loads")
      #expect(error.description.contains(problem), "\(error)")
    }
  }

  @Test("an architecture field out of range or not understood is refused by name")
  func hostileArchitecture() throws {
    try Fixtures.withFolder { folder in
      let path = folder.appendingPathComponent("model.safetensors")
      try Fixtures.load("tiny-4.pkl").writeSafetensors(to: path.path)
      let original = Array(try Data(contentsOf: path))
      // Of equal lengths, so that the header's own length stays true.
      let changes = [
        (#"\"blocks\":1"#, #"\"blocks\":0"#, "num_blocks"), (#"\"blocks\""#, #"\"blockz\""#, "blocks"),
        (#"\"kind\":\"EDM\""#, #"\"kind\":\"EDN\""#, "kind"),
        (#"\"imageChannels\":1"#, #"\"imageChannels\":9"#, "in_channels"),
        (#"\"decoder\":\"standard\","#, #"\"decoder\":\"standart\","#, "decoder"),
        (#"\"labelDimension\":3,\"network"#, #"\"labelDimension\":4,\"network"#, "label_dim"),
        (#"{\"imageChannels\":"#, #"{\"imageChannelz\":"#, "imageChannels"),
      ]
      for (from, to, name) in changes {
        #expect(from.utf8.count == to.utf8.count)
        var bytes = original
        bytes.replaceSubrange(try #require(bytes.firstRange(of: Array(from.utf8)), "\(from)"), with: Array(to.utf8))
        let error = try #require(try Fixtures.refusal(of: bytes, in: folder), "\(to) loads")
        #expect(error.description.contains(name), "\(error)")
      }
      // An option of a later version: whoever does not understand it must not ignore it.
      let (from, to) = (#"{\"imageChannels\""#, #"{\"zoom\":2,\"imageChannels\""#)
      var bytes = original
      bytes.replaceSubrange(try #require(bytes.firstRange(of: Array(from.utf8))), with: Array(to.utf8))
      bytes.replaceSubrange(
        0..<8, with: withUnsafeBytes(of: UInt64(original.withUnsafeBytes { $0.load(as: UInt64.self) } + 11), Array.init)
      )
      let error = try #require(try Fixtures.refusal(of: bytes, in: folder), "an unknown option loads")
      #expect(error.description.contains("field \"zoom\""), "\(error)")
    }
  }

  @Test("a file cut anywhere is refused; flipped bytes lead to a model or an InputError")
  func damaged() throws {
    try Fixtures.withFolder { folder in
      let path = folder.appendingPathComponent("model.safetensors")
      try Fixtures.load("tiny-half.pkl").writeSafetensors(to: path.path)
      let original = Array(try Data(contentsOf: path))
      let loaded = try (0..<original.count).filter {
        try Fixtures.refusal(of: Array(original[..<$0]), in: folder) == nil
      }
      #expect(loaded.isEmpty)
      var generator = SplitMix(state: 3)
      let refused = try (0..<600).filter { _ in
        var bytes = original
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        return try Fixtures.refusal(of: bytes, in: folder) != nil
      }
      #expect(refused.count > 150)
    }
  }
}
