import Records
import Testing

@Suite struct RunEngineTests {
  private let engine = RunEngine(
    program: .init(version: "1"), instructionSet: "avx2", libraries: ["b": "2", "a": "1"], precision: "fp32")

  @Test func `what a run was made with stands in its description`() throws {
    let engine = try RunEngine(HonestRun().manifest())
    #expect(engine.program.version == "1" && engine.instructionSet == "avx2" && engine.precision == "fp32")
    #expect(engine.libraries == ["oneDNN": "2.6.3"] && engine.differences(here: engine).isEmpty)
  }

  static let changes: [(@Sendable (inout RunEngine) -> Void, String)] = [
    ({ $0.program.version = "2" }, "program: ndc 1 in the run, ndc 2 here"),
    ({ $0.program.name = "fork" }, "program: ndc 1 in the run, fork 1 here"),
    ({ $0.instructionSet = "avx512" }, "instruction set: avx2 in the run, avx512 here"),
    ({ $0.libraries["b"] = "3" }, "libraries: a 1, b 2 in the run, a 1, b 3 here"),
    ({ $0.precision = "int8" }, "precision: fp32 in the run, int8 here"),
  ]

  @Test(arguments: changes.indices) func `each part in which two engines differ is named`(change: Int) {
    var here = engine
    Self.changes[change].0(&here)
    #expect(engine.differences(here: here).map(\.description) == [Self.changes[change].1])
  }
}
