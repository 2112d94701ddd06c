import Basics
import Classifiers
import Diffusion
import TestSupport
import Testing

/// A denoiser whose evaluations answer more than one label, each as another denoiser would; counts them.
final class WideDenoiser: Denoiser {
  let base: any Denoiser
  let scope: EvaluationScope
  let evaluations = Mutex(0)

  init(_ base: any Denoiser, _ scope: EvaluationScope = .classesAndNone) {
    self.base = base
    self.scope = scope
  }

  var imageShape: ImageShape { base.imageShape }
  var classCount: Int { base.classCount }
  var isUnconditionalAvailable: Bool { base.isUnconditionalAvailable }
  var preferredBatchSize: Int { base.preferredBatchSize }
  func makeEvaluator() throws -> any DenoiserEvaluator { Evaluator(self, try base.makeEvaluator()) }

  private final class Evaluator: DenoiserEvaluator {
    let owner: WideDenoiser
    let base: any DenoiserEvaluator

    init(_ owner: WideDenoiser, _ base: any DenoiserEvaluator) {
      self.owner = owner
      self.base = base
    }

    func denoise(
      _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
    ) throws {
      owner.evaluations.withLock { $0 += queries.count }
      try base.denoise(queries, inputs: inputs, outputs: outputs)
    }

    func denoise(
      _ noises: [ModelNoise], labels: [Int?], inputs: UnsafeBufferPointer<Float>,
      outputs: UnsafeMutableBufferPointer<Float>
    ) throws {
      precondition(owner.scope == .classesAndNone || !labels.contains(nil))
      owner.evaluations.withLock { $0 += noises.count }
      let size = owner.imageShape.count
      for (row, noise) in noises.enumerated() {
        let input = UnsafeBufferPointer(rebasing: inputs[row * size..<(row + 1) * size])
        for (place, label) in labels.enumerated() {
          let start = (row * labels.count + place) * size
          try base.denoise(
            [DenoiserQuery(noise: noise, label: label)], inputs: input,
            outputs: UnsafeMutableBufferPointer(rebasing: outputs[start..<start + size]))
        }
      }
    }
  }
}

/// What one evaluation answers changes how many a vote takes, and no loss.
@Suite struct LevelPassesTests {
  private static let methods = ClassificationMethod.allCases.filter(\.hasLevels)
  private static let policies: [Elimination] = [
    .none, .siftAndRefine(SiftAndRefine(siftLevels: 2, siftThreshold: 0.5, refineThreshold: 1)),
    .race(Race(rule: .halving)),
  ]

  /// The losses of some inputs, with the evaluations announced and those made.
  private func losses(
    _ specification: ClassifierSpecification, _ denoiser: WideDenoiser, count: Int = 9
  ) throws -> (found: [ClassLosses], most: Int, made: Int) {
    denoiser.evaluations.withLock { $0 = 0 }
    let inputs = LossWorkerTests.inputs(count, like: smallMixture())
    let found = try specification.makeClassifier(denoiser: denoiser).makeWorker().classLosses(inputs)
    let most = try specification.evaluationsPerVote(classCount: denoiser.classCount, scope: denoiser.scope)
    return (found, most, denoiser.evaluations.withLock { $0 })
  }

  @Test(arguments: methods, [EvaluationScope.classes, .classesAndNone])
  func `an evaluation for all classes gives the same losses, and each level takes one`(
    method: ClassificationMethod, scope: EvaluationScope
  ) throws {
    for policy in Self.policies {
      for batch in [1, 7, 64] {
        var specification = LossWorkerTests.specification(method)
        specification.elimination = policy
        let each = try losses(specification, WideDenoiser(smallMixture(batch: batch), .oneLabel))
        let all = try losses(specification, WideDenoiser(smallMixture(batch: batch), scope))
        #expect(all.found.map(\.losses) == each.found.map(\.losses))
        #expect(all.made == all.found.reduce(0) { $0 + $1.evaluations })
        #expect(each.made == each.found.reduce(0) { $0 + $1.evaluations })
        #expect(all.found.allSatisfy { $0.evaluations <= all.most } && all.made < each.made / 2)
        guard policy == .none else { continue }
        let extra = method.needsUnconditional ? 1 : 0
        #expect(each.most - extra == 4 * (all.most - extra))
        #expect(all.found.allSatisfy { $0.evaluations == all.most })
      }
    }
  }

  @Test func `independent noise gives each class a picture of its own, and an evaluation`() throws {
    var specification = LossWorkerTests.specification(.approximatePosteriorFromInput)
    specification.noiseSharing = .independent
    specification.levels = [specification.smoothing.sigma, 1]
    let each = try losses(specification, WideDenoiser(smallMixture(), .oneLabel))
    let all = try losses(specification, WideDenoiser(smallMixture()))
    #expect(all.found == each.found && all.most == 2 * 4 + 1)
  }

