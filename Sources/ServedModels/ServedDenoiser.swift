import Basics
import Diffusion

/// D(x; s, y) of a model served elsewhere (Docs/Serving.md).
public struct ServedDenoiser: Denoiser {
  /// What stands for "no label" on the wire.
  static let noLabel: Int64 = -1

  public let model: ServedModel

  /// Finds out what is served there and how it behaves: some hundred evaluations.
  ///
  /// - Throws: as `ServedModel`.
  public init(at address: ServedAddress, _ settings: ServedSettings = ServedSettings()) throws {
    model = try ServedModel(.denoiser, at: address, settings)
  }

  public var imageShape: ImageShape { model.signature.imageShape }
  public var classCount: Int { model.signature.classCount }
  public var isUnconditionalAvailable: Bool { model.isUnconditionalAvailable }
  public var preferredBatchSize: Int { model.batch }

  public func makeEvaluator() throws -> any DenoiserEvaluator {
    ServedDenoiserEvaluator(try ServedRows(model))
  }

  public var isServedElsewhere: Bool { true }
  public func requireUnchanged() throws { try model.requireUnchanged() }

  /// Whether the label −1 is answered, found out by asking.
  static func answersWithoutLabel(_ exchange: InferenceExchange) throws -> Bool {
    let x = [Float](repeating: 0, count: exchange.signature.imageShape.count)
    return try x.withUnsafeBufferPointer { x in
      do {
        let answer = try exchange.ask(.init(x: x, sigma: [1], labels: [noLabel]), mayRefuse: true) { _ in }
        if case .rows = answer { return true }
        return false
      } catch let error as InputError where error.problem == InferenceExchange.notFinite {
        return false
      }
    }
  }
}

private final class ServedDenoiserEvaluator: DenoiserEvaluator {
  private let rows: ServedRows

  init(_ rows: ServedRows) { self.rows = rows }

  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    let size = rows.model.imageShape.count
    precondition(inputs.count == queries.count * size && outputs.count == inputs.count, "a row per query")
    func values(_ range: Range<Int>) -> Range<Int> { range.lowerBound * size..<range.upperBound * size }
    try rows.ask(queries.count) { range in
      InferenceExchange.Rows(
        x: UnsafeBufferPointer(rebasing: inputs[values(range)]),
        sigma: queries[range].map { Float($0.noise.sigma) },
        labels: queries[range].map { $0.label.map(Int64.init) ?? ServedDenoiser.noLabel })
    } receive: { range, answers in
      _ = UnsafeMutableBufferPointer(rebasing: outputs[values(range)]).update(fromContentsOf: answers)
    }
  }
}
