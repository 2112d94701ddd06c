// Certifies pictures under a denoiser of one's own, beside the radius that is known to be the true one.
import NoisedDiffusionClassifiers

let denoiser = TwoGaussians()
let classifier = try ClassifierSpecification.fast(sigma: 0.25).makeClassifier(denoiser: denoiser)
let smoothed = try SmoothedClassifier(classifier)
let rule = CertificationRule.fixed(try Certify(selectionSamples: 100, samples: 10_000, alpha: 0.001))

print("class  certified radius     true radius")
for (index, value) in [Float(0.25), 0.4, 0.55, 0.75].enumerated() {
  let picture = Picture(shape: denoiser.imageShape, pixels: Array(repeating: value, count: 4))
  let settings = CastingSettings(seed: 1, image: UInt32(index))
  let result = try await smoothed.certify(picture, rule: rule, settings: settings)
  let radius = result.outcome.radius ?? 0
  print("\(result.candidate)      \(radius)  \(denoiser.trueRadius(of: picture))")
  guard radius <= denoiser.trueRadius(of: picture) else { throw UsageError("a certificate beyond the true radius") }
}
