import Basics
import Foundation
import Records
import Testing

@Suite("What reports read of run.json") struct RunOriginTests {
  static func origin(_ text: String) throws -> RunOrigin {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-records-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(text.utf8).write(to: folder.appendingPathComponent("run.json"))
    return try RunOrigin.read(folder.path)
  }

  @Test("Every field that this version writes is read as it was written")
  func complete() throws {
    let manifest = try RunSummaryVersionTests.manifest(version: "0.3.0")
    let origin = try Self.origin(String(decoding: try StableJSON.text(manifest), as: UTF8.self))
    #expect(origin.program?.name == "ndc" && origin.program?.version == "0.3.0" && origin.arguments == ["certify"])
    #expect(origin.created == manifest.created && origin.model?.digest == "model" && origin.data?.source == "toy")
    #expect(origin.classifier?.description == manifest.classifier.description)
    #expect(origin.classifier?.specification?.method == "apndc" && origin.classifier?.specification?.sigma == 0.3)
    #expect(origin.classifier?.specification?.elimination == [:])
    #expect(origin.classifier?.specification?.unknown == [:] && origin.smoothing?.unknown == [:], "none is forgotten")
    #expect(origin.sigma == 0.3 && origin.alpha == 0.01 && origin.smoothing?.samples == 200)
    #expect(origin.smoothing?.selectionSamples == 10 && origin.smoothing?.seed == 1)
    #expect(origin.rule?.kind == .fixed && origin.rule?.caveat == nil)
    #expect(
      origin.images == .init(first: 0, stride: 1, count: RunSummaryVersionTests.images)
        && origin.execution?.threads == 1)
    #expect(origin.host?.system == manifest.host.system && origin.host?.libraries == [:])
  }

  @Test("What an older version lacks is absent, and its votes are fixed")
  func older() throws {
    let origin = try Self.origin(
      #"{"smoothing": {"sigma": 1, "seed": 18446744073709551615}, "host": {}, "data": null}"#)
    #expect(origin.sigma == 1 && origin.alpha == nil && origin.smoothing?.seed == .max)
    #expect(origin.rule?.kind == .fixed)
    #expect(origin.host != nil && origin.host?.system == nil && origin.data == nil && origin.arguments == nil)
    #expect(try Self.origin("{}") == RunOrigin())
  }

  @Test("A rule's words need neither its numbers of votes nor α, and a newer rule has none")
  func rule() throws {
    let rule = try Self.origin(#"{"smoothing": {"stop": "anytime", "radiusTolerance": 0.1, "alpha": -7}}"#).rule
    #expect(
      rule?.kind == .tolerance && rule?.caveat?.mark == "tolerance-stopped"
        && rule?.behaviour.summary.hasSuffix("more than 0.1") ?? false)
    #expect(try Self.origin(#"{"smoothing": {"stop": "newer"}}"#).rule == nil)
  }

  @Test(
    "Targets are read under each name they may have",
    arguments: [
      #""targetRadii": [0.25, 1]"#, #""targetRadius": [0.25, 1]"#, #""targetRadii": [], "targets": [0.25, 1]"#,
    ])
  func targets(field: String) throws {
    let origin = try Self.origin(#"{"smoothing": {"stop": "anytime", "# + field + "}}")
    #expect(origin.smoothing?.targetRadii == [0.25, 1] && origin.rule?.kind == .targets)
    #expect(origin.rule?.caveat?.note.contains("(0.25, 1)") ?? false)
    #expect(
      try Self.origin(#"{"smoothing": {"stop": "anytime", "targetRadius": 0.5}}"#).smoothing?.targetRadii == [0.5])
  }

  @Test("What only a newer version knows is passed over, but makes another method")
  func newer() throws {
    let plain = try Self.origin(#"{"classifier": {"specification": {"sigma": 1}}, "smoothing": {"sigma": 1}}"#)
    let elsewhere = try Self.origin(
      #"{"classifier": {"specification": {"sigma": 2}, "x": 1}, "smoothing": {"sigma": 2, "seed": 3}, "later": [1]}"#)
    #expect(plain.methodKey == elsewhere.methodKey)
    for text in [
      #"{"classifier": {"specification": {"sigma": 1, "classes": [1]}}, "smoothing": {"sigma": 1}}"#,
      #"{"classifier": {"specification": {"sigma": 1}}, "smoothing": {"sigma": 1, "antithetic": true}}"#,
    ] {
      #expect(try Self.origin(text).methodKey != plain.methodKey)
    }
  }

  @Test(
    "What cannot be used is refused by its file and field",
    arguments: [
      (#"{"smoothing": {"alpha": "x"}}"#, #"field "smoothing.alpha""#), (#"{"host": [1]}"#, #"field "host""#),
      (#"{"smoothing": {"seed": -1}}"#, "a number that its field cannot hold"), ("[1]", "expected a JSON object"),
      (#"{"images": {"count": 1.5}}"#, "a number that its field cannot hold"), (#"{"images": {"#, "run.json"),
    ])
  func unusable(text: String, message: String) throws {
    let error = #expect(throws: InputError.self) { try Self.origin(text) }
    #expect(error?.description.contains(message) ?? false, "\(error?.description ?? "")")
    #expect(error?.file?.hasSuffix("run.json") ?? false)
  }
}
