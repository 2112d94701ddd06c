import Foundation
import NoisedDiffusionClassifiers

/// What `ndc benchmark` measured.
struct BenchmarkReport: Encodable {
  struct Ceiling: Encodable {
    var operationsPerSecond: Double
    /// The convolution that reached it: channels, height and width.
    var shape: String
  }

  struct Network: Encodable {
    var precision: String
    var batch: Int
    /// NFE/s: the median over the rounds.
    var evaluationsPerSecond: Double
    var lowest: Double
    var highest: Double
    /// Of the ceiling in the same precision.
    var share: Double
  }

  struct PresetRate: Encodable {
    var votes: Int
    var evaluations: Int
    var seconds: Double
    var votesPerSecond: Double
    var evaluationsPerVote: Double
    var evaluationsPerSecond: Double

    init(votes: Int, evaluations: Int, seconds: Double) {
      self.votes = votes
      self.evaluations = evaluations
      self.seconds = seconds
      votesPerSecond = Double(votes) / seconds
      evaluationsPerVote = Double(evaluations) / Double(votes)
      evaluationsPerSecond = Double(evaluations) / seconds
    }
  }

  /// One step of the network on one sub-batch.
  struct StepTime: Encodable {
    var step: String
    var kernel: String
    var microseconds: Double
    /// nil for a step without products.
    var operationsPerSecond: Double?
  }

  var model: String
  var digest: String
  var threads: Int
  var rounds: Int
  var engine = EngineIdentity.library
  /// Two operations per multiplication of the convolutions and matrix products.
  var operationsPerEvaluation = 0
  var ceilings: [String: Ceiling] = [:]
  var networks: [Network] = []
  /// By precision, with `--steps`.
  var profiles: [String: [StepTime]] = [:]
  var presets: [String: PresetRate] = [:]
  var peakMemoryBytes = 0

  init(model: String, digest: String, threads: Int, rounds: Int) {
    self.model = model
    self.digest = digest
    self.threads = threads
    self.rounds = rounds
  }

  mutating func addNetwork(_ network: UNetDenoiser, batch: Int, rates: [Double]) {
    operationsPerEvaluation = network.arithmeticPerEvaluation
    let rate = Throughput.median(rates)
    let ceiling = ceilings[network.precision.rawValue]?.operationsPerSecond ?? .infinity
    networks.append(
      Network(
        precision: network.precision.rawValue, batch: batch, evaluationsPerSecond: rate, lowest: rates.min() ?? rate,
        highest: rates.max() ?? rate, share: rate * Double(operationsPerEvaluation) / ceiling))
  }

  mutating func addProfile(_ profile: StepProfile, of network: UNetDenoiser) {
    profiles[network.precision.rawValue] = profile.steps.map {
      StepTime(
        step: $0.name, kernel: $0.kernel, microseconds: $0.seconds * 1e6,
        operationsPerSecond: $0.arithmetic == 0 ? nil : Double($0.arithmetic) / $0.seconds)
    }
  }

  /// The most memory this process has held.
  static func peakMemory() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }

  var table: String {
    var lines = ["\(engine), \(threads) threads, medians of \(rounds) rounds", ""]
    lines.append("ceiling of 3x3 convolutions")
    for (precision, ceiling) in ceilings.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "  " + padded(precision, 8) + padded(fixed(ceiling.operationsPerSecond / 1e9, 1) + " G/s", 14) + ceiling.shape)
    }
    lines.append("")
    lines.append("network: \(fixed(Double(operationsPerEvaluation) / 1e9, 3)) G operations per evaluation")
    lines.append("  precision  batch  evaluations/s  lowest   highest  of the ceiling")
    for network in networks {
      lines.append(
        "  " + padded(network.precision, 11) + padded("\(network.batch)", 7)
          + padded(fixed(network.evaluationsPerSecond, 2), 15) + padded(fixed(network.lowest, 2), 9)
          + padded(fixed(network.highest, 2), 9) + fixed(network.share * 100, 1) + " %")
    }
    for (precision, steps) in profiles.sorted(by: { $0.key < $1.key }) {
      lines += profileLines(precision, steps)
    }
    if !presets.isEmpty {
      lines.append("")
      lines.append("presets, on one image")
      lines.append("  preset   votes  evaluations/vote  votes/s   evaluations/s")
      for (name, preset) in presets.sorted(by: { $0.key < $1.key }) {
        lines.append(
          "  " + padded(name, 9) + padded("\(preset.votes)", 7) + padded(fixed(preset.evaluationsPerVote, 1), 18)
            + padded(fixed(preset.votesPerSecond, 3), 10) + fixed(preset.evaluationsPerSecond, 1))
      }
    }
    lines.append("")
    lines.append("peak memory: \(fixed(Double(peakMemoryBytes) / 1_048_576, 0)) MiB")
    return lines.joined(separator: "\n")
  }

  private func profileLines(_ precision: String, _ steps: [StepTime]) -> [String] {
    let total = steps.reduce(0) { $0 + $1.microseconds }
    let products = steps.filter { $0.operationsPerSecond != nil }.reduce(0) { $0 + $1.microseconds }
    var lines = ["", "\(precision), one sub-batch on one thread, the shortest time of every step"]
    lines.append("  us       G/s     step")
    for step in steps {
      lines.append(
        "  " + padded(fixed(step.microseconds, 1), 9)
          + padded(step.operationsPerSecond.map { fixed($0 / 1e9, 1) } ?? "", 8) + step.step + "  " + step.kernel)
    }
    lines.append(
      "  \(fixed(total, 0)) us in all, \(fixed(products / total * 100, 1)) % of it in convolutions and products")
    return lines
  }
}
