import Basics
import Checkpoints
import Foundation
import Testing

/// Files that Fixtures/make_checkpoints.py and make_state_dictionaries.py wrote.
@Suite("Reading EDM2's files")
struct EDM2ReaderTests {
  private static func network(_ checkpoint: Checkpoint) throws -> EDM2UNetArchitecture {
    guard case .edm2(let unet) = checkpoint.architecture.network else {
      throw InputError("\(checkpoint.architecture.network)")
    }
    return unet
  }

  private static func items(_ checkpoint: Checkpoint) -> [String: String] {
    Dictionary(
      (checkpoint.notes.description ?? []).map { ($0.key, "\($0.value) (\($0.origin))") }, uniquingKeysWith: { $1 })
  }

  @Test(
    "a pickle's arguments are the network, whatever their spelling",
    arguments: ["edm2-2", "edm2-4", "edm2-positional", "edm2-no-encoder"])
  func pickles(name: String) throws {
    let checkpoint = try Fixtures.load("\(name).pkl")
    var unet = EDM2UNetArchitecture(imageResolution: 8, imageChannels: 3, channels: [4, 8])
    (unet.labelDimension, unet.blocks, unet.attentionResolutions, unet.channelsPerHead) = (3, 1, [4], 4)
    let expected = Architecture(
      preconditioning: .edm(sigmaData: 0.5), network: .edm2(unet), imageResolution: 8, imageChannels: 3,
      labelDimension: 3)
    #expect(checkpoint.architecture == expected)
    #expect(unet.noiseChannels == 4 && unet.embeddingChannels == 8)
    #expect(
      checkpoint.tensors.keys.sorted() == [
        "model.dec.8x8_up.emb_gain", "model.enc.8x8_block0.emb_gain", "model.enc.8x8_conv.weight",
      ])
    #expect(checkpoint.tensors["model.enc.8x8_block0.emb_gain"]?.floats() == [0.5])
    // Protocol 2 writes bytes as text, which has to be decoded; the others are views of the file.
    #expect((checkpoint.tensors["model.enc.8x8_conv.weight"]?.file == nil) == (name == "edm2-2"))
    #expect(checkpoint.parameterCount == 4 * 4 * 9 + 2)
    #expect(checkpoint.notes.trainingSet == "a.B" && checkpoint.notes.trainedInHalfPrecision == true)
    let items = Self.items(checkpoint)
    #expect(items["family"] == "edm2 (the file)" && items["channel_mult"] == "1,2 (the file)")
    #expect(items["channels_per_head"] == "4 (the file)" && items["res_balance"] == "0.3 (default)")
    #expect(items["clip_act"] == "256 (default)" && items["channel_mult_noise"] == "none (default)")
    #expect(checkpoint.notes.trainedLevels == 0.002...80)
    #expect(items["label_dropout"] == "unknown (the file)" && checkpoint.notes.isLabelDropoutUnknown)
  }

  @Test("options that are None or not the usual ones")
  func options() throws {
    let checkpoint = try Fixtures.load("edm2-options.pkl")
    let unet = try Self.network(checkpoint)
    #expect(unet.activationLimit == nil && unet.residualBalance == 0.25 && unet.resampleFilter == [1, 3, 3, 1])
    #expect(unet.noiseChannels == 4 && unet.embeddingChannels == 12)
    #expect(checkpoint.architecture.preconditioning == .edm(sigmaData: 0.75))
    let items = Self.items(checkpoint)
    #expect(items["clip_act"] == "none (the file)" && items["channel_mult_noise"] == "none (the file)")
    #expect(items["sigma_data"] == "0.75 (the file)" && items["resample_filter"] == "1,3,3,1 (the file)")
  }

  private static func load(_ name: String, _ json: String? = nil) throws -> Checkpoint {
    let path = Fixtures.path(name)
    guard let json else { return try Checkpoint.load(path: path) }
    return try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("description.json")
      try Data(json.utf8).write(to: file)
      return try Checkpoint.load(path: path, description: ModelDescription(file.path))
    }
  }

  private static let dictionaries = ["edm2.pt", "edm2-stream.pt", "edm2-network-alone.pt", "edm2.safetensors"]

  @Test("a state dictionary's names and shapes tell the network", arguments: dictionaries)
  func stateDictionaries(name: String) throws {
    let checkpoint = try Self.load("state-dictionaries/" + name)
    let unet = try Self.network(checkpoint)
    var expected = EDM2UNetArchitecture(imageResolution: 4, imageChannels: 3, channels: [4])
    (expected.labelDimension, expected.blocks, expected.attentionResolutions) = (2, 1, [])
    (expected.noiseChannels, expected.embeddingChannels) = (6, 8)
    #expect(unet == expected)
    #expect(checkpoint.remarks.contains { $0.contains("balances") && $0.contains("--model-config") })
    // 4 channels attend.
    #expect(checkpoint.remarks.contains { $0.contains("\"channels_per_head\" must be stated") })
    #expect(checkpoint.tensors["model.emb_noise.weight"]?.shape == [8, 6])
    for (key, tensor) in checkpoint.tensors {
      #expect(tensor.file?.path == Fixtures.path("state-dictionaries/" + name), "\(key)")
    }
  }

  @Test("what tensors do not tell comes from a description, with its origin")
  func described() throws {
    let checkpoint = try Self.load(
      "state-dictionaries/edm2.pt",
      #"""
      {"family": "edm2", "channels_per_head": 4, "clip_act": null, "channel_mult_noise": 1.5, "attn_resolutions": "16",
       "model_channels": 4, "channel_mult": [1], "concat_balance": 0.6, "sigma_data": 1, "dropout": 0.1, "use_fp16": true}
      """#)
    let unet = try Self.network(checkpoint)
    #expect(unet.channelsPerHead == 4 && unet.activationLimit == nil && unet.concatenationBalance == 0.6)
    #expect(checkpoint.architecture.preconditioning == .edm(sigmaData: 1))
    #expect(checkpoint.remarks.contains { $0.contains("ignored: dropout, use_fp16") })
    let items = Self.items(checkpoint)
    #expect(items["clip_act"]?.hasPrefix("none (") == true && items["clip_act"]?.contains("description.json") == true)
    #expect(items["channel_mult_emb"] == "2 (the file)" && items["label_balance"] == "0.5 (default)")
  }

  @Test("contradictions and unknown keys stand in one message")
  func contradictions() throws {
    let error = try #require(throws: InputError.self) {
      try Self.load(
        "state-dictionaries/edm2.pt",
        #"""
        {"label_dim": 3, "channel_mult_emb": null, "attn_resolutions": [4], "depth": 2, "clip_act": "much",
         "channels_per_head": 2.5}
        """#)
    }
    for part in [
      "\"label_dim\": expected 2, which the file tells, found 3", "\"channel_mult_emb\": expected 2, found null",
      "\"attn_resolutions\"", "\"depth\": not a key of edm2", "\"clip_act\": expected a number",
      "\"channels_per_head\": expected an integer, found 2.5",
    ] { #expect("\(error)".contains(part), "\(error)") }
  }

  @Test("a description beside a pickle is held against it")
  func held() throws {
    let checkpoint = try Self.load("edm2-options.pkl", #"{"clip_act": null, "sigma_data": 0.75, "dropout": 0}"#)
    #expect(checkpoint.remarks.contains { $0.contains("ignored: dropout") })
    let error = try #require(throws: InputError.self) { try Self.load("edm2-4.pkl", #"{"clip_act": null}"#) }
    #expect("\(error)".contains("\"clip_act\": expected 256"), "\(error)")
  }

  @Test("a converted file says the same without any description")
  func converted() throws {
    for name in ["edm2-options.pkl", "state-dictionaries/edm2.pt"] {
      try Fixtures.withFolder { folder in
        let original = try Fixtures.load(name)
        let path = folder.appendingPathComponent("model.safetensors").path
        try original.writeSafetensors(to: path)
        let copy = try Checkpoint.load(path: path)
        #expect(copy.architecture == original.architecture && copy.notes == original.notes)
        #expect(copy.weightsDigest() == original.weightsDigest())
        #expect(copy.tensors.keys.sorted() == original.tensors.keys.sorted())
      }
    }
  }

  @Test("a pickle cut anywhere or with bytes flipped is a model or refused")
  func damaged() throws {
    let original = try Fixtures.bytes("edm2-4.pkl")
    var generator = SplitMix(state: 20)
    try Fixtures.withFolder { folder in
      for length in stride(from: 0, to: original.count, by: 17) {
        #expect(try Fixtures.refusal(of: Array(original[..<length]), in: folder) != nil, "\(length)")
      }
      for _ in 0..<300 {
        var bytes = original
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        _ = try Fixtures.refusal(of: bytes, in: folder)
      }
    }
  }
}
