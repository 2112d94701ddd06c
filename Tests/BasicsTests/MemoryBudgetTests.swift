import Basics
import Testing

@Suite struct MemoryBudgetTests {
  private static let limits = [
    MemoryLimit(name: "ulimit -v", left: 300 << 20), MemoryLimit(name: "b", left: 400 << 20),
  ]

  @Test("What fits under every limit is granted, with some to spare")
  func granted() throws {
    try MemoryBudget.require(1 << 10, for: "little")
    try MemoryBudget.require(200 << 20, for: "the weights", file: nil, limits: Self.limits)
    try MemoryBudget.require(.max, for: "anything", file: nil, limits: [])
  }

  @Test("What does not fit is refused, naming what it was for and the tightest limit", arguments: [290 << 20, Int.max])
  func refused(bytes: Int) throws {
    let error = try #require(throws: InputError.self) {
      try MemoryBudget.require(bytes, for: "the weights", file: "model.pkl", limits: Self.limits)
    }
    #expect(error.description.contains("not enough memory for the weights"))
    #expect(error.description.contains("300 MiB left under ulimit -v"), "\(error)")
    #expect(error.file == "model.pkl")
  }

  @Test("A limit that is already exceeded leaves nothing")
  func exceeded() throws {
    let error = try #require(throws: InputError.self) {
      try MemoryBudget.require(8 << 20, for: "it", file: nil, limits: [MemoryLimit(name: "a", left: -(5 << 20))])
    }
    #expect(error.found == "0 MiB left under a")
  }

  @Test("The machine's memory is read, and no machine has all of it")
  func machine() {
    #expect(MemoryLimit.machine("MemTotal: 9 kB\nMemAvailable:   12345 kB\n")?.left == 12345 << 10)
    #expect(MemoryLimit.machine("nothing of the kind") == nil)
    #expect(throws: InputError.self) { try MemoryBudget.require(1 << 55, for: "more than there is") }
  }
}
