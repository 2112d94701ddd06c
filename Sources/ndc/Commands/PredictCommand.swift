import ArgumentParser
import Basics
import Certification
import Classifiers
import Datasets
import Foundation
import Noise
import Runs

struct PredictCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Classify pictures, each with a certified radius or an abstention.",
    discussion: """
      Pictures are PNG, JPEG or .npy of the model's size (28x28 digits are padded to 32x32). The noise is drawn from \
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
      let picture = try PictureFile.read(path)
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
      let share = "\(prediction.votes[prediction.candidate]) of \(prediction.samples) votes"
      if let label = prediction.label, let radius = prediction.radius, let bound = prediction.pLower {
        Output.line(
          "\(path): class \(label), probability >= \(roundedDown(bound, digits: 4)) (\(share)), "
            + "certified radius \(roundedDown(radius, digits: 4))")
      } else {
        let ranked = prediction.votes.indices.sorted { prediction.votes[$0] > prediction.votes[$1] }
        let rivals = ranked.prefix(2).map { "\($0) (\(prediction.votes[$0]) votes)" }.joined(separator: " and ")
        Output.line("\(path): abstain; the top two classes were \(rivals)")
      }
    }
  }
}
