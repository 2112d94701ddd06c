import Basics
import Certification
import Classifiers
import Datasets
import Diffusion
import Foundation
import Records
import Runs
import Testing

/// Certifying among some of a model's classes, over the labels of a data set.
@Suite struct RestrictedRunTests {
  /// Four points in model space, of which classes 1 and 3 are asked for.
  private static let denoiser = GaussianMixtureDenoiser(
    imageShape: ToyClassifier.shape,
    components: [[-1, 0, 1, -1], [-0.5, 0, 0.5, -1], [1, 1, -1, 1], [0.5, 0, -0.5, -1]].enumerated().map {
      .init(label: $0, mean: $1, variance: 0.05)
    })

  private static func classifier(_ labels: [Int]?) throws -> any LossClassifier {
    var specification = ClassifierSpecification(sigma: 0.25)
    specification.timesteps = 5
    specification.classes = try labels.map { try ClassSet($0) }
    return try specification.makeClassifier(denoiser: denoiser)
  }

  private static func manifest(
    _ run: ToyRun, _ classifier: any LossClassifier, _ others: OtherClasses?
  ) -> RunManifest {
    var manifest = run.manifest
    manifest.classifier.specification.classes = classifier.classes
    manifest.otherClasses = others
    return manifest
  }

  /// The records of a run over the toy's images, whose labels are 0, 1 and 2, or as `label` says.
  private static func records(
    _ others: OtherClasses?, count: Int = 3, resumingAt first: Int? = nil, label: @escaping @Sendable (Int) -> Int
  ) async throws -> [ImageRecord] {
    try await TemporaryFolder.with { folder in
      let classifier = try classifier([3, 1])
      for end in [first, count].compactMap(\.self) {
        var run = ToyRun(selectionSamples: 5, samples: 30)
        run.selection = ImageSelection(count: end)
        let directory = try RunDirectory(
          path: folder + "/run", manifest: manifest(run, classifier, others), indices: Array(0..<end), resume: true)
        _ = try await CertificationRun(
          executor: try VoteExecutor(base: classifier, sigma: PixelNoise(0.25), threads: 2, batch: 4),
          sigma: PixelNoise(0.25), rule: run.rule, seed: 5,
          images: { index in
            var image = try ToyRun.image(index)
            image.label = label(index)
            return image
          })(into: directory)
        if end == count { return ToyRun.timeless(directory.records) }
      }
      return []
    }
  }

  @Test func `records keep the model's labels, and an interrupted run leads to the same`() async throws {
    let records = try await Self.records(nil, count: 7) { $0 % 2 == 0 ? 1 : 3 }
    #expect(records.map(\.label) == [1, 3, 1, 3, 1, 3, 1] && Set(records.map(\.candidate)).isSubset(of: [1, 3]))
    #expect(records.allSatisfy { $0.votes.count == 2 && $0.evaluations == 35 * (3 * 2 + 1) })
    #expect(Set(records.map(\.candidate)).count == 2)
    #expect(try await Self.records(nil, count: 7, resumingAt: 2) { $0 % 2 == 0 ? 1 : 3 } == records)
  }

  @Test func `an image of another class ends the run, unless it is to count as wrong`() async throws {
    let error = await #expect(throws: InputError.self) { try await Self.records(nil) { $0 == 2 ? 0 : 1 } }
    #expect(error?.description.contains("image 2") == true && error?.expected == "classes 1 and 3")
    let records = try await Self.records(.countedWrong) { $0 == 2 ? 0 : 1 }
    #expect(records.map(\.label) == [1, 1, 0] && records[2].correct == false)
  }

  @Test func `votes cast again are the same`() async throws {
    let classifier = try Self.classifier([1, 3])
    let records = try await Self.records(.countedWrong) { _ in 0 }
    func findings(_ labels: [Int]) async throws -> [VoteRedraw.Finding] {
      try await VoteRedraw(
        executor: try VoteExecutor(base: try Self.classifier(labels), sigma: PixelNoise(0.25), threads: 1),
        sigma: PixelNoise(0.25), rule: ToyRun(selectionSamples: 5, samples: 30).rule, seed: 5,
        images: { index in
          var image = try ToyRun.image(index)
          image.label = 0
          return image
        }, isSameEngine: true, others: .countedWrong)(records.enumerated().map { ($0 + 1, $1) })
    }
    for finding in try await findings(classifier.classes.labels) {
      guard case .confirmed = finding else {
        Issue.record("\(finding)")
        continue
      }
    }
  }

  @Test func `classifying counts other classes as wrong only where that was asked for`() async throws {
    let executor = try VoteExecutor(base: try Self.classifier([1, 3]), sigma: nil, threads: 1)
    let run = ClassificationRun(executor: executor, seed: 1, images: ToyRun.image)
    await #expect(throws: InputError.self) { try await run([0, 1, 2]) }
    let report = try await ClassificationRun(
      executor: executor, seed: 1, images: ToyRun.image, others: .countedWrong)([0, 1, 2])
    #expect(report.images.map(\.label) == [0, 1, 2] && report.correct <= 1)
    #expect(report.images.allSatisfy { [1, 3].contains($0.predicted) })
    let errors = try await LevelErrorsRun(
      executor: executor, seed: 1, images: ToyRun.image, others: .countedWrong)([0, 1, 2])
    #expect(errors.allSatisfy { $0.errors.classCount == 2 })
    let losses = errors.map { ($0.index, $0.label, $0.errors.losses(weights: [1, 1, 1])) }
    let compared = ClassificationReport(losses, classes: executor.classes, seconds: 1)
    #expect(compared.images.allSatisfy { [1, 3].contains($0.predicted) })
  }

  @Test func `calibrating learns from the labels' places, and its entry names the classes`() async throws {
    var specification = ClassifierSpecification(sigma: 0.25)
    specification.classes = try ClassSet([3, 1])
    let run = CalibrationRun(
      denoiser: Self.denoiser, specification: specification,
      candidates: [0.75, 1, 2].map { .init(sigma: $0, weight: 1) }, mostLevels: 2, lossShare: 0.01, threads: 1,
      seed: 3,
      images: { index in
        let label = index % 4 < 2 ? 1 : 3
        let mean = Self.denoiser.components[label].mean
        return LabeledImage(index: index, pixels: mean.map { Float($0 / 2 + 0.5) }, label: label)
      })
    let result = try await run(Array(0..<60))
    #expect(result.entry.classes == specification.classes)
    #expect(result.fullAccuracy > 0.8)
    #expect((result.entry.evaluationsPerVote ?? .infinity) <= 2 * 2 + 1)
  }

  @Test func `an explanation names the classes of its losses, and tells the denoiser the model's label`() throws {
    let explainer = VoteExplainer(
      denoiser: Self.denoiser, classifier: try Self.classifier([1, 3]), sigma: PixelNoise(0.25), seed: 1,
      images: ToyRun.image)
    let explanation = try explainer.explain([0])[0]
    #expect(explanation.classes.labels == [1, 3] && explanation.losses.count == 2)
  }
}
