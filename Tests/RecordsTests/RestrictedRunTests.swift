import Basics
import Certification
import Classifiers
import Foundation
import Records
import Testing

/// A run whose classifier chooses among classes 2, 5 and 9.
@Suite struct RestrictedRunTests {
  private struct Votes: VoteSource {
    let classes: ClassSet
    var classCount: Int { classes.count }
    func votes(_ indices: Range<Int>, for purpose: VotePurpose) -> [Vote] {
      indices.map { Vote(choice: .label($0 % 10 == 3 ? 2 : 9), evaluations: 1) }
    }
  }

  private static func manifest(_ others: OtherClasses? = nil) throws -> RunManifest {
    var manifest = try HonestRun().manifest()
    var specification = manifest.classifier.specification
    specification.classes = try ClassSet([9, 2, 5])
    manifest.classifier = .init(specification, precision: "fp32")
    manifest.otherClasses = others
    return manifest
  }

  /// Images 1 and 3 are of class 9, image 5 of `last`.
  private static func onDisk(
    last: Int = 2, _ others: OtherClasses? = nil, _ body: (HonestFiles) throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-test-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try manifest(others)
    let result = try await HonestRun().rule()(
      Votes(classes: try #require(manifest.classifier.specification.classes)), sigma: HonestRun.sigma)
    do {
      let directory = try RunDirectory(path: folder.path, manifest: manifest, indices: [1, 3, 5], resume: false)
      for (index, label) in [(1, 9), (3, 9), (5, last)] {
        try directory.append(ImageRecord(index: index, label: label, result: result, seconds: 1))
      }
      try directory.writeSummary()
    }
    try body(HonestFiles(path: folder.path))
  }

  private static func failures(_ files: HonestFiles) throws -> [String] {
    var verification = try RunVerification(path: files.path)
    verification.checkFiles(engine: nil)
    return places(verification.report().failures)
  }

  @Test func `run.json names the classes, records the model's labels, votes go by ascending label`() async throws {
    try await Self.onDisk { files in
      let json = try JSONDecoder().decode(JSONValue.self, from: Data(files.text("run.json").utf8))
      #expect(json["classes"] == .array([.integer(2), .integer(5), .integer(9)]))
      let manifest = try RunDirectory.readManifest(files.path)
      #expect(try manifest == Self.manifest())
      let classes = manifest.classifier.specification.classes
      let records = try RunDirectory.readRecords(files.path, classes: classes)
      #expect(records.map(\.candidate) == [9, 9, 9] && records.map(\.label) == [9, 9, 2])
      #expect(records.map(\.correct) == [true, true, false])
      #expect(records[0].votes == [4, 0, 36] && records[0].votes(for: 9) == 36 && records[0].votes(for: 3) == 0)
      #expect(try files.text("certified.tsv").contains("\n1\t9\t9\t"))
      #expect(try Self.failures(files) == [])
      // Without the classes, the same lines are none.
      #expect(throws: InputError.self) { try RunDirectory.readRecords(files.path) }
    }
  }

  @Test func `the same classes continue a run, in whatever order they were named, and no others do`() async throws {
    try await Self.onDisk { files in
      let manifest = try Self.manifest()
      let again = try RunDirectory(path: files.path, manifest: manifest, indices: [1, 3, 5], resume: true)
      #expect(again.records.count == 3 && again.remaining == 0)
    }
    for labels in [[2, 5], [2, 5, 8], []] {
      try await Self.onDisk { files in
        var other = try Self.manifest()
        other.classifier.specification.classes = labels.isEmpty ? nil : try ClassSet(labels)
        let error = #expect(throws: UsageError.self) {
          try RunDirectory(path: files.path, manifest: other, indices: [1, 3, 5], resume: true)
        }
        #expect(
          error?.description.contains("classes is [2,5,9] in the run, \(labels.isEmpty ? "absent" : "[2,5")") == true)
      }
    }
  }

  @Test func `other images count as wrong where the run says so, and nowhere else`() async throws {
    try await Self.onDisk(last: 7, .countedWrong) { files in
      #expect(try Self.failures(files) == [])
      let summary = try RunDirectory.readRecords(
        files.path, classes: RunDirectory.readManifest(files.path).classifier.specification.classes,
        others: .countedWrong)
      #expect(RunSummary(summary).correct == 2 && RunSummary(summary).images == 3)
      #expect(try files.text("run.json").contains("\"otherClasses\" : \"countedWrong\""))
      try files.write(
        try files.text("run.json").replacingOccurrences(of: "countedWrong", with: "skipped"), to: "run.json")
      #expect(try Self.failures(files).contains("records.jsonl:3 label: none of the classes"))
    }
  }

  @Test(arguments: [
    ("[2,5,9]", "[2,5,8]", "records.jsonl:1 candidate"), ("[2,5,9]", "[2,5]", "records.jsonl:1 votes"),
    ("[2,5,9]", "[0,2,5,9]", "records.jsonl:1 votes"), ("[2,5,9]", "[0,1,2]", "records.jsonl:1 label"),
  ])
  func `classes that the votes are not for do not hold`(written: String, forged: String, place: String) async throws {
    try await Self.onDisk { files in
      let text = try files.text("run.json")
      func spread(_ list: String) -> String {
        "\"classes\" : ["
          + list.dropFirst().dropLast().split(separator: ",").map { "\n    \($0)" }.joined(separator: ",")
          + "\n  ]"
      }
      func words(_ list: String) throws -> String {
        try JSONDecoder().decode(ClassSet.self, from: Data(list.utf8)).description
      }
      let changed = try text.replacingOccurrences(of: spread(written), with: spread(forged))
        .replacingOccurrences(of: words(written), with: words(forged))
      try #require(changed != text)
      try files.write(changed, to: "run.json")
      let found = try Self.failures(files)
      #expect(found.contains { $0.hasPrefix(place) }, "\(found)")
    }
  }

  @Test func `a run that chooses from all classes has no images of others`() throws {
    var manifest = try HonestRun().manifest()
    manifest.otherClasses = .skipped
    #expect(places(manifest.contradictions()).contains { $0.hasPrefix("run.json otherClasses") })
  }

  @Test func `runs among other classes are of another method`() throws {
    func key(_ labels: [Int]?) throws -> RunOrigin.MethodKey {
      var manifest = try HonestRun().manifest()
      manifest.classifier.specification.classes = try labels.map { try ClassSet($0) }
      return try JSONDecoder().decode(RunOrigin.self, from: Data(StableJSON.text(manifest))).methodKey
    }
    #expect(try key([1, 2]) == key([2, 1]) && key([1, 2]) != key(nil) && key([1, 2]) != key([1, 3]))
  }
}
