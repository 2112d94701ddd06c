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
    ServedDenoiserEvaluator(model, try model.makeExchange())
  }

  public var isServedElsewhere: Bool { true }
  public func requireUnchanged() throws { try model.requireUnchanged(model.makeExchange()) }

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
  private let model: ServedModel
  private let exchange: InferenceExchange
  /// The first connection of an evaluator is not a new one: the fingerprint was taken moments ago.
  private var isConnected = false

  init(_ model: ServedModel, _ exchange: InferenceExchange) {
    self.model = model
    self.exchange = exchange
  }

  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    let size = model.signature.imageShape.count
    precondition(inputs.count == queries.count * size && outputs.count == inputs.count, "a row per query")
    var start = 0
    while start < queries.count {
      let end = min(start + model.batch, queries.count)
      let part = queries[start..<end]
      let rows = InferenceExchange.Rows(
        x: UnsafeBufferPointer(rebasing: inputs[start * size..<end * size]),
        sigma: part.map { Float($0.noise.sigma) },
        labels: part.map { $0.label.map(Int64.init) ?? ServedDenoiser.noLabel })
      let answer = try exchange.ask(rows) {
        _ = UnsafeMutableBufferPointer(rebasing: outputs[start * size..<end * size]).update(fromContentsOf: $0)
      }
      if case .rows(isOnNewConnection: true) = answer {
        // Whoever answers there now may be another model: nothing is used before it is known.
        if isConnected { try model.requireUnchanged(exchange) }
      }
      isConnected = true
      start = end
    }
  }
}
