import NoisedDiffusionClassifiers
import Testing

@Suite struct SmoothedClassifierCertifyTests {
  private let settings = CastingSettings(seed: 5, image: 3, threads: 2)

  @Test func `gives the same result as a run's code on the same seed, index and rule`() async throws {
    let smoothed = try Mixture.smoothed()
    let executor = try VoteExecutor(smoothed, threads: 1, batch: 3)
    for rule in [
      CertificationRule.fixed(try Certify(selectionSamples: 10, samples: 200, alpha: 0.001)),
      .targets(try .fast([0.1])), .tolerance(try .fast(sigma: smoothed.sigma)),
    ] {
      let votes = ImageVotes(executor: executor, pixels: Mixture.picture.pixels, seed: 5, image: 3)
      let expected = try await rule(votes, sigma: smoothed.sigma)
      #expect(try await smoothed.certify(Mixture.picture, rule: rule, settings: settings) == expected)
      var other = settings
      other.image = 4
      #expect(try await smoothed.certify(Mixture.picture, rule: rule, settings: other) != expected)
    }
  }

  @Test func `certifies the mixture's class within its true radius, and comes near it`() async throws {
    let result = try await Mixture.smoothed().certify(
      Mixture.picture, rule: .fixed(Certify(selectionSamples: 50, samples: 4000, alpha: 1e-6)), settings: settings)
    let radius = try #require(result.outcome.radius)
    #expect(result.outcome.label == 1)
    #expect(radius <= Mixture.trueRadius)
    #expect(radius >= 0.75 * Mixture.trueRadius)
  }

  @Test func `predicts the same class, with the votes of the purpose prediction`() async throws {
    let smoothed = try Mixture.smoothed()
    let predict = try Predict(samples: 60, alpha: 0.001)
    let executor = try VoteExecutor(smoothed, threads: 1)
    let expected = try await predict(
      ImageVotes(executor: executor, pixels: Mixture.picture.pixels, seed: 5, image: 3))
    let result = try await smoothed.predict(Mixture.picture, rule: predict, settings: settings)
    #expect(result == expected)
    #expect(result.label == 1)
  }

  @Test func `refuses pictures of another size, values that are not finite and impossible settings`() async throws {
    let smoothed = try Mixture.smoothed()
    let small = Picture(shape: ImageShape(channels: 1, height: 1, width: 2), pixels: [0, 0])
    let infinite = Picture(shape: Mixture.shape, pixels: [0, 0, .infinity, 0])
    await #expect(throws: InputError.self) { try await smoothed.certify(small) }
    await #expect(throws: InputError.self) { try await smoothed.certify(infinite) }
    #expect(throws: InputError.self) { try smoothed.bounds(of: infinite) }
    await #expect(throws: UsageError.self) {
      try await smoothed.certify(Mixture.picture, settings: CastingSettings(threads: 0))
    }
    #expect(throws: UsageError.self) { try SmoothedClassifier(smoothed.base, sigma: 0) }
  }

  @Test func `takes the noise that the classifier was made for, and no other`() throws {
    let classifier = try Mixture.smoothed().base
    #expect(try SmoothedClassifier(classifier).sigma == PixelNoise(Mixture.sigma))
    #expect(throws: UsageError.self) { try SmoothedClassifier(classifier, sigma: 2 * Mixture.sigma) }
    for method in ClassificationMethod.allCases.filter(\.hasLevels) {
      var specification = ClassifierSpecification(method: method, sigma: 0.3)
      #expect(try specification.makeClassifier(denoiser: Mixture.denoiser).smoothing == PixelNoise(0.3))
      guard method == .diffusion else { continue }
      specification.sigma = 0
      #expect(try specification.makeClassifier(denoiser: Mixture.denoiser).smoothing == nil)
    }
    // A classifier of one's own has none.
    #expect(try SmoothedClassifier(Coin(probability: 0.5), sigma: 2).sigma == PixelNoise(2))
    #expect(throws: UsageError.self) { try SmoothedClassifier(Coin(probability: 0.5)) }
  }

  @Test func `draws another seed each time unless it is named`() {
    #expect(CastingSettings().seed != CastingSettings().seed)
  }
}
