import Basics
import Diffusion
import Testing

@Suite struct EmptyClassTests {
  @Test func `a class without examples is allowed when asked for, and answers from far away`() throws {
    let shape = ImageShape(channels: 1, height: 1, width: 2)
    let denoiser = try AnalyticDenoiser(
      images: [0, 0, 1, 1], labels: [0, 2], imageShape: shape, classCount: 3, allowsEmptyClasses: true)
    let noise = ModelNoise(1)
    let found = try denoise(
      denoiser, [0, 1, 2, nil].map { DenoiserQuery(noise: noise, label: $0) }, [0, 1, 0, 1, 0, 1, 0, 1])
    #expect(found[0] == 0 && found[4] == 1 && found[2] > 1e6 && found.allSatisfy(\.isFinite))
    #expect(found[6] == 0.5, "the whole set has a mean without the empty class")
    #expect(denoiser.logDensity(of: [0, 1], noise: noise, label: 1) == -.infinity)
    #expect(denoiser.logDensity(of: [0, 1], noise: noise, label: 0).isFinite)
    #expect(throws: InputError.self) {
      try AnalyticDenoiser(images: [], labels: [], imageShape: shape, classCount: 2, allowsEmptyClasses: true)
    }
  }
}
