import Foundation
import Records
import Reports
import TestSupport
import Testing

@Suite("Parts of one run") struct PooledRunsTests {
  /// Images `range`, of which every third is certified at 0.4.
  private static func part(
    _ range: Range<Int>, name: String = "Cohen", source: String = "a.tsv", sigma: Double? = 0.25
  ) -> ReportedRun {
    ReportedRun(
      title: RunTitle(name, sigma: sigma), method: .named(name), source: source, sigma: sigma,
      images: range.map {
        CertifiedImage(
          index: $0, label: 1, outcome: $0 % 3 == 0 ? .certified(label: 1, radius: 0.4) : .abstained)
      })
  }

  @Test("two halves of a table are the whole, and no best over σ")
  func halves() throws {
    let whole = Self.part(0..<50)
    let halves = [Self.part(0..<20), Self.part(20..<50, source: "b.tsv")]
    let runs = PooledRuns(halves).runs
    try #require(runs.count == 1)
    #expect(runs[0].name == whole.name && runs[0].parts == ["a.tsv", "b.tsv"])
    for radius in [0, 0.25, 0.5] {
      #expect(runs[0].curve.share(atRadius: radius) == whole.curve.share(atRadius: radius))
    }
    #expect(runs[0].notes.map(\.description).contains { $0.contains("2 parts") && $0.contains("a.tsv, b.tsv") })
    #expect(BestOverSigma.groups(runs).isEmpty && BestOverSigma.conflicts(runs).isEmpty)
  }

  @Test("the joint claim of parts is about all their images, at what they claimed of the whole or of themselves")
  func jointClaim() throws {
    let run = try Fixture.run("run-0.25")
    func parts(_ claims: [Int?]) -> [ReportedRun] {
      zip([0..<20, 20..<60], claims).map { range, claim in
        var part = ReportedRun(
          title: run.title, method: run.method, source: "\(range)", sigma: run.sigma, images: Array(run.images[range]),
          origin: run.origin)
        part.origin?.images?.count = range.count
        part.origin?.claim = claim
        return part
      }
    }
    func joint(_ claims: [Int?]) throws -> JointCertificate {
      let pooled = PooledRuns(parts(claims)).runs
      try #require(pooled.count == 1)
      return try JointCertificate(pooled[0])
    }
    let own = try joint([20, 40])
    #expect(own.images == 60 && own.isFixed && own.beyond == 0 && own.results.count == 60)
    #expect(try joint([60, 60]).images == 60 && joint([100, 100]).images == 100 && joint([30, 40]).images == 70)
    for unfixed in [[20, nil], [10, 40], [nil, nil]] {
      let joint = try joint(unfixed)
      #expect(joint.images == 60 && !joint.isFixed && joint.beyond == 0)
    }
  }

  @Test("halves at two σ are two whole runs, and their best over σ is of wholes")
  func twoLevels() {
    let runs = PooledRuns([
      Self.part(0..<20), Self.part(0..<20, sigma: 0.5), Self.part(20..<50, source: "b"),
      Self.part(20..<50, source: "c", sigma: 0.5),
    ]).runs
    #expect(runs.map(\.sigma) == [0.25, 0.5] && runs.map(\.images.count) == [50, 50])
    #expect(BestOverSigma.groups(runs).count == 1)
  }

  @Test("parts whose σ is not known are put together too, where nothing is in common")
  func unknownSigma() {
    #expect(PooledRuns([Self.part(0..<20, sigma: nil), Self.part(20..<30, sigma: nil)]).runs.count == 1)
    #expect(PooledRuns([Self.part(0..<20, sigma: nil), Self.part(10..<30, sigma: nil)]).runs.count == 2)
  }

  @Test("what overlaps stays apart and is named, and is no best over σ")
  func overlap() {
    let runs = PooledRuns([
      Self.part(0..<20), Self.part(15..<50, source: "b.tsv"), Self.part(0..<50, source: "c.tsv", sigma: 0.5),
    ]).runs
    #expect(runs.count == 3 && BestOverSigma.groups(runs).isEmpty)
    let warnings = HTMLReport(runs: runs, radii: [0.25]).warnings
    #expect(warnings.contains { $0.contains("a.tsv and b.tsv") && $0.contains("share 5 images") }, "\(warnings)")
    #expect(!HTMLReport(runs: runs, radii: [0.25]).tables.certified().markdown().contains("best over"))
  }

  @Test("other names and other σ stay other runs")
  func others() {
    let runs = [Self.part(0..<20), Self.part(20..<50, name: "Salman"), Self.part(20..<50, sigma: 0.5)]
    #expect(PooledRuns(runs).runs.map(\.name) == runs.map(\.name))
  }

