import Foundation
import NoisedDiffusionClassifiers
import Testing

/// Some of a model's classes, from a choice to a calibration.
@Suite struct RestrictedWorkTests {
  private static func model() throws -> DiffusionModel {
    try DiffusionModel.load(Fixture.tinyNetwork, precision: .fp32)
  }

  @Test func `a workload among some classes counts their evaluations alone, and its record names them`() throws {
    var choice = ClassifierChoice()
    choice.timesteps = 4
    choice.classes = try ClassSet([8, 3])
    let work = try Workload(Self.model(), choice.chosen(for: Self.model()))
    #expect(try work.evaluationsPerVote() == 2 * 2 + 1)
    #expect(work.classifier.classes.labels == [3, 8])
    #expect(RunManifest.Classifier(work).description.hasSuffix("among classes 3 and 8"))
  }

  @Test func `a calibration of other classes beside the model is not used, and that is said`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("model.pkl").path
    try FileManager.default.copyItem(atPath: Fixture.tinyNetwork, toPath: file)
    let model = try DiffusionModel.load(file, precision: .fp32)
    let levels = try Calibration(levels: [.init(sigma: 2, weight: 1)])
    func write(_ classes: [ClassSet?]) throws {
      let entries = classes.map {
        CalibrationTable.Entry(sigma: 0.25, method: .approximatePosterior, classes: $0, levels: levels)
      }
      try CalibrationTable(model: model.weightsDigest(), entries: entries)
        .write(to: CalibrationTable.path(besideModel: file))
    }
    func chosen(_ classes: ClassSet?, file: String? = nil) throws -> (learned: Bool, notices: [String]) {
      var choice = ClassifierChoice()
      choice.classes = classes
      choice.calibration = file
      var notices: [String] = []
      let chosen = try choice.chosen(for: model) { notices.append($0.description) }
      return (chosen.specification.weighting == .learned, notices)
    }
    let some = try ClassSet([8, 3])
    let beside = CalibrationTable.path(besideModel: file)

    try write([nil])
    #expect(try chosen(nil).learned && chosen(nil).notices.isEmpty)
    #expect(try !chosen(some).learned)
    #expect(try chosen(some).notices[0].contains("was made among all classes and is not used"))
    let error = #expect(throws: UsageError.self) { try chosen(some, file: beside) }
    #expect(error?.description.contains("among classes 3 and 8; it was made among all classes") == true)

    try write([some])
    #expect(try chosen(some).learned && chosen(some).notices.isEmpty)
    for others in [nil, try ClassSet([3, 7]), try ClassSet([3, 7, 8])] {
      #expect(try !chosen(others).learned)
      #expect(try chosen(others).notices[0].contains("was made among classes 3 and 8 and is not used"))
      #expect(throws: UsageError.self) { try chosen(others, file: beside) }
    }
    try write([nil, some])
    #expect(try chosen(some).learned && chosen(nil).learned)
  }

  @Test func `selected images of other classes are refused, skipped or kept`() throws {
    let model = try DiffusionModel.load(Fixture.resources.appendingPathComponent(BundledModel.mnist.file).path)
    // Labels 7, 2, 1, 0, 4, 1.
    let images = try WorkImages("mnist", for: model, resources: Fixture.resources) { _ in ImageSelection(count: 6) }
    #expect(try images.among(nil).indices == Array(0..<6))
    let classes = try ClassSet([1, 7])
    let refused = #expect(throws: OtherClassesError.self) { try images.among(classes) }
    #expect(refused?.error.problem.hasPrefix("3 of the 6 selected images") == true)
    #expect(refused?.error.found == "image 1 has label 2, image 3 has label 0, image 4 has label 4")
    #expect(try images.among(classes, others: .countedWrong).indices == Array(0..<6))
    let kept = try images.among(classes, others: .skipped)
    #expect(kept.indices == [0, 2, 5])
    #expect(try kept.selection.indices(inDatasetOf: kept.images.count) == [0, 2, 5])
    #expect(throws: InputError.self) { try images.among(ClassSet([8, 9]), others: .skipped) }
    // All images are of these: nothing is skipped, and the selection stays as it was named.
    #expect(try images.among(ClassSet([0, 1, 2, 4, 7]), others: .skipped).selection == ImageSelection(count: 6))
  }

  @Test func `calibrating among some classes takes their images alone`() throws {
    func calibrator(skips: Bool, _ images: Int = 200) throws -> ModelCalibrator {
      try ModelCalibrator(
        Self.model(), images: PlainImages(count: images), source: "plain", count: 30, classes: ClassSet([8, 3]),
        skipsOthers: skips, seed: 1, threads: 1)
    }
    #expect(throws: OtherClassesError.self) { try calibrator(skips: false) }
    let taken = try calibrator(skips: true)
    #expect(Set(taken.indices.map { $0 % 10 }) == [3, 8] && Set(taken.indices).count == 30)
    #expect(taken.mostEvaluations(candidates: 3) == 30 * 13 / 2 * 2)
    #expect(throws: InputError.self) { try calibrator(skips: true, 90) }
  }

  @Test func `a picture's certificate names the model's label`() async throws {
    let mixture = GaussianMixtureDenoiser(
      imageShape: Mixture.shape,
      components: [0, -0.5, 0, 0.5].enumerated().map {
        .init(label: $0, mean: Array(repeating: $1, count: 4), variance: 0.01)
      })
    var specification = ClassifierSpecification.fast(sigma: Mixture.sigma)
    specification.classes = try ClassSet([3, 1])
    let smoothed = try SmoothedClassifier(specification.makeClassifier(denoiser: mixture))
    let picture = Picture(shape: Mixture.shape, pixels: Array(repeating: 0.75, count: 4))
    let settings = CastingSettings(seed: 3, threads: 1)
    let result = try await smoothed.certify(picture, settings: settings)
    #expect(result.outcome.label == 3 && result.estimation.counts.classes.labels == [1, 3])
    var last: TighteningBound?
    for try await bound in try smoothed.bounds(of: picture, settings: settings) { last = bound }
    #expect(last?.candidate == 3 && last?.successes == result.estimation.successes(of: 3))
  }
}
