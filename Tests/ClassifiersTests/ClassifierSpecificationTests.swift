import Basics
import Classifiers
import Diffusion
import Foundation
import Testing

@Suite struct ClassifierSpecificationTests {
  @Test func `defaults are the command line's`() throws {
    let specification = ClassifierSpecification()
    #expect(specification.method.rawValue == "apndc")
    #expect(specification.weighting == .edm)
    #expect(try specification.evaluationsPerVote(classCount: 10) == 1241)
    #expect("\(specification)" == "apndc, σ = 0.25, 126 points, weighting edm")
    #expect(ClassifierSpecification.paper().weighting == .edmReference)
    #expect(
      ClassificationMethod.allCases.map(\.rawValue)
        == ["apndc", "apndc-posterior", "epndc", "dc", "denoise-classify", "classifier"])
  }

  @Test func `votes of an ordinary classifier have no levels`() {
    var specification = ClassifierSpecification(method: .denoiseThenClassify, sigma: 0.5)
    specification.elimination = .siftAndRefine(SiftAndRefine(siftLevels: 1, siftThreshold: 2))
    #expect(specification.description.contains("126 points"))
    #expect(
      specification.description(byClassifier: true) == "denoise-classify by a served classifier, σ = 0.5")
    let classifier = ClassifierSpecification(method: .classifier, sigma: 0.5)
    #expect(classifier.description(byClassifier: true) == "classifier, σ = 0.5")
  }

  @Test(arguments: [(ClassificationMethod.exactPosterior, 1190), (.diffusion, 1240), (.denoiseThenClassify, 1241)])
  func `the reference protocol's evaluations`(method: ClassificationMethod, expected: Int) throws {
    #expect(try ClassifierSpecification(method: method).evaluationsPerVote(classCount: 10) == expected)
  }

  @Test func `survives JSON`() throws {
    var specification = ClassifierSpecification(method: .exactPosterior, sigma: 0.5)
    specification.weighting = .learned
    specification.calibration = try Calibration(levels: [.init(sigma: 1.2, weight: 1), .init(sigma: 2, weight: 2)])
    specification.elimination = .siftAndRefine(SiftAndRefine(siftLevels: 1, siftThreshold: 2))
    specification.noiseSharing = .independent
    let again = try JSONDecoder().decode(
      ClassifierSpecification.self, from: JSONEncoder().encode(specification))
    #expect(again == specification)
    // Records of classifiers without one are what they always were.
    #expect(!String(decoding: try JSONEncoder().encode(specification), as: UTF8.self).contains("symmetry"))
    specification.symmetry = .mirror
    #expect(
      try JSONDecoder().decode(ClassifierSpecification.self, from: JSONEncoder().encode(specification))
        == specification)
    #expect(specification.description.contains("averaged over the mirrored picture"))
  }

  @Test func `an ordinary classifier has no denoiser to average`() throws {
    var specification = ClassifierSpecification(method: .classifier)
    try specification.validate()
    specification.symmetry = .mirror
    #expect(throws: UsageError.self) { try specification.validate() }
  }

  static let impossible: [@Sendable (inout ClassifierSpecification) -> Void] = [
    { $0.sigma = 1.5 }, { $0.sigma = -0.1 }, { $0.sigma = .nan }, { $0.sigma = 0 }, { $0.timesteps = 2 },
    {
      $0.method = .exactPosterior; $0.timesteps = 7
    },
    {
      $0.method = .exactPosterior; $0.skipSteps = -1
    },
    { $0.weighting = .learned }, { $0.levels = [] }, { $0.levels = [2, 1] }, { $0.levels = [0.4, 1] },
    {
      $0.method = .exactPosterior; $0.levels = [0.4, 0.5]
    },
    { $0.elimination = .siftAndRefine(SiftAndRefine(siftLevels: 125, siftThreshold: 1)) },
    {
      $0.weighting = .learned
      $0.calibration = try? Calibration(levels: [.init(sigma: 2, weight: 1)])
      $0.levels = [1, 2]
    },
    {
      $0.method = .approximatePosteriorFromInput
      $0.weighting = .learned
      $0.calibration = try? Calibration(levels: [.init(sigma: 2, weight: 1, amplitude: 0)])
    },
  ]

  @Test(arguments: impossible.indices)
  func `impossible combinations are usage errors`(index: Int) {
    var specification = ClassifierSpecification()
    Self.impossible[index](&specification)
    #expect(throws: UsageError.self) { try specification.validate() }
    #expect(throws: UsageError.self) { try specification.makeClassifier(denoiser: smallMixture()) }
    #expect(throws: UsageError.self) { try specification.evaluationsPerVote(classCount: 10) }
  }

  @Test func `dc needs no smoothing noise and its grid does not depend on it`() throws {
    var specification = ClassifierSpecification(method: .diffusion, sigma: 0)
    try specification.validate()
    let grid = try specification.grid()
    specification.sigma = 2
    #expect(try specification.grid() == grid)
  }

  @Test func `a calibration of one level is a classifier`() throws {
    var specification = ClassifierSpecification(sigma: 0.5)
    specification.weighting = .learned
    specification.calibration = try Calibration(levels: [.init(sigma: 2, weight: 1)])
    #expect(try specification.evaluationsPerVote(classCount: 4) == 5)
    let worker = try specification.makeClassifier(denoiser: smallMixture()).makeWorker()
    #expect(try worker.classLosses(LossWorkerTests.inputs(1, like: smallMixture()))[0].prediction != nil)
  }

  /// A model that always needs a label.
  struct ConditionalOnly: Denoiser {
    let base = smallMixture()
    var imageShape: ImageShape { base.imageShape }
    var classCount: Int { base.classCount }
    let isUnconditionalAvailable = false
    var preferredBatchSize: Int { base.preferredBatchSize }
    func makeEvaluator() -> any DenoiserEvaluator { base.makeEvaluator() }
  }

  @Test(arguments: ClassificationMethod.allCases.filter(\.hasLevels))
  func `a model without an unconditional answer suits the methods without x̂ alone`(
    method: ClassificationMethod
  ) throws {
    let specification = ClassifierSpecification(method: method)
    if method.needsUnconditional {
      #expect(throws: InputError.self) { try specification.makeClassifier(denoiser: ConditionalOnly()) }
    } else {
      #expect(try specification.makeClassifier(denoiser: ConditionalOnly()).classCount == 4)
    }
  }

  @Test func `the most evaluations are those of the elimination`() throws {
    var specification = ClassifierSpecification.fast(sigma: 0.5)
    // 1000 + 500 + 250 + 125 + 63 and x̂; without halving 5 001.
    #expect(try specification.evaluationsPerVote(classCount: 1000) == 1939)
    specification.method = .diffusion
    #expect(try specification.evaluationsPerVote(classCount: 1000) == 1938)
    // Margins may keep every class.
    specification.elimination = .race(Race(rule: .margins([1, 1, 1, 1, 1])))
    #expect(try specification.evaluationsPerVote(classCount: 1000) == 5000)
    specification.elimination = .siftAndRefine(SiftAndRefine(siftLevels: 2, siftThreshold: 1))
    #expect(try specification.evaluationsPerVote(classCount: 1000) == 5000)
  }
}
