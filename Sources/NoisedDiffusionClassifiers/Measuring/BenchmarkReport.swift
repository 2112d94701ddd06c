import Basics
import Foundation
import Models
import Runs
import UNets

/// What a benchmark measured.
public struct BenchmarkReport: Encodable, Sendable {
  public struct Ceiling: Encodable, Sendable {
    public var operationsPerSecond: Double
    /// The convolution that reached it: channels, height and width.
    public var shape: String
  }

  public struct Network: Encodable, Sendable {
    public var precision: String
    public var batch: Int
    /// NFE/s: the median over the rounds.
    public var evaluationsPerSecond: Double
    public var lowest: Double
    public var highest: Double
    /// Of the ceiling in the same precision.
    public var share: Double
  }

  public struct PresetRate: Encodable, Sendable {
    public var votes: Int
    public var evaluations: Int
    public var seconds: Double
    public var votesPerSecond: Double
    public var evaluationsPerVote: Double
    public var evaluationsPerSecond: Double

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
  public struct StepTime: Encodable, Sendable {
    public var step: String
    public var kernel: String
    public var microseconds: Double
    /// nil for a step without products.
    public var operationsPerSecond: Double?
  }

  /// What was not measured, and why.
  public struct LeftOut: Encodable, Hashable, Sendable {
    public var what: String
    public var reason: String
  }

  public var model: String
  public var digest: String
  public var threads: Int
  public var rounds = 1
  public var engine = EngineIdentity.library
  /// Two operations per multiplication of the convolutions and matrix products.
  public var operationsPerEvaluation = 0
  public var ceilings: [String: Ceiling] = [:]
  public var networks: [Network] = []
  /// By precision, with `--steps`.
  public var profiles: [String: [StepTime]] = [:]
  public var presets: [String: PresetRate] = [:]
  public var leftOut: [LeftOut] = []
  public var peakMemoryBytes = 0

  init(model: String, digest: String, threads: Int) {
    self.model = model
    self.digest = digest
    self.threads = threads
  }

  /// Evaluations a second of a precision, of whatever was measured where it was not.
  func rate(in precision: Precision) -> Double {
    let same = networks.filter { $0.precision == precision.rawValue }
    return (same.isEmpty ? networks : same).map(\.evaluationsPerSecond).max() ?? .infinity
  }

  /// A positive number to about three digits.
  static func text(rate: Double) -> String {
    DecimalText.down(rate, digits: rate >= 100 ? 0 : rate >= 10 ? 1 : 3)
  }

  /// Keeps the fastest shape of each precision.
  mutating func addCeiling(_ precision: Precision, _ shape: ConvolutionCeiling.Shape, rates: [Double]) {
    let rate = Throughput.median(rates)
    if rate > ceilings[precision.rawValue]?.operationsPerSecond ?? 0 {
      ceilings[precision.rawValue] = Ceiling(operationsPerSecond: rate, shape: shape.description)
    }
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

  mutating func addPreset(_ preset: Preset, _ rate: PresetRate) { presets[preset.rawValue] = rate }

  /// The most memory this process has held.
  static func peakMemory() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #else
      getrusage(RUSAGE_SELF.rawValue, &usage)
      return usage.ru_maxrss * 1024
    #endif
  }
}
