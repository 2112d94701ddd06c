import Records
import Testing

@Suite struct RunSourcesTests {
  @Test func `the run's own model and data are what it used, wherever they lie now`() throws {
    let manifest = try HonestRun().manifest()
    var sources = try HonestRun().sources
    #expect(sources.failures(manifest) == [])
    sources.model.source = "elsewhere"
    sources.data.source = "elsewhere"
    sources.engine.precision = "int8"
    #expect(sources.failures(manifest) == [])
  }

  static let changes: [(@Sendable (inout RunSources) -> Void, String, String, String)] = [
    ({ $0.model.digest = "x" }, "model.pkl model.digest", "abc", "x"),
    ({ $0.model.architecture = "x" }, "model.pkl model.architecture", "none", "x"),
    ({ $0.model.parameters = nil }, "model.pkl model.parameters", "7", "nothing"),
    ({ $0.data.digest = "x" }, "digits data.digest", "def", "x"),
    ({ $0.data.size = 11 }, "digits data.size", "10", "11"),
    ({ $0.data.adaptation = "padded" }, "digits data.adaptation", "nothing", "padded"),
    (
      {
        $0.model.unconditionalSource = "second.pkl"
        $0.model.unconditionalDigest = "x"
      }, "second.pkl model.unconditionalDigest", "nothing", "x"
    ),
    // Where there is no second model, the run's description is at fault.
    ({ $0.model.unconditionalDigest = "x" }, "run.json model.unconditionalDigest", "nothing", "x"),
  ]

  @Test(arguments: changes.indices)
  func `another model or other data are named with both values`(change: Int) throws {
    let (change, place, expected, found) = Self.changes[change]
    var sources = try HonestRun().sources
    change(&sources)
    let failures = sources.failures(try HonestRun().manifest())
    #expect(places(failures) == [place + ": not what the run used"])
    #expect(failures.map(\.expected) == [expected] && failures.map(\.found) == [found])
  }
}
