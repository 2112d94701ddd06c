import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers
import Reports

struct PredictCommand: AsyncParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Classify pictures, each with a certified radius or an abstention.",
    discussion: """
      Pictures are PNG, JPEG or .npy of the model's size (28x28 digits are padded to 32x32; --resize fits any other, and \
      the radius is then about the resized picture). The noise is drawn from \
      the system's generator unless --seed is given: whoever knows the noise beforehand can search for pictures on which \
      the estimate fails.

      Examples:
        ndc predict digit.png --sigma 0.5 --samples 500
        ndc predict a.png b.jpg --explain why.html
      """)

  @Argument(help: ArgumentHelp("Pictures to classify.", valueName: "image"))
  var images: [String]

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Classifier") var classifier: ClassifierOptions
  @OptionGroup(title: "Classes") var classes: ClassOptions
  @OptionGroup(title: "Certificate") var smoothing: SmoothingOptions

  @Option(
    help: ArgumentHelp("The noise's seed. Default: drawn from the system's generator, and printed.", valueName: "s"))
  var seed: UInt64?

  @Flag(help: "Resize pictures that do not fit the model; the radius is then about the resized picture.")
  var resize = false

  @Option(
    help: ArgumentHelp(
      "Write a page that shows each picture, a noisy copy, its denoising, the loss of every class and the votes.",
      valueName: "out.html"))
  var explain: String?

  @Flag(help: "Print one JSON object per picture, a line each.")
  var json = false

  private struct Result {
    var path: String
    var prediction: Prediction
    var seconds: Double
  }

  private struct Line: Encodable {
    var image: String
    /// What the class is called; nil on an abstention or where nobody says.
    var className: String?
    var prediction: Prediction
    var seconds: Double
    var seed: UInt64
    var sigma: Double
    var alpha: Double
    var precision: String
    /// The classes of the votes; nil for all of the model's.
    var classes: ClassSet?

    enum Keys: String, CodingKey { case image, className, seconds, seed, sigma, alpha, precision, classes }

    func encode(to encoder: any Encoder) throws {
      try prediction.encode(to: encoder)
      var container = encoder.container(keyedBy: Keys.self)
      try container.encode(image, forKey: .image)
      try container.encodeIfPresent(className, forKey: .className)
      try container.encode(seconds, forKey: .seconds)
      try container.encode(seed, forKey: .seed)
      try container.encode(sigma, forKey: .sigma)
      try container.encode(alpha, forKey: .alpha)
      try container.encode(precision, forKey: .precision)
      try container.encodeIfPresent(classes, forKey: .classes)
    }
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(classes.among)
      try plan.read(model)
      for image in images { plan.read(image) }
      plan.read(classifier.calibration)
      plan.write(explain, .page, option: "--explain")
      return plan
    }
  }

  func run() async throws {
    try SmoothedClassifier.check(PixelNoise(classifier.sigma))
    let rule = try smoothing.choice(preset: classifier.preset).rule(sigma: PixelNoise(classifier.sigma))
    Hints.tell(sigma: classifier.sigma)
    // The pictures first: opening a large model takes a while.
    let preview = try ModelPreview(model, classifier.choice, classes)
    Hints.tell(rule)
    let outline = preview.outline
    let pictures = try read(for: outline)
    if outline.guessesNames {
      Output.notice("the model names no classes; ten classes of \(outline.imageShape) are taken for CIFAR-10's")
    }
    let work = try Workload(preview, model, classifier.choice)
    let smoothed = try SmoothedClassifier(base: work.classifier, sigma: PixelNoise(classifier.sigma))
    let seed = seed ?? SystemSeed.draw()
    if work.model.companion != nil {
      for line in work.model.announcement(workers: model.workers(for: work.model)) { Output.notice(line) }
    }
    Output.notice("\(work.description), seed \(seed)")
    let executor = try VoteExecutor(
      smoothed, threads: model.workers(for: work.model), batch: model.votesTogether(for: work.model))
    let run = PredictionRun(
      executor: executor, sigma: smoothed.sigma, rule: .certify(rule), seed: seed, progress: RunProgress())
    var results: [Result] = []
    Interruption.keepWork()
    let clock = ContinuousClock()
    var lastEnd = clock.now
    do {
      _ = try await run(pictures) { picture, prediction in
        let end = clock.now
        let seconds = (end - lastEnd) / .seconds(1)
        results.append(Result(path: images[picture.index], prediction: prediction, seconds: seconds))
        lastEnd = end
      }
    } catch let error as Interrupted {
      try show(results, work, outline, seed: seed)
      throw error
    }
    try show(results, work, outline, seed: seed)
    if let explain { try await writePage(to: explain, pictures, results, work, outline, seed: seed) }
  }

  /// Every picture, fitted to the model.
  ///
  /// - Throws: `InputError` that lists every one that cannot be used.
  private func read(for model: ModelOutline) throws -> [LabeledImage] {
    var check = PictureCheck()
    var pictures: [LabeledImage] = []
    for (index, path) in images.enumerated() {
      var identity = PictureIdentity(index: index, name: path)
      do {
        var picture = try PictureFile.read(path)
        identity.digest = picture.digest
        if picture.orientation != 1 { check.turned.append(.init(picture: identity, orientation: picture.orientation)) }
        // What fits as it is, or with a margin, keeps its distances.
        if resize, (try? ImageAdapter(from: picture.shape, to: model.imageShape)) == nil {
          picture = try picture.resized(to: model.imageShape)
        }
        let adapter = try adapter(from: picture.shape, to: model.imageShape, file: path)
        pictures.append(LabeledImage(index: index, pixels: adapter.apply(picture.pixels), label: nil))
        check.pictures.append(identity)
      } catch let error as InputError {
        check.offenders.append(.init(picture: identity, error: error.inFile(path)))
      }
    }
    for notice in check.notices { Output.notice(notice) }
    try check.requireNone()
    return pictures
  }

  private func names(_ model: ModelOutline) -> ClassNames { ClassNames(model.classNames) }

  /// The gallery card of every picture.
  private func writePage(
    to file: String, _ pictures: [LabeledImage], _ results: [Result], _ work: Workload, _ outline: ModelOutline,
    seed: UInt64
  ) async throws {
    let explainer = try work.explainer(seed: seed) { pictures[$0] }
    let most = pictures.count * (try work.completeEvaluationsPerVote() + 1)
    let explanations = try await RunProgress().follow(evaluations: most) {
      try await inParallel(count: pictures.count, chunk: 1, threads: model.workers(for: work.model)) {
        try explainer.explain(Array($0))
      }
    }
    let cards = zip(results, explanations).map { result, explanation in
      GalleryCard(
        title: URL(fileURLWithPath: result.path).lastPathComponent,
        answer: PredictionText.sentence(result.prediction, names(outline), among: work.specification.classes),
        votes: result.prediction.votes, classes: result.prediction.classes, explanation: explanation,
        sigma: classifier.sigma)
    }
    let page = ExplanationPage.html(
      title: "Why these answers", subtitle: "\(work.description), \(work.model.precision.rawValue), seed \(seed)",
      cards: cards, program: Version.text)
    try AtomicFile.write(Array(page.utf8), to: file)
    Output.notice("wrote \(file)")
  }

  /// Refusing another size, the command says what to do about it.
  private func adapter(from: ImageShape, to: ImageShape, file: String) throws -> ImageAdapter {
    do {
      return try ImageAdapter(from: from, to: to, file: file)
    } catch let error as InputError where !resize {
      Output.notice("--resize fits pictures to the model; the radius is then about the resized picture")
      throw error
    }
  }

  private func show(_ results: [Result], _ work: Workload, _ outline: ModelOutline, seed: UInt64) throws {
    let names = names(outline)
    for result in results {
      if json {
        try Output.json(
          Line(
            image: result.path,
            className: result.prediction.label.flatMap { label in
              names.known.flatMap { $0.indices.contains(label) ? $0[label] : nil }
            }, prediction: result.prediction, seconds: result.seconds, seed: seed,
            sigma: classifier.sigma, alpha: smoothing.alpha, precision: work.model.precision.rawValue,
            classes: work.specification.classes))
        continue
      }
      let answer = Terminal.coloured(
        PredictionText.answer(result.prediction, names, among: work.specification.classes),
        result.prediction.abstained ? .yellow : .green)
      Output.line("\(result.path): \(answer), \(fixed(result.seconds, 1)) s")
    }
  }
}
