import Foundation
import Testing

@Suite("ndc benchmark", .enabled(if: Program.isBuilt, Program.absent))
struct BenchmarkCommandTests {
  struct Report: Decodable {
    struct Ceiling: Decodable { var operationsPerSecond: Double }
    struct Network: Decodable {
      var precision: String
      var batch: Int
      var evaluationsPerSecond: Double
      var share: Double
    }
    struct PresetRate: Decodable {
      var votes: Int
      var evaluations: Int
    }
    struct LeftOut: Decodable {
      var what: String
      var reason: String
    }
    var ceilings: [String: Ceiling]
    var leftOut: [LeftOut]
    var networks: [Network]
    var presets: [String: PresetRate]
    var operationsPerEvaluation: Int
    var peakMemoryBytes: Int
    var threads: Int
  }

  @Test("names every figure it measures; the operations are those of the layers")
  func measures() throws {
    let ending = try Program.run(
      "benchmark --seconds 0.02 --rounds 1 --batch 2 --precisions fp32 --threads 1 --json --model \(TinyNetwork.grey.model)"
    )
    #expect(ending.status == 0, "\(ending.errors)")
    let report = try ending.json(Report.self)
    #expect(report.threads == 1 && report.ceilings.keys.sorted() == ["fp32"])
    let network = try #require(report.networks.first)
    #expect(report.networks.count == 1 && network.precision == "fp32" && network.batch == 2)
    let ceiling = try #require(report.ceilings["fp32"]?.operationsPerSecond)
    let share = network.evaluationsPerSecond * Double(report.operationsPerEvaluation) / ceiling
    #expect(abs(network.share - share) < 1e-9 * share)
    #expect(report.peakMemoryBytes > 1 << 20)
    // 8×8 pixels do not suit the bundled digits: no preset is measured, and it says so.
    #expect(report.presets.isEmpty && ending.errors.contains("do not suit"))
    #expect(report.leftOut.map(\.what) == ["preset paper", "preset fast"])
    #expect(report.leftOut.allSatisfy { $0.reason.contains("do not suit") })
  }

  @Test("the bundled network's operations are the published 0.31 G, and both presets are timed")
  func bundled() throws {
    let ending = try Program.run("benchmark --seconds 0.02 --rounds 1 --batch 4 --precisions fp32 --json")
    #expect(ending.status == 0, "\(ending.errors)")
    let report = try ending.json(Report.self)
    #expect((305_000_000...315_000_000).contains(report.operationsPerEvaluation))
    let paper = try #require(report.presets["paper"])
    // 124 levels of 10 classes and x̂.
    #expect(paper.evaluations == paper.votes * 1241)
    let fast = try #require(report.presets["fast"])
    #expect(fast.evaluations < fast.votes * 100)
  }

  @Test("gives the network's rate whatever the time, and says what it left out and why")
  func limit() throws {
    let words = "benchmark --seconds 0.02 --rounds 3 --batch 2 4 --threads 1 --limit 0.00001 --model"
    let ending = try Program.run("\(words) \(TinyNetwork.grey.model) --json")
    #expect(ending.status == 0, "\(ending.errors)")
    let report = try ending.json(Report.self)
    #expect(report.networks.count == 1 && report.networks[0].evaluationsPerSecond > 0)
    #expect(ending.errors.contains("fp32, 2 at once: ") && ending.errors.contains(" evaluations/s"))
    #expect(report.leftOut.map(\.what).starts(with: ["fp32, 4 at once"]))
    #expect(report.leftOut.contains { $0.what == "2 of 3 rounds" })
    let table = try Program.run("\(words) \(TinyNetwork.grey.model)").output
    #expect(table.contains("not measured\n  fp32, 4 at once: ") && table.contains("  preset paper: "))
  }

  @Test("with a thousand classes says what a vote of each preset would take")
  func manyClasses() throws {
    try TemporaryFolder.with { folder in
      let (model, data) = try LargeNetwork.manyClasses.write(to: folder)
      let ending = try Program.run(
        "benchmark --seconds 0.02 --rounds 1 --batch 4 --precisions fp32 --limit 0.5 --json --model \(model) "
          + "--data \(data)")
      #expect(ending.status == 0, "\(ending.errors)")
      let report = try ending.json(Report.self)
      #expect(report.networks.count == 1)
      // 124 levels of a thousand classes and x̂: a quarter of a second is not enough on any machine.
      let paper = try #require(report.leftOut.first { $0.what == "preset paper" })
      #expect(paper.reason.contains("a vote takes up to 124001 evaluations"))
    }
  }

  @Test("interrupted, shows what it has measured")
  func interrupted() throws {
    let words = "benchmark --seconds 0.02 --rounds 100000 --limit 100000 --batch 2 --precisions fp32 --threads 1 --json"
    let program = try Program(words.split(separator: " ").map(String.init) + ["--model", TinyNetwork.grey.model])
    while program.isRunning, try !program.errorsSoFar.contains("round 3") { usleep(10_000) }
    program.send(SIGTERM)
    let ending = try program.wait()
    #expect(ending.status == 130)
    #expect(try ending.json(Report.self).networks.count == 1)
  }

  @Test(
    "refuses what it cannot measure",
    arguments: [
      ("--batch 0", 64), ("--rounds 0", 64), ("--seconds 0", 64), ("--seconds nan", 64), ("--limit 0", 64),
      ("--limit nan", 64), ("--precisions fp8", 64),
      ("--model /nonexistent.pkl", 65),
    ])
  func refusals(options: String, status: Int) throws {
    #expect(try Program.run("benchmark " + options).status == Int32(status))
  }
}
