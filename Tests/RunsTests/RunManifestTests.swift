import Basics
import Certification
import Records
import Classifiers
import Foundation
import Runs
import Testing

@Suite struct RunManifestTests {
  static func differing(_ change: (inout RunManifest) -> Void) throws -> [String] {
    let recorded = ToyRun().manifest
    var requested = recorded
    change(&requested)
    #expect(requested != recorded)
    return try recorded.differences(from: requested).map(\.field)
  }

  @Test("A run of a version that casts the same votes goes on as that version, by its rule")
  func versions() throws {
    var recorded = ToyRun().manifest
    func targets(_ chance: Double) throws -> RecordedRule {
      .possible(
        .targets(
          try AnytimeTargets(selectionSamples: 10, budget: 60, alpha: 0.01, targets: [0.25], hopelessChance: chance)))
    }
    recorded.program.version = "0.2.0"
    recorded.smoothing.rule = try targets(0.01)
    var requested = recorded
    requested.program.version = "0.3.0"
    requested.smoothing.rule = try targets(0.001)
    #expect(requested.continuing(recorded) == recorded)
    requested.smoothing.seed += 1
    let differences = try recorded.differences(from: requested.continuing(recorded)).map(\.field)
    #expect(differences == ["smoothing.seed"], "nothing else is taken over")
    requested.program.version = "0.4.0"
    #expect(requested.continuing(recorded) == requested)
  }

  @Test("What changes a vote may not differ")
  func binding() throws {
    #expect(try Self.differing { $0.program.version = "2" } == ["program.version"])
    #expect(try Self.differing { $0.program.version = "0.3.0" } == ["program.version"])
    #expect(try Self.differing { $0.format = 2 } == ["format"])
    #expect(try Self.differing { $0.model.unconditionalDigest = "new" } == ["model.unconditionalDigest"])
    #expect(try Self.differing { $0.data.adaptation = "padded" } == ["data.adaptation"])
    #expect(try Self.differing { $0.classifier.precision = "bf16" } == ["classifier.precision"])
    #expect(
      try Self.differing { $0.classifier.specification.timesteps = 12 } == ["classifier.specification.timesteps"])
    #expect(try Self.differing { $0.classifier.specification.levels = [1, 2] } == ["classifier.specification.levels"])
    let anytime = try AnytimeTolerance(selectionSamples: 10, budget: 60, alpha: 0.01, tolerance: 0)
    #expect(
      try Self.differing { $0.smoothing.rule = .possible(.tolerance(anytime)) }
        == ["smoothing.radiusTolerance", "smoothing.stop"])
    #expect(
      try Self.differing { $0.classifier.specification.sigma = 1 } == [
        "classifier.specification.sigma", "smoothing.sigma",
      ])
    #expect(try Self.differing { $0.host.instructionSet = "avx2" } == ["host.instructionSet"])
    #expect(try Self.differing { $0.host.libraries["oneDNN"] = "3.0.0" } == ["host.libraries.oneDNN"])
    #expect(try Self.differing { $0.images.first = 4 } == ["images"])
  }

  @Test("What changes none may")
  func free() throws {
    let none: [String] = []
    #expect(try Self.differing { $0.arguments = [] } == none)
    #expect(try Self.differing { $0.created = "1970" } == none)
    #expect(try Self.differing { $0.model.source = "elsewhere" } == none)
    #expect(try Self.differing { $0.data.source = "elsewhere" } == none)
    #expect(try Self.differing { $0.execution.threads = 64 } == none)
    #expect(try Self.differing { $0.host.name = "other" } == none)
    #expect(try Self.differing { $0.images.count += 1 } == none)
  }

  @Test("Every field of a manifest is either compared or free on purpose")
  func allFields() throws {
    // A field of the manifest that is added later is compared unless somebody decides otherwise.
    var manifest = ToyRun().manifest
    manifest.model.classifierSource = "http://localhost/v2/models/a"
    manifest.model.served = .init(
      server: "a", serverVersion: "1", versions: ["1"], classes: 3, imageShape: nil, batch: 64,
      companionDependence: .none)
    manifest.classifier.extrapolation = .init(levels: 0.1...90, trained: 0.2...80)
    let leaves = try JSONValue(encoding: manifest).leaves().keys
    #expect(
      RunManifest.freeFields.subtracting(leaves).isSubset(of: [
        "images.listed", "model.unconditionalSource", "model.configurationSource",
        "model.unconditionalConfigurationSource",
      ]))
  }

  @Test("The largest seed survives the file")
  func seed() throws {
    let manifest = ToyRun(seed: .max).manifest
    #expect(try JSONDecoder().decode(RunManifest.self, from: Data(StableJSON.text(manifest))) == manifest)
  }
}
