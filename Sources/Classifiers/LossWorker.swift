import Basics
import DequeModule
import Diffusion

/// The worker behind every classifier: evaluates the terms of a loss for many inputs, packed into full batches.
///
/// The squared errors of an (input, level, class) are computed by themselves and added in the order of the levels, so
/// the losses of an input never depend on its companions.
final class LossWorker: LossClassifierWorker, HelpedWorker {
  private let imageShape: ImageShape
  private let classCount: Int
  private let terms: [LossTerm]
  private let anchor: LossAnchor
  private let sharing: NoiseSharing
  private let weights: [Double]
  private let rounds: [VoteProgress.Round]
  private let evaluator: any DenoiserEvaluator
  var help: (any EvaluationHelp)?
  private let batch: EvaluationBatch
  private var epsilon: [Float]
  private var noised: [Float]
  /// Votes whose next round can begin, in the order in which they got there.
  private var ready: Deque<Int> = []

  init(_ plan: EvaluationPlan) throws {
    let denoiser = plan.denoiser
    imageShape = denoiser.imageShape
    classCount = denoiser.classCount
    terms = plan.terms
    anchor = plan.anchor
    sharing = plan.sharing
    weights = plan.terms.map(\.weight)
    rounds = plan.elimination.rounds(levelCount: plan.terms.count)
    evaluator = try denoiser.makeEvaluator()
    batch = EvaluationBatch(partSize: max(1, denoiser.preferredBatchSize), pixelCount: imageShape.count)
    epsilon = [Float](repeating: 0, count: imageShape.count)
    noised = [Float](repeating: 0, count: imageShape.count)
  }

  func classLosses(_ inputs: [ClassifierInput]) throws -> [ClassLosses] {
    try votes(inputs, rounds: rounds).map(\.losses)
  }

  func levelErrors(_ inputs: [ClassifierInput]) throws -> [LevelErrors] {
    try votes(inputs, rounds: Elimination.none.rounds(levelCount: terms.count)).map {
      LevelErrors(classCount: classCount, values: $0.errors, evaluations: $0.evaluations)
    }
  }

  func evaluate(_ part: Int, of parts: EvaluationParts) throws { try parts.evaluate(part, with: evaluator) }

  private func votes(_ inputs: [ClassifierInput], rounds: [VoteProgress.Round]) throws -> [VoteProgress] {
    for input in inputs {
      precondition(input.image.count == imageShape.count, "an image of \(input.image.count) values, not \(imageShape)")
    }
    let reconstructions = try reconstruct(inputs)
    let spent = anchor.reconstructionNoise == nil ? 0 : 1
    var votes = inputs.map { _ in
      VoteProgress(weights: weights, classCount: classCount, rounds: rounds, spent: spent)
    }
    // Votes go on as soon as their own answers are there, so that batches stay full until the last votes.
    ready.removeAll(keepingCapacity: true)
    ready.append(contentsOf: votes.indices.filter { !votes[$0].isDone })
    while true {
      guard let index = ready.popFirst() else {
        if batch.isEmpty { return votes }
        try flush(&votes)
        continue
      }
      let target = reconstructions?[index] ?? inputs[index].image
      let base = if case .inputAimingAtReconstruction = anchor { inputs[index].image } else { target }
      for level in votes[index].beginRound() {
        try addEvaluations(at: level, of: index, base: base, target: target, noise: inputs[index].noise, to: &votes)
      }
    }
  }

  /// x̂ = D(x_τ; σ_τ, none) for every input, where the method needs it.
  private func reconstruct(_ inputs: [ClassifierInput]) throws -> [[Float]]? {
    guard let noise = anchor.reconstructionNoise else { return nil }
    var images = inputs.map { _ in [Float]() }
    for index in inputs.indices {
      batch.add(.init(noise: noise, label: nil), input: inputs[index].image, epsilon: nil, target: nil, tag: index)
      if batch.isFull(for: help) || index == inputs.count - 1 {
        try batch.evaluate(with: evaluator, help: help) { images[$0.tag] = Array($1) }
      }
    }
    return images
  }

  private func addEvaluations(
    at level: Int, of index: Int, base: [Float], target: [Float], noise: any ClassifierNoise,
    to votes: inout [VoteProgress]
  ) throws {
    let term = terms[level]
    for (position, label) in votes[index].survivors.enumerated() {
      if position == 0 || sharing == .independent {
        epsilon.withUnsafeMutableBufferPointer {
          noise.fill($0, level: term.row, label: sharing == .shared ? nil : label)
        }
        for pixel in noised.indices {
          noised[pixel] = Float(Double(base[pixel]) + term.amplitude * Double(epsilon[pixel]))
        }
      }
      batch.add(
        .init(noise: term.noise, label: label), input: noised, epsilon: term.shift == 0 ? nil : epsilon,
        target: target, tag: (index * terms.count + level) * classCount + label)
      if batch.isFull(for: help) { try flush(&votes) }
    }
  }

  private func flush(_ votes: inout [VoteProgress]) throws {
    try batch.evaluate(with: evaluator, help: help) { slot, denoised in
      let (rest, label) = slot.tag.quotientAndRemainder(dividingBy: classCount)
      let (index, level) = rest.quotientAndRemainder(dividingBy: terms.count)
      let term = terms[level]
      let error = slot.squaredError(of: denoised, shift: term.shift)
      if votes[index].record(error, level: level, label: label) { ready.append(index) }
    }
  }
}
