import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct CalibrateCommand: AsyncParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Learn from training images which noise levels classify best per evaluation.",
    discussion: """
      For every --sigma: half of the images choose the levels, best first, as long as one more pays; the other half fit \
      the weights (a convex fit of the class probabilities) and set how far a class may fall behind before a vote drops \
      it. The result is a small JSON file beside the model, which --weighting learned and --preset fast use.

      Accuracies shown are of the second half, each image judged by weights and margins that were learned without it. \
      Calibrate on training images only: a certificate stays valid either way, but accuracy that `certify` or `classify` \
      measures on images that were calibrated on means nothing.

      Example: ndc calibrate --data train-images-idx3-ubyte.gz --sigma 0.25 0.5 1.0
      """)

  @OptionGroup(title: "Model") var model: ModelOptions

  @Option(help: ArgumentHelp("Labelled training images, as for `ndc certify --data`.", valueName: "src"))
  var data: String

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Smoothing noises in pixels.", valueName: "sigma"))
  var sigma: [Double] = [0.25, 0.5, 1.0]

  @Option(help: ArgumentHelp("The classifier: apndc, apndc-posterior, dc or denoise-classify.", valueName: "method"))
  var method = ClassificationMethod.approximatePosterior

  @Flag(
    help:
      "Calibrate for the denoiser averaged with itself on the mirrored picture; certify then does so by default."
  )
  var mirror = false

  @OptionGroup var classes: ClassOptions

  @Flag(help: "With --among: leave training images of other classes out.")
  var skipOthers = false

  @Option(help: ArgumentHelp("Training images, spread over the data set.", valueName: "n"))
  var images = 1200

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Candidate noise levels in model space; those below twice --sigma are left out. tau: twice --sigma exactly, a candidate by itself for apndc-posterior of a multi-head network.",
      valueName: "s"))
  var levels: [LevelArgument] = Self.candidates

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Candidate levels that are evaluated without adding noise to the image, so that chance does not blur their answer (apndc, dc and denoise-classify; none of --levels).",
      valueName: "s"))
  var quietLevels: [Double] = ModelCalibrator.quietCandidates

  @Option(help: ArgumentHelp("How many levels to choose at most.", valueName: "k"))
  var mostLevels = 10

  @Option(help: ArgumentHelp("The share of votes that dropping classes early may get wrong.", valueName: "share"))
  var lossShare = 0.002

  @Option(help: ArgumentHelp("The noise's seed.", valueName: "s"))
  var seed = QuickDefaults.seed

  @Option(
    help: ArgumentHelp("The file to write. Default: beside the model, ending .calibration.json.", valueName: "file"))
  var out: String?

  @Flag(help: "Print one JSON object with the calibration and how it was found.")
  var json = false

  private static let candidates = ModelCalibrator.candidates.map(LevelArgument.level)

  mutating func validate() throws {
    model.takeDefault(for: data)
    if sigma.isEmpty { throw ValidationError("--sigma: at least one") }
    if let wrong = (sigma + levels.compactMap(\.number) + quietLevels).first(where: { !($0.isFinite && $0 > 0) }) {
      throw ValidationError("\(wrong): noise must be a finite number above 0")
    }
    if let twice = quietLevels.first(where: { levels.contains(.level($0)) }) {
      throw ValidationError("--quiet-levels \(twice): also among --levels; take a value beside it")
    }
    if skipOthers, classes.among == nil {
      throw ValidationError("--skip-others leaves out images of classes that --among does not name")
    }
    if images < 20 { throw ValidationError("--images \(images): at least 20") }
    if mostLevels < 1 { throw ValidationError("--most-levels \(mostLevels): at least 1") }
    if !(0...0.5).contains(lossShare) { throw ValidationError("--loss-share \(lossShare): between 0 and 0.5") }
    if method == .exactPosterior {
      throw ValidationError("--method epndc has steps between levels, which this calibration does not choose")
    }
  }

  private struct Result: Encodable {
    var out: String
    var calibration: CalibrationTable
    var choices: [[Step]]
    /// Per smoothing noise: what the calibration's accuracy is of, with its 95 % interval.
    var heldOut: [CalibrationRun.Result.HeldOut]
    /// Per smoothing noise: what other loss shares would bring.
    var alternatives: [[CalibrationRun.Result.Alternative]]

    struct Step: Encodable {
      var level: Double
      var amplitude: Double
      var negativeLogLikelihood: Double
      var accuracy: Double
    }
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(classes.among)
      try plan.read(model)
      plan.read(data: data)
      let beside = try model.reference().calibrationPath
      plan.write(out ?? beside, .calibration, option: out == nil ? "" : "--out")
      return plan
    }
  }

  func run() async throws {
    for sigma in sigma { Hints.tell(sigma: sigma) }
    let list = try classes.list()
    let preview = try ModelPreview(model)
    let set = try openImages(preview.outline)
    let loaded = try preview.opened ?? model.open()
    guard let file = out ?? loaded.calibrationPath else {
      throw UsageError("--out is needed: \(loaded.source) is no file to put a calibration beside")
    }
    guard loaded.classCount > 1 else {
      throw InputError("the model has no classes to choose from", file: loaded.source)
    }
    let chosen = try list.map { try loaded.classes($0) }
    let calibrator = try calibrator(loaded, set, chosen)
    var table = CalibrationTable(model: loaded.weightsDigest(), entries: [], notes: notes(calibrator))
    table.keepOtherClasses(of: file, than: chosen)
    if !table.entries.isEmpty { Output.notice("\(file): what it says of other sets of classes is kept") }
    var choices: [[Result.Step]] = []
    var heldOut: [CalibrationRun.Result.HeldOut] = []
    var alternatives: [[CalibrationRun.Result.Alternative]] = []
    // Each once: the last one learned of a noise would count.
    let noises = Set(sigma).sorted()
    let candidatesOf = try noises.map { try calibrator.candidates(sigma: $0) }
    if let notice = try calibrator.levelNotice(sigmas: noises) { Output.notice(notice.description) }
    var remaining = noises.count
    for (sigma, candidates) in zip(noises, candidatesOf) {
      let most = calibrator.mostEvaluations(candidates: candidates.count)
      Output.notice(
        "sigma \(sigma): \(calibrator.indices.count) images, \(candidates.count) candidate levels, "
          + "up to \(most) evaluations")
      let result = try await calibrator.calibrate(sigma: sigma)
      table.entries.append(result.entry)
      let steps = result.choice.map { fit in
        let last = candidates[fit.levels[fit.levels.count - 1]]
        return Result.Step(
          level: last.sigma, amplitude: last.amplitude, negativeLogLikelihood: fit.negativeLogLikelihood,
          accuracy: fit.accuracy)
      }
      choices.append(steps)
      heldOut.append(result.heldOut)
      alternatives.append(result.alternatives)
      remaining -= 1
      if remaining > 0 {
        try table.keepingEarlier(of: file).write(to: file)
        Output.notice("\(file): sigma \(sigma) is kept, whatever becomes of the other \(remaining)")
      }
      if !json { show(sigma, result, steps, full: try fullEvaluations(sigma, result, loaded)) }
    }
    try table.write(to: file)
    if json {
      try Output.json(
        Result(out: file, calibration: table, choices: choices, heldOut: heldOut, alternatives: alternatives))
    } else {
      Output.line("wrote \(file)")
    }
  }

  /// The data, before the model is opened.
  private func openImages(_ outline: ModelOutline) throws -> any LabeledImageSet {
    let set = try DataSource.open(data, resources: BundledResources.folder, for: outline)
    for notice in set.notices(for: outline) { Output.notice(notice) }
    if try BundledResources.isTestSet(set) {
      throw UsageError(
        "--data \(data) is the bundled test set; calibrating on test images makes every accuracy measured on them worthless"
      )
    }
    return set
  }

  private func calibrator(
    _ loaded: DiffusionModel, _ set: any LabeledImageSet, _ classes: ClassSet?
  ) throws -> ModelCalibrator {
    var calibrator = try OtherClassOptions.advising("--skip-others leaves images of other classes out") {
      try ModelCalibrator(
        loaded, images: set, source: data, count: images, method: method, classes: classes, skipsOthers: skipOthers,
        seed: seed, threads: model.workers(for: loaded), progress: RunProgress())
    }
    calibrator.symmetry = mirror ? .mirror : nil
    calibrator.levels = levels.compactMap(\.number)
    if levels != Self.candidates { calibrator.includesSmoothing = levels.contains(.smoothing) }
    calibrator.quietLevels = quietLevels
    calibrator.mostLevels = mostLevels
    calibrator.lossShare = lossShare
    return calibrator
  }

  private func notes(_ calibrator: ModelCalibrator) -> String {
    "ndc calibrate --images \(images) --most-levels \(mostLevels) --loss-share \(lossShare) --seed \(seed)\(mirror ? " --mirror" : ""), "
      + "\(calibrator.model.precision.rawValue), on \(URL(fileURLWithPath: data).lastPathComponent) (\(calibrator.images.count) images); "
      + "accuracy of images that fitted neither the weights nor the race they are judged by"
  }

  /// Evaluations of a vote with every class at every level.
  private func fullEvaluations(_ sigma: Double, _ result: CalibrationRun.Result, _ model: DiffusionModel) throws -> Int
  {
    var complete = ClassifierSpecification(method: method, sigma: sigma)
    complete.classes = result.entry.classes
    complete.symmetry = result.entry.symmetry
    complete.levels = result.entry.levels.levels.map(\.sigma)
    return try complete.evaluationsPerVote(classCount: model.classCount, scope: model.denoiser.scope)
  }

  private func show(_ sigma: Double, _ result: CalibrationRun.Result, _ steps: [Result.Step], full: Int) {
    Output.line("sigma \(sigma)")
    let heldOut = result.heldOut
    Output.line("  measured on \(heldOut.images) images, each judged by what was learned without it")
    Output.line("  level   log-loss  accuracy   (levels in the order they were added)")
    for step in steps {
      Output.line(
        "  " + padded("\(step.level)", 8) + padded(fixed(step.negativeLogLikelihood, 4), 10)
          + fixed(step.accuracy * 100, 1) + " %" + (step.amplitude == 0 ? "  no noise added" : ""))
    }
    Output.line(
      "  every class at every level: \(fixed(result.fullAccuracy * 100, 1)) % at \(full) evaluations per vote")
    Output.line("  loss share  accuracy  evaluations per vote")
    for alternative in result.alternatives {
      Output.line(
        "  " + padded("\(alternative.lossShare)", 12) + padded(fixed(alternative.accuracy * 100, 1) + " %", 10)
          + fixed(alternative.evaluationsPerVote, 1) + (alternative.lossShare == lossShare ? "  chosen" : ""))
    }
    Output.line(
      "  loss share \(lossShare): \(heldOut.correct) of \(heldOut.images) right, "
        + "\(fixed(heldOut.accuracy * 100, 1)) % (95 % interval \(fixed(heldOut.lower * 100, 1)) … "
        + "\(fixed(heldOut.upper * 100, 1)) %), \(fixed(heldOut.evaluationsPerVote, 1)) evaluations per vote")
  }
}
