import Basics
import Certification
import Foundation
import Records
import Testing

@Suite struct RunManifestContradictionsTests {
  /// The manifest as it is read after a change of its JSON.
  private func read(
    _ honest: HonestRun, _ section: String? = nil, _ change: (inout [String: JSONValue]) -> Void
  ) throws -> RunManifest {
    guard case .object(var root) = try JSONValue(encoding: honest.manifest()) else { throw CancellationError() }
    if let section, case .object(var members)? = root[section] {
      change(&members)
      root[section] = .object(members)
    } else {
      change(&root)
    }
    return try JSONDecoder().decode(RunManifest.self, from: Data(StableJSON.line(JSONValue.object(root))))
  }

  @Test(arguments: HonestRun.all) func `an honest description contradicts nothing`(honest: HonestRun) throws {
    #expect(try honest.manifest().contradictions() == [])
    let read = try read(honest) { _ in }
    #expect(try read == honest.manifest() && read.contradictions() == [] && read.rule() == honest.rule())
    #expect(read.sigma == HonestRun.sigma)
  }

  static let faults: [(@Sendable (inout RunManifest) -> Void, String)] = [
    (
      { $0.claim = 0 },
      #"run.json, field "claim": not a number of images; expected 1 … 67108864, found 0"#
    ),
    (
      { $0.format = 2 },
      #"run.json, field "format": a layout that this version does not know; expected 1, found 2"#
    ),
    (
      { $0.classifier.description = "other" },
      #"run.json, field "classifier.description": does not describe the specification; expected apndc, σ = 0.5, "#
        + "126 points, weighting edm, found other"
    ),
    (
      { $0.images.count = 6 },
      #"run.json, field "images": count 6 asks for more than the 5 images that the data set has from first 1 "#
        + "with stride 2"
    ),
    (
      { $0.images.count = 1 << 27 },
      #"run.json, field "images.count": more images than can be; expected at most 67108864, found 134217728"#
    ),
    (
      { $0.data.size = 1 << 27 },
      #"run.json, field "images.count": more images than can be; expected at most 67108864, found 134217728"#
    ),
  ]

  @Test(arguments: faults.indices) func `a fault is found and named`(fault: Int) throws {
    var manifest = try HonestRun().manifest()
    Self.faults[fault].0(&manifest)
    #expect(manifest.contradictions().map(\.description) == [Self.faults[fault].1])
  }

  @Test func `a specification that cannot be is named`() throws {
    var manifest = try HonestRun().manifest()
    manifest.classifier.specification.timesteps = 1
    manifest.classifier.description = manifest.classifier.specification.description
    #expect(manifest.contradictions().map(\.field) == ["classifier.specification"])
  }

  @Test func `another noise for the images than for the classifier is named, kept and written again`() throws {
    let manifest = try read(HonestRun(), "smoothing") { $0["sigma"] = .number(0.75) }
    #expect(
      manifest.contradictions().map(\.description) == [
        #"run.json, field "classifier.specification.sigma": the classifier was made for another noise than the images "#
          + "get; expected 0.75, found 0.5"
      ])
    #expect(manifest.sigma == PixelNoise(0.5) && manifest.statedSmoothing == PixelNoise(0.75))
    #expect(try manifest.differences(from: HonestRun().manifest()).map(\.field) == ["smoothing.sigma"])
  }

  @Test func `a noise that is none is named`() throws {
    let manifest = try read(HonestRun(), "smoothing") { $0["sigma"] = .number(-1) }
    #expect(manifest.contradictions().map(\.field) == ["classifier.specification.sigma", "smoothing"])
    #expect(manifest.contradictions()[1].problem == "the smoothing noise must be a positive number, not -1.0")
    #expect(throws: UsageError.self) { try manifest.rule() }
  }

  @Test(arguments: [
    ("stop", JSONValue.string("sometimes"), #""sometimes" is no rule to stop by (fixed or anytime)"#),
    ("stop", .string("anytime"), "targets ascend, each once, or else there is a tolerance"),
    (
      "targetRadii", .array([.number(0.5)]), "a fixed number of votes goes with neither targets nor a tolerance"
    ),
    ("samples", .integer(0), "the number of samples must lie between 1 and 4294967295, not 0"),
    ("alpha", .number(1.5), "the significance level alpha must lie between 0 and 1, not 1.5"),
  ])
  func `numbers that are no rule are named, kept and written again`(
    field: String, value: JSONValue, problem: String
  ) throws {
    let manifest = try read(HonestRun(), "smoothing") { $0[field] = value }
    #expect(
      manifest.contradictions() == [VerificationFailure(problem, file: "run.json", field: "smoothing")])
    let error = #expect(throws: UsageError.self) { try manifest.rule() }
    #expect(error?.description == problem)
    #expect(try manifest.differences(from: HonestRun().manifest()).map(\.field) == ["smoothing.\(field)"])
  }

  @Test(arguments: ["sigma", "selectionSamples", "samples", "alpha", "stop", "seed"])
  func `a field that is missing is no description`(field: String) throws {
    #expect(throws: DecodingError.self) { try read(HonestRun(), "smoothing") { $0[field] = nil } }
  }
}
