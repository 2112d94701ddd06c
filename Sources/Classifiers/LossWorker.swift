import Basics
import DequeModule
import Diffusion

/// The worker behind every classifier: evaluates the terms of a loss for many inputs, packed into full batches.
///
/// The squared errors of an (input, level, class) are computed by themselves and added in the order of the levels, so
/// the losses of an input never depend on its companions.
final class LossWorker: LossClassifierWorker, HelpedWorker {
  private let imageShape: ImageShape
  /// Of the network, for each evaluation.
  private let networkPasses: Int
  private let classCount: Int
  private let terms: [LossTerm]
  private let anchor: LossAnchor
  private let sharing: NoiseSharing
  private let weights: [Double]
  private let passes: LevelPasses
  private let everyClass: [Int?]
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
    networkPasses = denoiser.passes
    classCount = denoiser.classCount
    terms = plan.terms
    anchor = plan.anchor
    sharing = plan.sharing
    weights = plan.terms.map(\.weight)
    passes = plan.passes
    everyClass = Array(0..<denoiser.classCount)
    rounds = plan.elimination.rounds(levelCount: plan.terms.count)
    evaluator = try denoiser.makeEvaluator()
    batch = EvaluationBatch(
      partSize: max(1, denoiser.preferredBatchSize), pixelCount: imageShape.count, networkPasses: networkPasses)
    epsilon = [Float](repeating: 0, count: imageShape.count)
    noised = [Float](repeating: 0, count: imageShape.count)
  }

  func classLosses(_ inputs: [ClassifierInput]) throws -> [ClassLosses] {
    try votes(inputs, rounds: rounds).map {
      ClassLosses(losses: $0.losses, evaluations: networkPasses * $0.evaluations)
    }
  }

  func levelErrors(_ inputs: [ClassifierInput]) throws -> [LevelErrors] {
    try votes(inputs, rounds: Elimination.none.rounds(levelCount: terms.count)).map {
      LevelErrors(
        classCount: classCount, values: $0.errors, evaluations: networkPasses * $0.evaluations, passes: passes)
    }
  }

  func evaluate(_ part: Int, of parts: EvaluationParts) throws { try parts.evaluate(part, with: evaluator) }

  private func votes(_ inputs: [ClassifierInput], rounds: [VoteProgress.Round]) throws -> [VoteProgress] {
    for input in inputs {
      precondition(input.image.count == imageShape.count, "an image of \(input.image.count) values, not \(imageShape)")
    }
    let reconstructions = try reconstruct(inputs)
    let spent = anchor.reconstructionNoise == nil ? 0 : 1
    var votes = inputs.indices.map {
      VoteProgress(
        weights: weights, classCount: classCount, rounds: rounds, spent: spent, passes: passes,
        known: reconstructions?[$0].errors)
    }
    batch.begin(labels: passes.isForAllClasses ? everyClass : nil)
    // Votes go on as soon as their own answers are there, so that batches stay full until the last votes.
    ready.removeAll(keepingCapacity: true)
    ready.append(contentsOf: votes.indices.filter { !votes[$0].isDone })
    while true {
      guard let index = ready.popFirst() else {
        if batch.isEmpty { return votes }
        try flush(&votes)
        continue
      }
      let target = reconstructions?[index].image ?? inputs[index].image
      let base = if case .inputAimingAtReconstruction = anchor { inputs[index].image } else { target }
      for level in votes[index].beginRound() {
        try addEvaluations(at: level, of: index, base: base, target: target, noise: inputs[index].noise, to: &votes)
      }
    }
  }

  private struct Reconstruction {
    /// x̂.
    var image: [Float] = []
    /// ‖D(x_τ; σ_τ, y) − x̂‖² of every class, where the same evaluation answered.
    var errors: [Double]?
  }

  /// x̂ = D(x_τ; σ_τ, none) for every input, where the method needs it.
  private func reconstruct(_ inputs: [ClassifierInput]) throws -> [Reconstruction]? {
    guard let noise = anchor.reconstructionNoise else { return nil }
    batch.begin(labels: passes.knownLevel == nil ? nil : everyClass + [nil])
    var found = inputs.map { _ in Reconstruction() }
    for index in inputs.indices {
      batch.add(.init(noise: noise, label: nil), input: inputs[index].image, epsilon: nil, target: nil, tag: index)
      if batch.isFull(for: help) || index == inputs.count - 1 {
        try batch.evaluate(with: evaluator, help: help) { found[$0.tag] = reconstruction($1) }
      }
    }
    return found
  }

  /// - Parameter answers: x̂, after D of every class where the evaluation answered them.
  private func reconstruction(_ answers: UnsafeBufferPointer<Float>) -> Reconstruction {
    let last = UnsafeBufferPointer(rebasing: answers[(answers.count - imageShape.count)...])
    let errors = passes.knownLevel.map { _ in everyClass.indices.map { squaredDistance(answer($0, of: answers), last) }
    }
    return Reconstruction(image: Array(last), errors: errors)
  }

  private func answer(_ place: Int, of answers: UnsafeBufferPointer<Float>) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: answers[place * imageShape.count..<(place + 1) * imageShape.count])
  }

  private func addEvaluations(
    at level: Int, of index: Int, base: [Float], target: [Float], noise: any ClassifierNoise,
    to votes: inout [VoteProgress]
  ) throws {
    let term = terms[level]
    let shifted = term.shift != 0
    if passes.isForAllClasses {
      draw(term, base: base, noise: noise, label: nil)
      batch.add(
        .init(noise: term.noise, label: nil), input: noised, epsilon: shifted ? epsilon : nil, target: target,
        tag: index * terms.count + level)
      if batch.isFull(for: help) { try flush(&votes) }
      return
    }
    for (position, label) in votes[index].survivors.enumerated() {
      if position == 0 || sharing == .independent {
        draw(term, base: base, noise: noise, label: sharing == .shared ? nil : label)
      }
      batch.add(
        .init(noise: term.noise, label: label), input: noised, epsilon: shifted ? epsilon : nil, target: target,
        tag: (index * terms.count + level) * classCount + label)
      if batch.isFull(for: help) { try flush(&votes) }
    }
  }

  /// ε and x_t of a level.
  private func draw(_ term: LossTerm, base: [Float], noise: any ClassifierNoise, label: Int?) {
    epsilon.withUnsafeMutableBufferPointer { noise.fill($0, level: term.row, label: label) }
    for pixel in noised.indices {
      noised[pixel] = Float(Double(base[pixel]) + term.amplitude * Double(epsilon[pixel]))
    }
  }

  private func flush(_ votes: inout [VoteProgress]) throws {
    try batch.evaluate(with: evaluator, help: help) { slot, answers in
      let isReady: Bool
      let index: Int
      if passes.isForAllClasses {
        let (vote, level) = slot.tag.quotientAndRemainder(dividingBy: terms.count)
        let errors = everyClass.indices.map {
          slot.squaredError(of: answer($0, of: answers), shift: terms[level].shift)
        }
        isReady = votes[vote].record(errors, level: level)
        index = vote
      } else {
        let (rest, label) = slot.tag.quotientAndRemainder(dividingBy: classCount)
        let (vote, level) = rest.quotientAndRemainder(dividingBy: terms.count)
        let error = slot.squaredError(of: answers, shift: terms[level].shift)
        isReady = votes[vote].record(error, level: level, label: label)
        index = vote
      }
      if isReady { ready.append(index) }
    }
  }
}