  @Test(arguments: [[], [1.0], [1.0, 2.0]], policies)
  func `the level σ_τ of apndc-posterior is x̂'s own evaluation`(others: [Double], policy: Elimination) throws {
    var specification = ClassifierSpecification(method: .approximatePosteriorFromInput)
    let tau = specification.smoothing.sigma
    specification.levels = [tau] + others
    if case .siftAndRefine = policy, others.isEmpty { return }
    specification.elimination = policy
    let each = try losses(specification, WideDenoiser(smallMixture(), .oneLabel))
    let shared = try losses(specification, WideDenoiser(smallMixture()))
    #expect(shared.found.map(\.losses) == each.found.map(\.losses))
    #expect(shared.made == shared.found.reduce(0) { $0 + $1.evaluations })
    #expect(shared.most <= 1 + others.count)
    if others.isEmpty { #expect(shared.found.allSatisfy { $0.evaluations == 1 }) }
    // Another model's x̂ is an evaluation of its own.
    let classes = try losses(specification, WideDenoiser(smallMixture(), .classes))
    #expect(classes.found.map(\.losses) == each.found.map(\.losses))
    // Halving may end before it comes to σ_τ.
    #expect(classes.most == shared.most + 1 || (policy == .race(Race(rule: .halving)) && classes.most == shared.most))
  }

  @Test func `a level that differs from σ_τ by the last bit is another evaluation`() throws {
    var specification = ClassifierSpecification(method: .approximatePosteriorFromInput)
    specification.levels = [specification.smoothing.sigma.nextUp]
    let near = try losses(specification, WideDenoiser(smallMixture()))
    #expect(near.most == 2 && near.found.allSatisfy { $0.evaluations == 2 })
    // Around x̂, x_t is another picture than x_τ.
    specification.method = .approximatePosterior
    specification.levels = [specification.smoothing.sigma]
    #expect(try losses(specification, WideDenoiser(smallMixture())).most == 2)
  }

  @Test func `the level errors of a calibration are the same and know their evaluations`() throws {
    var specification = ClassifierSpecification(method: .approximatePosteriorFromInput)
    specification.levels = [specification.smoothing.sigma, 1, 2]
    let inputs = LossWorkerTests.inputs(5, like: smallMixture())
    func errors(_ scope: EvaluationScope) throws -> [LevelErrors] {
      let worker = try specification.makeClassifier(denoiser: WideDenoiser(smallMixture(), scope)).makeWorker()
      return try #require(worker as? any LossClassifierWorker).levelErrors(inputs)
    }
    let (each, all) = (try errors(.oneLabel), try errors(.classesAndNone))
    #expect(all.map(\.values) == each.map(\.values))
    #expect(all.allSatisfy { $0.evaluations == 3 && $0.passes == .sharingReconstruction(level: 0) })
    #expect(each.allSatisfy { $0.evaluations == 13 && $0.passes == .perClass })
    let samples = [each, all].map { $0.map { CalibrationSample(errors: $0, label: 1) } }
    let costs = samples.map {
      RaceCalibration(levels: [0, 1, 2], weights: [1, 1, 1], samples: $0, share: 0).evaluationsPerVote
    }
    // Beside x̂'s, one at each level but σ_τ, where nothing is dropped.
    #expect(costs[0] <= 12 && costs[1] <= 2 && costs[1] >= 0)
  }

  @Test(arguments: methods, policies)
  func `a denoiser averaged with its mirror image costs twice the passes, and all are counted`(
    method: ClassificationMethod, policy: Elimination
  ) throws {
    for scope in [EvaluationScope.oneLabel, .classes, .classesAndNone] {
      var specification = LossWorkerTests.specification(method)
      specification.elimination = policy
      let plain = try losses(specification, WideDenoiser(smallMixture(), scope))
      specification.symmetry = .mirror
      let twice = try losses(specification, WideDenoiser(smallMixture(), scope))
      #expect(twice.most == 2 * plain.most)
      #expect(twice.made == twice.found.reduce(0) { $0 + $1.evaluations })
      if policy == .none { #expect(twice.made == 2 * plain.made) }
      // The same as the classifier on a denoiser that is made beforehand.
      specification.symmetry = nil
      let made = try specification.makeClassifier(
        denoiser: SymmetricDenoiser(WideDenoiser(smallMixture(), scope), under: .mirror)
      ).makeWorker().classLosses(LossWorkerTests.inputs(9, like: smallMixture()))
      #expect(made == twice.found && made.map(\.losses) != plain.found.map(\.losses))
    }
  }

  @Test func `among some of the classes, an evaluation answers those`() throws {
    var specification = LossWorkerTests.specification(.approximatePosterior)
    specification.classes = try ClassSet([1, 3])
    let each = try losses(specification, WideDenoiser(smallMixture(), .oneLabel))
    let all = try losses(specification, WideDenoiser(smallMixture()))
    #expect(all.found.map(\.losses) == each.found.map(\.losses))
    #expect(all.found.allSatisfy { $0.losses.count == 2 } && all.most - 1 == (each.most - 1) / 2)
  }

  @Test func `beside a second model, only the classes share an evaluation`() throws {
    let pair = try PairedDenoiser(conditional: WideDenoiser(smallMixture()), unconditional: smallMixture())
    #expect(pair.scope == .classes)
    var specification = ClassifierSpecification(method: .approximatePosteriorFromInput)
    specification.levels = [specification.smoothing.sigma]
    let inputs = LossWorkerTests.inputs(6, like: smallMixture())
    let found = try specification.makeClassifier(denoiser: pair).makeWorker().classLosses(inputs)
    let plain = try specification.makeClassifier(denoiser: smallMixture()).makeWorker().classLosses(inputs)
    #expect(found.map(\.losses) == plain.map(\.losses) && found.allSatisfy { $0.evaluations == 2 })
  }
}
