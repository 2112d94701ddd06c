import Basics
import Checkpoints
import Foundation
import Testing

@Suite("Descriptions of models")
struct ModelDescriptionTests {
  private static func load(_ json: String) throws -> Checkpoint {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("description.json")
      try Data(json.utf8).write(to: file)
      return try Checkpoint.load(
        path: Fixtures.path("state-dictionaries/zip.pt"), description: ModelDescription(file.path))
    }
  }

  @Test("the preconditioner of EDM's tensors", arguments: ["edm", "vp", "ve"])
  func preconditioner(name: String) throws {
    let checkpoint = try Self.load("{\"precond\": \"\(name)\"}")
    switch checkpoint.architecture.preconditioning {
    case .edm(let sigmaData): #expect(name == "edm" && sigmaData == 0.5)
    case .vp(let betaD, let betaMin, let steps): #expect(name == "vp" && (betaD, betaMin, steps) == (19.9, 0.1, 1000))
    case .ve: #expect(name == "ve")
    default: Issue.record("\(name)")
    }
    #expect(checkpoint.notes.description?.first { $0.key == "precond" }?.value == name)
  }

  @Test("every unknown key and every contradiction stands in one message")
  func contradictions() throws {
    let error = try #require(throws: InputError.self) {
      try Self.load(#"{"precond": "other", "depth": 3, "num_blocks": 7, "sigma_data": "much", "label_dim": 2}"#)
    }
    let text = "\(error)"
    for part in [
      "\"precond\": expected one of edm, vp, ve, found \"other\"", "\"depth\": not a key",
      "\"num_blocks\": expected 1, which the file tells, found 7", "\"sigma_data\": expected a number",
    ] { #expect(text.contains(part), "\(text)") }
    #expect(!text.contains("label_dim"))
  }

  @Test("a description in UTF-16 is called that, and a byte order mark is passed over")
  func encoding() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("description.json")
      try #require(#"{"precond": "ve"}"#.data(using: .utf16)).write(to: file)
      let error = try #require(throws: InputError.self) { try ModelDescription(file.path) }
      #expect("\(error)".contains("is in UTF-16"))
      try Data("\u{FEFF}{\"precond\": \"ve\"}".utf8).write(to: file)
      #expect(try ModelDescription(file.path).origin == file.path)
      // A folder's own description.
      try #require(#"{"_class_name": "UNet2DModel"}"#.data(using: .utf16)).write(
        to: folder.appendingPathComponent("config.json"))
      let refused = try #require(throws: InputError.self) { try Checkpoint.load(path: folder.path) }
      #expect("\(refused)".contains("is in UTF-16"))
    }
  }

  @Test("lists may be written as text, and flags without effect are named")
  func acceptance() throws {
    let checkpoint = try Self.load(#"{"channel_mult": "1", "num_blocks": 1, "dropout": 0.1, "use_fp16": true}"#)
    #expect(checkpoint.remarks.contains { $0.contains("ignored: dropout, use_fp16") })
    #expect(try Self.load(#"{"channel_mult": [1]}"#).weightsDigest() == checkpoint.weightsDigest())
  }

  @Test("the file beside the model is taken, and said so")
  func beside() throws {
    try Fixtures.withFolder { folder in
      let model = folder.appendingPathComponent("net.pt")
      try Data(Fixtures.bytes("state-dictionaries/zip.pt")).write(to: model)
      try Data(#"{"precond": "ve"}"#.utf8).write(to: folder.appendingPathComponent("net.json"))
      let checkpoint = try Checkpoint.load(path: model.path)
      #expect(checkpoint.architecture.preconditioning == .ve)
      #expect(checkpoint.remarks.first?.contains("net.json describes") == true)
    }
  }

  @Test("published names describe what they name")
  func published() throws {
    #expect(ModelDescription.publishedNames.count == 8)
    for name in ModelDescription.publishedNames { #expect(try ModelDescription(name).origin == name) }
    #expect(throws: InputError.self) { try ModelDescription("guided-diffusion-32") }
  }
}
