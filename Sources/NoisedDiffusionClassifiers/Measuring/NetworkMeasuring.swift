import Checkpoints
import Diffusion
import Runs
import UNets

/// The part of a benchmark that measures the network and what this machine could do at best.
///
/// The network's rate comes first, whatever it takes; everything after it must fit in the time there is.
struct NetworkMeasuring {
  /// One thing that is measured in every round.
  private struct Item {
    enum Subject {
      case network(Int, batch: Int)
      case ceiling(Precision, ConvolutionCeiling.Shape)
    }
    var subject: Subject
    var rates: [Double] = []
    /// What its last measurement took.
    var seconds = 0.0
    var isLeftOut = false
  }

  private let checkpoint: Checkpoint
  private let plan: Benchmark.Plan
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private(set) var networks: [UNetDenoiser] = []
  private var items: [Item] = []
  private var base: BenchmarkReport

  init(_ checkpoint: Checkpoint, _ plan: Benchmark.Plan, _ report: BenchmarkReport) {
    self.checkpoint = checkpoint
    self.plan = plan
    base = report
    start = clock.now
  }

  private var secondsLeft: Double { plan.mostSeconds / 2 - (clock.now - start) / .seconds(1) }

  /// - Throws: as `Benchmark`.
  mutating func measure(
    _ precisions: [Precision], notice: (Benchmark.Notice) -> Void, onMeasured: (BenchmarkReport) -> Void
  ) async throws {
    // The first precision's rate is known before the next one's network is made, which may take long too.
    for precision in precisions {
      // Making a network takes time too.
      guard networks.isEmpty || secondsLeft > 0 else {
        leaveOut(precision.rawValue, "making its network takes a while", notice)
        continue
      }
      networks.append(try await leavingInTime { [checkpoint] in try UNetDenoiser(checkpoint, precision: precision) })
      let place = networks.count - 1
      for batch in plan.batches.sorted() {
        items.append(Item(subject: .network(place, batch: batch)))
        try await measureFirst(items.count - 1, notice)
        onMeasured(report)
      }
    }
    for precision in networks.map(\.precision) {
      for shape in ConvolutionCeiling.shapes {
        items.append(Item(subject: .ceiling(precision, shape)))
        try await measureFirst(items.count - 1, notice)
      }
    }
    onMeasured(report)
    base.rounds = 1
    while base.rounds < plan.rounds {
      let measured = items.indices.filter { !items[$0].isLeftOut }
      let needed = measured.reduce(0) { $0 + items[$1].seconds }
      guard needed <= secondsLeft else {
        leaveOut(
          "\(plan.rounds - base.rounds) of \(plan.rounds) rounds", "one takes \(BenchmarkReport.text(rate: needed)) s",
          notice)
        break
      }
      base.rounds += 1
      notice(.round(base.rounds, of: plan.rounds))
      for place in measured { try await measure(place) }
      onMeasured(report)
    }
  }

  /// The report so far.
  var report: BenchmarkReport {
    var report = base
    for item in items where !item.rates.isEmpty {
      if case .ceiling(let precision, let shape) = item.subject {
        report.addCeiling(precision, shape, rates: item.rates)
      }
    }
    for item in items where !item.rates.isEmpty {
      if case .network(let place, let batch) = item.subject {
        report.addNetwork(networks[place], batch: batch, rates: item.rates)
      }
    }
    return report
  }

  private mutating func measureFirst(_ place: Int, _ notice: (Benchmark.Notice) -> Void) async throws {
    if place == 0 { notice(.round(1, of: plan.rounds)) }
    let expected = expectedSeconds(items[place])
    guard place == 0 || expected <= secondsLeft else {
      items[place].isLeftOut = true
      let what =
        switch items[place].subject {
        case .network(let network, let batch): "\(networks[network].precision.rawValue), \(batch) at once"
        case .ceiling(let precision, let shape): "\(precision.rawValue) ceiling \(shape)"
        }
      leaveOut(what, "about \(BenchmarkReport.text(rate: expected)) s", notice)
      return
    }
    try await measure(place)
    if case .network(let network, let batch) = items[place].subject, batch == plan.batches.min() {
      notice(
        .rate(networks[network].precision, batch: batch, evaluationsPerSecond: items[place].rates[0]))
    }
  }

  /// A network of another precision is expected to take what the slowest took.
  private func expectedSeconds(_ item: Item) -> Double {
    guard case .network(let network, let batch) = item.subject else { return 2 * plan.seconds }
    func calls(_ batch: Int) -> Double {
      let size = networks[network].preferredBatchSize
      return Double((batch + size - 1) / size)
    }
    let each: [(isSame: Bool, seconds: Double)] = items.compactMap { other in
      guard case .network(let place, let batch) = other.subject, let rate = other.rates.first else { return nil }
      return (place == network, Double(batch * plan.threads) / rate / calls(batch))
    }
    let known = each.contains(where: \.isSame) ? each.filter(\.isSame) : each
    let call = (known.map(\.seconds).max() ?? 0) * calls(batch)
    return call < plan.seconds ? 2 * call + plan.seconds : call
  }

  private mutating func measure(_ place: Int) async throws {
    let begin = clock.now
    let rate: Double
    switch items[place].subject {
    case .network(let network, let batch): rate = try await evaluationRate(networks[network], batch: batch)
    case .ceiling(let precision, let shape):
      rate = try await Throughput.measure(threads: plan.threads, seconds: plan.seconds) {
        try ConvolutionCeiling(shape, precision: precision)
      } work: {
        try $0.run()
      }
    }
    items[place].rates.append(rate)
    items[place].seconds = (clock.now - begin) / .seconds(1)
  }

  private func evaluationRate(_ network: UNetDenoiser, batch: Int) async throws -> Double {
    let size = network.imageShape.count
    let classes = network.classCount
    // Of a network that answers all classes at once, all of them are taken.
    let labels: [Int?]? = network.scope == .oneLabel ? nil : Array(0..<classes) + [nil]
    return try await Throughput.measure(threads: plan.threads, seconds: plan.seconds) {
      (evaluator: try network.makeEvaluator(), input: [Float](repeating: 0.25, count: batch * size))
    } work: { state in
      var output = [Float](repeating: 0, count: batch * size * (labels?.count ?? 1))
      let queries = (0..<batch).map {
        DenoiserQuery(noise: ModelNoise(2), label: classes == 0 ? nil : $0 % classes)
      }
      try state.input.withUnsafeBufferPointer { input in
        try output.withUnsafeMutableBufferPointer {
          if let labels {
            try state.evaluator.denoise(queries.map(\.noise), labels: labels, inputs: input, outputs: $0)
          } else {
            try state.evaluator.denoise(queries, inputs: input, outputs: $0)
          }
        }
      }
      return batch
    }
  }

  private mutating func leaveOut(_ what: String, _ reason: String, _ notice: (Benchmark.Notice) -> Void) {
    let limit = BenchmarkReport.text(rate: plan.mostSeconds)
    let part = BenchmarkReport.LeftOut(what: what, reason: reason + ", beyond what is left of \(limit) s")
    base.leftOut.append(part)
    notice(.leftOut(part))
  }
}
