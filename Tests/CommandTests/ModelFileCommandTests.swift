import Foundation
import Testing

@Suite("ndc inspect and ndc convert", .enabled(if: Program.isBuilt, Program.absent))
struct ModelFileCommandTests {
  struct Report: Decodable {
    struct Shape: Decodable {
      var channels: Int
      var height: Int
      var width: Int
    }
    var file: String
    var digest: String
    var parameters: Int
    var tensors: Int
    var imageShape: Shape
    var classes: Int
    var methods: [String]
  }

  struct Conversion: Decodable {
    var digest: String
    var parameters: Int
    var tensors: Int
  }

  static let sizes = ["tiny-ddpmpp-edm": (1, 10), "tiny-ncsnpp-ve": (3, 3), "tiny-adm-iddpm": (3, 3)]

  @Test("inspect says what a checkpoint is", arguments: TinyNetwork.all)
  func inspect(_ network: TinyNetwork) throws {
    let ending = try Program.run(["inspect", network.model, "--json"])
    #expect(ending.status == 0, "\(ending.errors)")
    let report = try ending.json(Report.self)
    let (channels, classes) = try #require(Self.sizes[network.name])
    #expect(report.file == network.model)
    #expect((report.imageShape.channels, report.imageShape.height, report.imageShape.width) == (channels, 8, 8))
    #expect(report.classes == classes)
    #expect(report.methods.contains("apndc"))
    #expect(report.digest.count == 64)
    let words = try Program.run(["inspect", network.model])
    #expect(words.status == 0)
    #expect(words.output.contains("\(report.parameters)"))
  }

  @Test("inspect writes an endless range of noise levels as text, which JSON has no number for")
  func infinity() throws {
    struct Noted: Decodable {
      struct Notes: Decodable { var sigmaMaximum: String }
      var notes: Notes
    }
    let ending = try Program.run(["inspect", TinyNetwork.grey.model, "--json"])
    #expect(try ending.json(Noted.self).notes.sigmaMaximum == "inf")
  }

  @Test("a converted checkpoint denoises to the same bytes", arguments: TinyNetwork.all)
  func conversion(_ network: TinyNetwork) throws {
    try TemporaryFolder.with { folder in
      let copy = folder.file("copy.safetensors")
      let conversion = try Program.run(["convert", network.model, copy, "--json"])
      #expect(conversion.status == 0, "\(conversion.errors)")
      let written = try conversion.json(Conversion.self)
      let report = try Program.run(["inspect", copy, "--json"]).json(Report.self)
      #expect(
        (report.digest, report.parameters, report.tensors) == (written.digest, written.parameters, written.tensors))

      var results: [Data] = []
      for (model, name) in [(network.model, "original.npy"), (copy, "converted.npy")] {
        let out = folder.file(name)
        let ending = try Program.run(network.denoiseArguments(model: model, out: out))
        #expect(ending.status == 0, "\(ending.errors)")
        results.append(try Data(contentsOf: URL(fileURLWithPath: out)))
      }
      #expect(results[0] == results[1])
    }
  }

  @Test("a truncated checkpoint is bad data, named", arguments: ["inspect", "convert", "denoise"])
  func truncation(_ command: String) throws {
    try TemporaryFolder.with { folder in
      let whole = try Data(contentsOf: URL(fileURLWithPath: TinyNetwork.grey.model))
      let half = folder.file("half.pkl")
      try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: half))
      let out = folder.file(command == "convert" ? "out.safetensors" : "out.npy")
      let arguments =
        switch command {
        case "inspect": ["inspect", half]
        case "convert": ["convert", half, out]
        default: TinyNetwork.grey.denoiseArguments(model: half, out: out)
        }
      let ending = try Program.run(arguments)
      #expect(ending.status == 65)
      #expect(ending.errors.contains(half))
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }

  @Test("convert writes .safetensors and nothing else")
  func otherFormat() throws {
    #expect(try Program.run(["convert", TinyNetwork.grey.model, "out.pkl"]).status == 64)
  }
}
