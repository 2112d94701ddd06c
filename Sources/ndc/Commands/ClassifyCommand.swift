import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct ClassifyCommand: AsyncParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Accuracy of the base classifier on clean or noisy images, without a certificate.",
    discussion: """
      dc sees clean images and the noised classifiers see images with the smoothing noise, unless --clean or --noisy \
      says otherwise. Each image is classified once.

      Example: ndc classify --method dc --timesteps 14 --count 500 --weighting uniform
      """)

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Images") var data: DataOptions
  @OptionGroup(title: "Classifier") var classifier: ClassifierOptions
  @OptionGroup(title: "Classes") var classes: ClassOptions
  @OptionGroup(title: "Classes") var otherClasses: OtherClassOptions

  @Flag(help: "Classify the images as they are.")
  var clean = false

  @Flag(help: "Add the smoothing noise first.")
  var noisy = false

  @Option(help: ArgumentHelp("The noise's seed.", valueName: "s"))
  var seed = QuickDefaults.seed

  @Flag(
    help: "Compare the weightings edm, edm-reference, elbo and uniform on the same evaluations, nothing dropped early.")
  var compareWeightings = false

  @Flag(help: "Print one JSON object with every image's prediction.")
  var json = false

  mutating func validate() throws {
    if clean, noisy { throw ValidationError("--clean and --noisy exclude each other") }
    try otherClasses.check(classes)
    model.takeDefault(for: data.data)
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(classes.among)
      try plan.read(model)
      plan.read(data)
      plan.read(classifier.calibration)
      return plan
    }
  }

  func run() async throws {
    let mayAddNoise = noisy || (!clean && classifier.method != .diffusion)
    if mayAddNoise, !(classifier.sigma > 0) { throw UsageError("--sigma must be above 0 for noisy images") }
    if mayAddNoise { Hints.tell(sigma: classifier.sigma) }
    let preview = try ModelPreview(model, classifier.choice, classes)
    let opened = try await Waiting.during("reading the images") {
      try await data.open(
        for: preview.outline, defaultCount: 100, among: preview.classes, others: otherClasses.others,
        threads: model.workers)
    }
    let work = try Workload(preview, model, classifier.choice)
    let addsNoise = noisy || (!clean && work.specification.method != .diffusion)
    let executor = try VoteExecutor(
      base: work.classifier, sigma: addsNoise ? PixelNoise(classifier.sigma) : nil,
      threads: model.workers(for: work.model), batch: model.votesTogether(for: work.model))
    for line in work.model.announcement(workers: model.workers(for: work.model)) { Output.notice(line) }
    Output.notice(
      "\(work.description), \(addsNoise ? "images noisy at sigma \(classifier.sigma)" : "clean images"), seed \(seed)"
    )
    if compareWeightings, work.model.classifier != nil {
      throw ValidationError(
        "--compare-weightings compares what a denoiser's errors are weighted with; a classifier has none")
    }
    if compareWeightings { return try await compare(work, opened, executor) }
    let run = ClassificationRun(
      executor: executor, seed: seed, images: opened.provider, progress: RunProgress(), others: otherClasses.others)
    var latest: ClassificationReport?
    Interruption.keepWork()
    do {
      let report = try await run(opened.indices) { latest = $0 }
      try show(report)
    } catch let error as Interrupted {
      if let latest { try show(latest) }
      throw error
    }
  }

  /// Every weighting's losses are sums of the same errors: one pass serves all.
  private func compare(_ work: Workload, _ opened: WorkImages, _ executor: VoteExecutor) async throws {
    let clock = ContinuousClock()
    let start = clock.now
    let elements = try await LevelErrorsRun(
      executor: executor, seed: seed, images: opened.provider, progress: RunProgress(), others: otherClasses.others)(
        opened.indices)
    let seconds = (clock.now - start) / .seconds(1)
    var reports: [String: ClassificationReport] = [:]
    for weighting in LossWeighting.allCases where weighting != .learned {
      var specification = work.specification
      if specification.weighting == .learned { specification.levels = specification.calibration?.levels.map(\.sigma) }
      specification.weighting = weighting
      specification.elimination = .none
      let weights = try specification.makeClassifier(denoiser: work.model.denoiser).levelWeights
      reports[weighting.rawValue] = ClassificationReport(
        elements.map { ($0.index, $0.label, $0.errors.losses(weights: weights)) }, classes: executor.classes,
        seconds: seconds)
    }
    if json { return try Output.json(reports) }
    for (name, report) in reports.sorted(by: { $0.key < $1.key }) {
      Output.line("weighting      \(name)")
      try show(report)
      Output.line("")
    }
  }

  private func show(_ report: ClassificationReport) throws {
    if json { return try Output.json(report) }
    Output.line(report.table.trimmingCharacters(in: .newlines))
  }
}
