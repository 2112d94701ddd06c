import ArgumentParser
import Basics
import Certification
import Classifiers
import Foundation
import Runs

struct ClassifyCommand: AsyncParsableCommand {
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

  @Flag(help: "Classify the images as they are.")
  var clean = false

  @Flag(help: "Add the smoothing noise first.")
  var noisy = false

  @Option(help: ArgumentHelp("The noise's seed.", valueName: "s"))
  var seed = QuickDefaults.seed

  @Option(help: ArgumentHelp("Images a worker takes at once; results do not depend on it.", valueName: "k"))
  var batch = VoteExecutor.defaultBatch

  @Flag(help: "Print one JSON object with every image's prediction.")
  var json = false

  mutating func validate() throws {
    if clean, noisy { throw ValidationError("--clean and --noisy exclude each other") }
    if batch < 1 { throw ValidationError("--batch \(batch): must be at least 1") }
  }

  func run() async throws {
    let work = try Workload(model, classifier)
    let opened = try data.open(for: work.model, defaultCount: 100)
    let addsNoise = noisy || (!clean && classifier.method != .diffusion)
    if addsNoise, !(classifier.sigma > 0) { throw UsageError("--sigma must be above 0 for noisy images") }
    let executor = try VoteExecutor(
      base: work.classifier, sigma: addsNoise ? PixelNoise(classifier.sigma) : nil, threads: work.threads,
      batch: batch)
    Output.notice("\(work.model.architecture), \(work.model.precision.rawValue), \(work.threads) threads")
    Output.notice(
      "\(work.specification), \(addsNoise ? "noisy at sigma \(classifier.sigma)" : "clean") images, seed \(seed)")
    let run = ClassificationRun(executor: executor, seed: seed, images: opened.provider, progress: RunProgress())
    var latest: ClassificationReport?
    do {
      let report = try await run(opened.indices) { latest = $0 }
      try show(report)
    } catch let error as Interrupted {
      if let latest { try show(latest) }
      throw error
    }
  }

  private func show(_ report: ClassificationReport) throws {
    if json { return try Output.json(report) }
    Output.line(report.table.trimmingCharacters(in: .newlines))
  }
}
