import Basics
import Checkpoints
import Foundation
import UNets

/// How `PrecisionChoice.fastest` finds a precision.
///
/// The static choice is what the processor's list of instructions suggests: int8 where the model has ranges, otherwise
/// bf16 where the processor has it, otherwise fp32. A measurement on the model's own convolutions overrules it only where
/// another precision is faster by ``margin`` at least, and is made once for a machine, a model and a library: same seeds
/// must stay same votes.
public struct PrecisionSearch: Sendable {
  /// What another precision must reach, as a multiple of the static choice's rate, to be taken instead.
  public static let margin = 1.2
  /// Networks of fewer operations spend their time outside their convolutions, and are not measured.
  public static let leastArithmetic = 10_000_000

  /// Evaluations a second in each precision, as far as convolutions allow; nil where measuring would say nothing.
  public typealias Measuring = @Sendable (Checkpoint, [Precision]) throws -> [Precision: Double]?

  private enum Source {
    case listed
    case recorded
    case measured(Measuring)
  }

  private let source: Source
  private let cache: PrecisionCache?
  private var kept: Precision?

  /// The static choice: nothing is measured, nothing is read.
  public static let listed = PrecisionSearch(source: .listed, cache: nil)

  /// A choice that was recorded, or the static one; never a measurement. What the parts of one run take.
  public static func recorded(in cache: PrecisionCache?) -> PrecisionSearch {
    PrecisionSearch(source: .recorded, cache: cache)
  }

  /// A choice that was recorded, or one by measuring now, which is then recorded.
  ///
  /// - Parameter rates: how fast each precision is; measured on the model's convolutions unless a test says otherwise.
  public static func measured(
    keptIn cache: PrecisionCache?, rates: @escaping Measuring = ConvolutionTrial.rates
  ) -> PrecisionSearch {
    PrecisionSearch(source: .measured(rates), cache: cache)
  }

  /// With the user's cache; the static choice where the environment variable NDC_MEASURE is `never`.
  ///
  /// - Parameter mayMeasure: whether a measurement may be made now.
  public static func ofUser(
    mayMeasure: Bool, _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> PrecisionSearch {
    if environment["NDC_MEASURE"] == "never" { return .listed }
    let cache = PrecisionCache.ofUser(environment)
    return mayMeasure ? .measured(keptIn: cache) : .recorded(in: cache)
  }

  /// Takes `precision`, where the model allows it, before anything else: that of a run that goes on.
  public func keeping(_ precision: Precision?) -> PrecisionSearch {
    var search = self
    search.kept = precision
    return search
  }

  private init(source: Source, cache: PrecisionCache?) {
    self.source = source
    self.cache = cache
  }

  /// The fastest of what the model allows.
  ///
  /// - Parameters:
  ///   - listed: the static choice.
  ///   - hasRanges: whether int8 is among what the model, with its companion, allows.
  func fastest(
    _ checkpoint: Checkpoint, unconditionalDigest: String?, listed: Precision, hasRanges: Bool,
    notice: (ModelNotice) -> Void
  ) throws -> Precision {
    let candidates = Precision.available(for: checkpoint).filter { $0 != .int8 || hasRanges }
    if let kept, candidates.contains(kept) { return kept }
    if case .listed = source { return listed }
    let key = PrecisionCache.Key(model: checkpoint.digest, unconditionalModel: unconditionalDigest)
    if let entry = cache?.entry(key), candidates.contains(entry.precision) {
      if entry.precision != listed { notice(.precisionRecorded(entry.precision, insteadOf: listed)) }
      return entry.precision
    }
    guard case .measured(let measure) = source, candidates.count > 1, let rates = try measure(checkpoint, candidates)
    else { return listed }
    let chosen = Self.decide(listed: listed, rates)
    notice(.precisionMeasured(chosen, listed: listed, rates: rates))
    let named = Dictionary(uniqueKeysWithValues: rates.map { ($0.key.rawValue, $0.value) })
    do {
      guard let cache else { throw InputError("neither XDG_CACHE_HOME nor HOME names a folder for it") }
      try cache.keep(.init(key: key, precision: chosen, rates: named))
    } catch let error as InputError {
      notice(.precisionNotKept("\(error)"))
    }
    return chosen
  }

  /// The static choice, unless another is faster by the margin.
  package static func decide(listed: Precision, _ rates: [Precision: Double]) -> Precision {
    let order = Precision.allCases
    // Of equals the more exact one.
    let best = order.filter { rates[$0] != nil }.max { rates[$0] ?? 0 < rates[$1] ?? 0 }
    guard let best, let fastest = rates[best], let own = rates[listed], fastest.isFinite, own > 0,
      fastest >= margin * own
    else { return listed }
    return best
  }
}

extension ConvolutionTrial {
  /// Measures a checkpoint; nil for one whose convolutions are too few to matter.
  public static let rates: PrecisionSearch.Measuring = { checkpoint, precisions in
    let trial = try ConvolutionTrial(checkpoint)
    return trial.arithmetic < PrecisionSearch.leastArithmetic ? nil : try trial.rates(precisions)
  }
}