  /// The fixture's run, of some of its images.
  private static func shard(_ folder: URL, _ name: String, _ images: Range<Int>, seed: String = "5") throws
    -> ReportedRun
  {
    let copy = folder.appendingPathComponent(name)
    try FileManager.default.copyItem(at: Fixture.folder.appendingPathComponent("run-0.25"), to: copy)
    let records = copy.appendingPathComponent("records.jsonl")
    let lines = try String(contentsOf: records, encoding: .utf8).split(separator: "\n")[images]
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: records)
    let manifest = copy.appendingPathComponent("run.json")
    let text = try String(contentsOf: manifest, encoding: .utf8)
      .replacing("\"count\": 60", with: "\"count\": \(images.count)").replacing(
        "\"seed\": 5", with: "\"seed\": \(seed)")
    try Data(text.utf8).write(to: manifest)
    return try ReportedRun.read(copy.path)
  }

  @Test("shards of one run directory keep its votes; another seed is another run")
  func shards() throws {
    try withTemporaryFolder { folder in
      let shards = [try Self.shard(folder, "a", 0..<23), try Self.shard(folder, "b", 23..<60)]
      let runs = PooledRuns(shards).runs
      let whole = try Fixture.run("run-0.25")
      try #require(runs.count == 1)
      #expect(runs[0].images == whole.images && runs[0].origin?.alpha == 0.001)
      #expect(try JointCertificate(runs[0]).curve.radii == JointCertificate(whole).curve.radii)
      #expect(HTMLReport(runs: runs, radii: [0.25]).html().contains("60, in 2 parts"))
      let other = try Self.shard(folder, "c", 23..<60, seed: "6")
      #expect(PooledRuns([shards[0], other]).runs.count == 2)
    }
  }

  @Test("shards made from folders of their own are put together where every record says which picture it is about")
  func foldersOfTheirOwn() throws {
    let run = try Fixture.run("run-0.25")
    func shard(_ range: Range<Int>, _ data: String, tells: Bool = true, pictures: Int = 0) -> ReportedRun {
      let images = range.map { position in
        var image = run.images[position]
        if tells { image.record?.picture = RecordedPicture(name: nil, digest: "\(position + pictures)") }
        return image
      }
      var origin = run.origin
      origin?.data?.digest = data
      origin?.images?.count = range.count
      return ReportedRun(
        title: run.title, method: origin.map { .settings($0.methodKey) } ?? run.method, source: data, sigma: run.sigma,
        images: images, origin: origin)
    }
    let runs = PooledRuns([shard(0..<20, "a"), shard(20..<60, "b")]).runs
    try #require(runs.count == 1)
    #expect(runs[0].images.count == 60 && runs[0].parts == ["a", "b"] && runs[0].notes.contains(.pooledData))
    let same = PooledRuns([shard(0..<20, "a"), shard(20..<60, "a")]).runs
    #expect(same.count == 1 && !same[0].notes.contains(.pooledData))
    // Nothing says that they are other pictures.
    #expect(PooledRuns([shard(0..<20, "a", tells: false), shard(20..<60, "b", tells: false)]).runs.count == 2)
    #expect(PooledRuns([shard(0..<20, "a"), shard(20..<60, "b", tells: false)]).runs.count == 2)
    // Another folder's pictures under other indices, some of them the same.
    #expect(PooledRuns([shard(0..<20, "a"), shard(20..<60, "b", pictures: -10)]).runs.count == 2)
    #expect(PooledRuns([shard(0..<20, "a"), shard(10..<60, "b")]).runs.count == 2)
  }

  @Test("runs of one name whose σ is not known are named where they share images")
  func unknownOverlap() {
    for (first, second) in [(nil, nil), (0.25, nil), (nil, 0.5)] as [(Double?, Double?)] {
      let runs = PooledRuns([
        Self.part(0..<20, sigma: first), Self.part(15..<30, source: "b.tsv", sigma: second),
      ]).runs
      #expect(runs.count == 2)
      let warnings = HTMLReport(runs: runs, radii: [0.25]).warnings
      #expect(
        warnings.contains {
          $0.contains("a.tsv and b.tsv") && $0.contains("share 5 images") && $0.contains("not known")
        },
        "\(warnings)")
    }
  }

  @Test("runs of one name in two folders are called after those; of one path, by number alone")
  func names() {
    func names(_ sources: [String]) -> [String] {
      var runs = sources.map { Self.part(0..<3, name: "noise_0.25", source: $0, sigma: nil) }
      ReportedRun.distinguish(&runs)
      return runs.map(\.name)
    }
    #expect(names(["a/noise_0.25", "b/noise_0.25"]) == ["noise_0.25 [a/noise_0.25]", "noise_0.25 [b/noise_0.25]"])
    #expect(names(["noise_0.25", "./noise_0.25"]) == ["noise_0.25 (1)", "noise_0.25 (2)"])
    #expect(
      names(["a/noise_0.25", "b/noise_0.25", "a/noise_0.25"]) == [
        "noise_0.25 [a/noise_0.25] (1)", "noise_0.25 [b/noise_0.25]", "noise_0.25 [a/noise_0.25] (2)",
      ])
  }

  @Test("two runs are compared on the images that both have when asked, and it is said how many there are")
  func common() throws {
    let (a, b) = (Self.part(0..<30), Self.part(10..<60, name: "other"))
    let error = #expect(throws: RunComparison.NotComparable.self) { try RunComparison(a, b, radii: [0]) }
    #expect(error?.comparability.commonImages == 20 && error?.description.contains("20 in both") == true)
    let comparison = try RunComparison(a, b, radii: [0], common: true)
    #expect(comparison.images == 20 && comparison.table.contains("20, those in both"))
    #expect(comparison.comparability.cautions.contains { $0.contains("Only the 20 images") })
    let alone = Self.part(100..<110)
    #expect(throws: RunComparison.NotComparable.self) { try RunComparison(a, alone, radii: [0], common: true) }
    // A label that differs is another image, common or not.
    let relabelled = ReportedRun(
      title: RunTitle("x"), method: .named("x"), source: "x",
      images: a.images.prefix(5).map { CertifiedImage(index: $0.index, label: 7, outcome: .abstained) })
    #expect(throws: RunComparison.NotComparable.self) { try RunComparison(a, relabelled, radii: [0], common: true) }
  }
}
