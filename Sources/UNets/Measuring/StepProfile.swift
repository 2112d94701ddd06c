import Basics
import Diffusion
import OneDNN

/// How long each step of a network takes: where an evaluation's time goes.
public struct StepProfile: Sendable {
  /// One step: a convolution, a normalisation, a product.
  public struct Step: Sendable {
    public var name: String
    public var kernel: String
    /// Operations of one run over a sub-batch; 0 for a step that multiplies no matrices.
    public var arithmetic: Int
    /// Of one run over a sub-batch: the shortest seen.
    public var seconds: Double
  }

  /// Images in a sub-batch.
  public var batch: Int
  public var steps: [Step]

  /// Runs the whole network `runs` times on one thread and keeps each step's shortest time, since whatever interrupts a
  /// step only ever lengthens it.
  ///
  /// - Throws: `EngineError`; `CancellationError`.
  public init(_ denoiser: UNetDenoiser, runs: Int) throws {
    let evaluator = try UNetEvaluator(denoiser.network)
    let program = denoiser.network.program
    batch = program.batch
    let size = denoiser.imageShape.count * batch
    let queries = [DenoiserQuery](
      repeating: DenoiserQuery(noise: ModelNoise(2), label: denoiser.classCount == 0 ? nil : 0), count: batch)
    let input = [Float](repeating: 0.25, count: size)
    var output = input
    try input.withUnsafeBufferPointer { input in
      try output.withUnsafeMutableBufferPointer { try evaluator.denoise(queries, inputs: input, outputs: $0) }
    }
    let seconds = try evaluator.shortestStepTimes(runs: runs)
    steps = zip(program.steps, seconds).map {
      Step(name: $0.name, kernel: $0.implementation, arithmetic: $0.arithmetic, seconds: $1)
    }
  }

  /// The time of one evaluation without the preparation of its input.
  public var secondsPerEvaluation: Double { steps.reduce(0) { $0 + $1.seconds } / Double(batch) }
}

extension UNetEvaluator {
  fileprivate func shortestStepTimes(runs: Int) throws -> [Double] {
    let clock = ContinuousClock()
    var shortest = [Double](repeating: .infinity, count: steps.count)
    for _ in 0..<runs {
      for (place, step) in steps.enumerated() {
        if Task.isCancelled { throw CancellationError() }
        let start = clock.now
        try step()
        shortest[place] = min(shortest[place], (clock.now - start) / .seconds(1))
      }
    }
    return shortest
  }
}
