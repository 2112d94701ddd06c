import ArgumentParser
import Basics
import Certification
import Classifiers
import Datasets
import Foundation
import Noise
import Reports
import Runs

struct PredictCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Classify pictures, each with a certified radius or an abstention.",
    discussion: """
      Pictures are PNG, JPEG or .npy of the model's size (28x28 digits are padded to 32x32; --resize fits any other, and \
      the radius is then about the resized picture). The noise is drawn from \
      the system's generator unless --seed is given: whoever knows the noise beforehand can search for pictures on which \
      the estimate fails.

      Example: ndc predict digit.png --sigma 0.5 --samples 500
      """)

  @Argument(help: ArgumentHelp("Pictures to classify.", valueName: "image"))
  var images: [String]

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Classifier") var classifier: ClassifierOptions
  @OptionGroup(title: "Certificate") var smoothing: SmoothingOptions

  @Option(
    help: ArgumentHelp("The noise's seed. Default: drawn from the system's generator, and printed.", valueName: "s"))
  var seed: UInt64?

  @Flag(help: "Resize pictures to the model's size and channels.")
  var resize = false

  @Option(
    help: ArgumentHelp(
      "Write a page that shows each picture, a noisy copy, its denoising, the loss of every class and the votes.",
      valueName: "out.html"))
  var explain: String?

  @Flag(help: "Print one JSON object per picture, a line each.")
  var json = false

  private struct Line: Encodable {
    var image: String
    var prediction: Prediction
    var seed: UInt64
    var sigma: Double
    var alpha: Double
    var precision: String

    enum Keys: String, CodingKey { case image, seed, sigma, alpha, precision }

    func encode(to encoder: any Encoder) throws {
      try prediction.encode(to: encoder)
      var container = encoder.container(keyedBy: Keys.self)
      try container.encode(image, forKey: .image)
      try container.encode(seed, forKey: .seed)
      try container.encode(sigma, forKey: .sigma)
      try container.encode(alpha, forKey: .alpha)
      try container.encode(precision, forKey: .precision)
    }
  }

  func run() async throws {
    try SmoothedClassifier.check(PixelNoise(classifier.sigma))
    let rule = try smoothing.rule(preset: classifier.preset, sigma: PixelNoise(classifier.sigma))
    let work = try Workload(model, classifier)
    let smoothed = try SmoothedClassifier(base: work.classifier, sigma: PixelNoise(classifier.sigma))
    let pictures = try images.enumerated().map { index, path in
      var picture = try PictureFile.read(path)
      if resize { picture = try picture.resized(to: work.model.denoiser.imageShape) }
      let adapter = try ImageAdapter(from: picture.shape, to: work.model.denoiser.imageShape, file: path)
      return RunImage(index: index, label: nil, pixels: adapter.apply(picture.pixels))
    }
    let seed = seed ?? SystemSeed.draw()
    Output.notice("\(work.specification), seed \(seed)")
    let executor = try VoteExecutor(smoothed, threads: work.threads)
    let run = PredictionRun(
      executor: executor, sigma: smoothed.sigma, rule: .certify(rule), seed: seed, progress: RunProgress())
    var results: [(String, Prediction)] = []
    do {
      _ = try await run(pictures) { results.append((images[$0.index], $1)) }
    } catch let error as Interrupted {
      try show(results, work, seed: seed)
      throw error
    }
    try show(results, work, seed: seed)
    if let explain { try writePage(to: explain, pictures, results, work, seed: seed) }
  }

  /// The gallery card of every picture.
  private func writePage(
    to file: String, _ pictures: [RunImage], _ results: [(String, Prediction)], _ work: Workload, seed: UInt64
  ) throws {
    // Every class to the end: a loss that was dropped early explains nothing.
    var specification = work.specification
    specification.elimination = .none
    let explanations = try VoteExplainer(
      denoiser: work.model.denoiser,
      classifier: try specification.makeClassifier(denoiser: work.model.denoiser),
      sigma: PixelNoise(classifier.sigma), seed: seed, images: { pictures[$0] }
    ).explain(Array(pictures.indices))
    let cards = zip(results, explanations).map { result, explanation in
      GalleryCard(
        title: URL(fileURLWithPath: result.0).lastPathComponent, answer: answer(result.1), votes: result.1.votes,
        explanation: explanation, sigma: classifier.sigma)
    }
    let page = ExplanationPage.html(
      title: "Why these answers", subtitle: "\(work.specification), \(work.model.precision.rawValue), seed \(seed)",
      cards: cards, program: Version.text)
    try AtomicFile.write(Array(page.utf8), to: file)
    Output.notice("wrote \(file)")
  }

  /// The answer in words: class, probability and radius, or what an abstention was between.
  private func answer(_ prediction: Prediction) -> String {
    let share = "\(prediction.votes[prediction.candidate]) of \(prediction.samples) votes"
    if let label = prediction.label, let radius = prediction.radius, let bound = prediction.pLower {
      return "class \(label), probability >= \(roundedDown(bound, digits: 4)) (\(share)), "
        + "certified radius \(roundedDown(radius, digits: 4))"
    }
    let ranked = prediction.votes.indices.sorted { prediction.votes[$0] > prediction.votes[$1] }
    let rivals = ranked.prefix(2).map { "\($0) (\(prediction.votes[$0]) votes)" }.joined(separator: " and ")
    return "abstain; the top two classes were \(rivals)"
  }

  private func show(_ results: [(String, Prediction)], _ work: Workload, seed: UInt64) throws {
    for (path, prediction) in results {
      if json {
        try Output.json(
          Line(
            image: path, prediction: prediction, seed: seed, sigma: classifier.sigma, alpha: smoothing.alpha,
            precision: work.model.precision.rawValue))
        continue
      }
      Output.line("\(path): \(Terminal.coloured(answer(prediction), prediction.abstained ? .yellow : .green))")
    }
  }
}
