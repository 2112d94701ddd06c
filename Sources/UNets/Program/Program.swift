import Basics
import OneDNN

/// A block of a worker's memory that some steps write and later steps read.
package struct Buffer: Hashable, Sendable {
  package let id: Int

  package init(id: Int) { self.id = id }
}

/// One step of a program: what it touches, and how it is tied to a worker's memory.
struct Step: Sendable {
  var name: String
  var reads: [Buffer]
  var writes: [Buffer]
  var scratchpadSize = 0
  /// The kernel that runs, for inspection.
  var implementation = "fused"
  /// Operations of the products in it.
  var arithmetic = 0
  var bind: @Sendable (WorkerMemory) throws -> BoundStep
}

/// A step ready to run on one worker.
typealias BoundStep = () throws -> Void

/// A network for one batch size as a list of steps over planned memory; immutable and shared between workers.
struct Program: Sendable {
  var batch: Int
  var steps: [Step]
  var plan: MemoryPlan
  var scratchpadSize: Int
  var input: Buffer
  /// To be written for every image before a run.
  var conditions: [ConditionRows]
  var output: Buffer
  /// Operations of one run that the network as described has and the steps have not.
  var savedArithmetic: Int
  /// The first steps, whose results a run with the same conditions finds in memory.
  var keptSteps: Int
  /// How much of the steps' products is done after each of them, between 0 and 1.
  let shares: [Double]

  init(
    batch: Int, steps: [Step], plan: MemoryPlan, scratchpadSize: Int, input: Buffer, conditions: [ConditionRows],
    output: Buffer, savedArithmetic: Int, keptSteps: Int
  ) {
    self.batch = batch
    self.steps = steps
    self.plan = plan
    self.scratchpadSize = scratchpadSize
    self.input = input
    self.conditions = conditions
    self.output = output
    self.savedArithmetic = savedArithmetic
    self.keptSteps = keptSteps
    let total = Double(max(1, steps.reduce(0) { $0 + $1.arithmetic }))
    var done = 0
    shares = steps.map { step in
      done += step.arithmetic
      return Double(done) / total
    }
  }

  /// Operations of the convolutions and matrix products of one evaluation, as the network is described.
  var arithmeticPerEvaluation: Int { (savedArithmetic + steps.reduce(0) { $0 + $1.arithmetic }) / batch }

  /// Bytes each worker needs.
  var workerBytes: Int { plan.byteCount + scratchpadSize }
}

/// Where each buffer lies in a worker's arena: buffers whose lives do not overlap share memory.
package struct MemoryPlan: Sendable {
  package static let alignment = 64

  package private(set) var offsets: [Int]
  package private(set) var byteCount: Int

  /// - Parameters:
  ///   - sizes: bytes per buffer.
  ///   - steps: what each step of the program touches, in order; a buffer lives from its first mention to its last.
  ///   - pinned: buffers that live through the whole program, such as its input and output.
  package init(sizes: [Int], steps: [[Buffer]], pinned: Set<Buffer>) {
    var first = [Int](repeating: Int.max, count: sizes.count)
    var last = [Int](repeating: -1, count: sizes.count)
    for (index, step) in steps.enumerated() {
      for buffer in step {
        first[buffer.id] = min(first[buffer.id], index)
        last[buffer.id] = max(last[buffer.id], index)
      }
    }
    for buffer in pinned {
      first[buffer.id] = -1
      last[buffer.id] = steps.count
    }
    offsets = [Int](repeating: 0, count: sizes.count)
    byteCount = 0
    // First fit in order of birth, large buffers first among those born together.
    let order = sizes.indices.filter { last[$0] >= 0 || first[$0] < 0 }
      .sorted { (first[$0], -sizes[$0], $0) < (first[$1], -sizes[$1], $1) }
    var placed: [(range: Range<Int>, last: Int)] = []
    for id in order {
      let size = (sizes[id] + Self.alignment - 1) / Self.alignment * Self.alignment
      placed.removeAll { $0.last < first[id] }
      var offset = 0
      for range in placed.map(\.range).sorted(by: { $0.lowerBound < $1.lowerBound }) {
        if offset + size <= range.lowerBound { break }
        offset = max(offset, range.upperBound)
      }
      placed.append((offset..<offset + size, last[id]))
      offsets[id] = offset
      byteCount = max(byteCount, offset + size)
    }
  }
}

/// One worker's arena and scratchpad.
final class WorkerMemory {
  private let arena: UnsafeMutableRawPointer
  let scratchpad: UnsafeMutableRawPointer
  /// Told what the quantisable convolutions take, in a program that was built to observe.
  let observer: ActivationObserver?
  private let plan: MemoryPlan

  /// - Throws: `InputError` where the memory is not there.
  init(_ program: Program, observer: ActivationObserver? = nil) throws {
    try MemoryBudget.require(program.workerBytes, for: "a worker's activations")
    self.observer = observer
    plan = program.plan
    arena = Self.zeros(plan.byteCount)
    scratchpad = Self.zeros(program.scratchpadSize)
  }

  /// Zeros with a margin of zeros behind them: kernels load whole vectors of pictures with few channels, and what lies
  /// behind the last one must be a number, the same in every run.
  private static func zeros(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let margin = 4096
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount + margin, alignment: MemoryPlan.alignment)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount + margin)
    return memory
  }

  deinit {
    arena.deallocate()
    scratchpad.deallocate()
  }

  func pointer(_ buffer: Buffer) -> UnsafeMutableRawPointer { arena + plan.offsets[buffer.id] }

  func floats(_ buffer: Buffer) -> UnsafeMutablePointer<Float> {
    pointer(buffer).assumingMemoryBound(to: Float.self)
  }
}
