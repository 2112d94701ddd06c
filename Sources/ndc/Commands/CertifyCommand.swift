import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct CertifyCommand: AsyncParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "certify",
    abstract: "Certify images of a data set: a class and an L2 radius for each.",
    discussion: """
      Writes a run directory: run.json (every option, digests, versions), records.jsonl (one line per image), \
      certified.tsv (idx label predict radius correct time) and summary.json. A run that was interrupted continues with \
      --resume. Without arguments: the first \(QuickDefaults.images) digits of the bundled MNIST test set.

      Examples:
        ndc certify
        ndc certify --sigma 0.5 --timesteps 12 --samples 200 --count 100 --out runs/mnist-0.5
        ndc certify --model edm-cifar10.pkl --data cifar-10-batches-bin --preset paper --stride 20 --out runs/cifar
        ndc certify --count 500 --shard 3/50 --out shards/3 --resume
      """)

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Images") var data: DataOptions
  @OptionGroup(title: "Classifier") var classifier: ClassifierOptions
  @OptionGroup(title: "Classes") var classes: ClassOptions
  @OptionGroup(title: "Classes") var otherClasses: OtherClassOptions
  @OptionGroup(title: "Certificate") var smoothing: SmoothingOptions

  @Option(
    help: ArgumentHelp(
      "The noise's seed; fixed so that experiments repeat. Chosen after results were seen it voids the certificates.",
      valueName: "s"))
  var seed = QuickDefaults.seed

  @Option(
    help: ArgumentHelp(
      "How many images the claim that all certificates hold at once is about; fixed when the run begins.",
      discussion:
        "Default: the images of the run as it begins. Images that are added beyond it carry no joint claim.",
      valueName: "N"))
  var claim: Int?

  @Option(
    help: ArgumentHelp(
      "Of these images those at positions p with p mod N = k: one of N runs that ndc merge puts together.",
      valueName: "k/N"))
  var shard: RunShard.Choice?

  @Option(help: ArgumentHelp("The run directory. Default: a new folder under runs/.", valueName: "dir"))
  var out: String?

  @Flag(help: "Continue the run in --out, or start it where there is none.")
  var resume = false

  @Flag(help: "Print one JSON object: the run directory, its summary and its records.")
  var json = false

  mutating func validate() throws {
    if resume, out == nil { throw ValidationError("--resume needs --out, the run to continue") }
    try otherClasses.check(classes)
    model.takeDefault(for: data.data)
    if let claim, claim < 1 { throw ValidationError("--claim \(claim): must be at least 1") }
  }

  private struct Result: Encodable {
    var out: String
    var seed: UInt64
    /// The classes of the records' votes; absent for all of the model's.
    var classes: ClassSet?
    /// By label; absent where nobody names the classes.
    var classNames: [String]?
    var summary: RunSummary
    var records: [ImageRecord]
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(classes.among)
      try plan.read(model)
      plan.read(data)
      plan.read(classifier.calibration)
      plan.write(run: out, option: "--out")
      return plan
    }
  }

  func run() async throws {
    try SmoothedClassifier.check(PixelNoise(classifier.sigma))
    let chosen = try smoothing.choice(preset: classifier.preset)
      .rule(sigma: PixelNoise(classifier.sigma), open: QuickDefaults.votes)
    Hints.tell(sigma: classifier.sigma)
    // Everything about the pictures first: opening a large model takes a while.
    let preview = try ModelPreview(model, classifier.choice, classes)
    Hints.tell(chosen)
    let before = try out.flatMap { try RunDirectory.contents($0, resume: resume) }
    let opened = try await Waiting.during("reading the images") {
      try await data.open(
        for: preview.outline, continuing: before, defaultCount: QuickDefaults.images, among: preview.classes,
        others: otherClasses.others, isListed: true, shard: shard, threads: model.workers)
    }
    let work = try Workload(
      preview, model, classifier.choice, mayMeasure: shard == nil, continuing: before?.manifest)
    let smoothed = try SmoothedClassifier(base: work.classifier, sigma: PixelNoise(classifier.sigma))
    let executor = try VoteExecutor(
      smoothed, threads: model.workers(for: work.model), batch: model.votesTogether(for: work.model))
    let folder = out ?? Self.newFolder()
    let manifest = try Waiting.during("reading the data") { try self.manifest(work, opened, preview.outline, chosen) }
    Interruption.keepWork()
    let directory = try RunDirectory(path: folder, manifest: manifest, indices: opened.indices, resume: resume)
    // A run of an earlier version goes on by its own rule.
    let rule = try directory.manifest.smoothing.rule.get()
    announce(work, opened, rule, folder: folder, finished: directory.records.count)
    if let claim = directory.manifest.claim, let beyond = directory.manifest.beyondClaim(directory.indices.count) {
      Output.notice(
        "the run began with a joint claim about \(claim) images; the \(beyond) beyond them carry none")
    }

    var run = CertificationRun(
      executor: executor, sigma: smoothed.sigma, rule: rule, seed: seed, images: opened.provider,
      progress: RunProgress())
    run.absent = opened.absent
    do {
      _ = try await run(into: directory)
    } catch let error as Interrupted {
      Output.notice("kept in \(folder); continue with the same options, --out \(folder) and --resume")
      throw error
    }
    let radii = Set(RunSummary.radii + smoothing.targetRadius).sorted()
    let summary = RunSummary(directory.records, of: directory.manifest, radii: radii)
    if json {
      try Output.json(
        Result(
          out: folder, seed: seed, classes: work.specification.classes,
          classNames: directory.manifest.data.classNames, summary: summary, records: directory.records))
    } else {
      printTable(
        directory.records, summary, ClassNames(directory.manifest.data.classNames ?? []), folder: folder)
    }
    if directory.remaining > 0 {
      Output.notice(
        "\(directory.remaining) of \(directory.indices.count) images are not done: their pictures are missing")
    }
  }

  private static func newFolder() -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    return "runs/certify-\(formatter.string(from: Date()))-\(ProcessInfo.processInfo.processIdentifier)"
  }

  private func manifest(
    _ work: Workload, _ opened: WorkImages, _ outline: ModelOutline, _ rule: CertificationRule
  ) throws -> RunManifest {
    var manifest = RunManifest(
      program: Version.program, arguments: Array(CommandLine.arguments.dropFirst()),
      created: RunManifest.now(), model: RunManifest.Model(work.model),
      data: try RunManifest.Data(opened, for: outline),
      classifier: RunManifest.Classifier(work),
      smoothing: .init(rule: rule, seed: seed),
      images: opened.selection, pictures: RunPictures(opened.pictures), otherClasses: otherClasses.others,
      claim: claim,
      execution: .init(
        threads: model.workers(for: work.model), batch: model.votesTogether(for: work.model)),
      host: .current(work.model.engine))
    manifest.shard = opened.shard
    return manifest
  }

  /// Says what is about to happen and what it can reach at best, before any time is spent.
  private func announce(
    _ work: Workload, _ opened: WorkImages, _ rule: CertificationRule, folder: String, finished: Int
  ) {
    for line in work.model.announcement(workers: model.workers(for: work.model)) { Output.notice(line) }
    Output.notice("\(work.description), seed \(seed)")
    if let shard = opened.shard {
      Output.notice("shard \(shard.name): \(opened.indices.count) of the \(shard.images) images")
    } else {
      announceImages(opened)
    }
    if let adaptation = opened.images.adapter.description { Output.notice("images are \(adaptation)") }
    let perVote = (try? work.evaluationsPerVote()) ?? 0
    let most = opened.indices.count * (rule.selectionSamples + rule.samples) * perVote
    Output.notice(
      "\(opened.indices.count) images x (\(rule.selectionSamples) + up to \(rule.samples)) votes x up to \(perVote) evaluations = at most \(most)"
    )
    if let typical = work.typicalEvaluations {
      Output.notice("a vote took \(fixed(typical, 1)) evaluations on average when the model was calibrated")
    }
    if smoothing.choice(preset: classifier.preset).leavesSizesOpen {
      Output.notice(
        "\(rule.samples) votes per image are chosen to finish soon; --samples takes more, --preset fast is the full budget"
      )
    }
    let sigma = PixelNoise(classifier.sigma)
    let best = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: rule.bestBound) ?? 0
    Output.notice("the largest radius that \(rule.samples) votes can certify is \(roundedDown(best, digits: 4))")
    for target in smoothing.targetRadius.sorted() {
      if let outlook = rule.behaviour.outlook(for: target, sigma: sigma) {
        let cost = outlook.votes.flatMap { votes in
          // Selection and estimation.
          work.typicalEvaluations.map { Int((Double(rule.selectionSamples + votes) * $0).rounded()) }
        }
        Output.notice(outlook.text + (cost.map { ": about \($0) evaluations an image" } ?? ""))
      }
    }
    if finished > 0 { Output.notice("resuming after \(finished) finished images") }
    Output.notice("run directory: \(folder)")
  }

  /// Data that lie class by class, as a folder's do, show few classes at their beginning.
  private func announceImages(_ opened: WorkImages) {
    guard data.count == nil, data.indices == nil, let last = opened.indices.last,
      last + opened.selection.stride < opened.images.count
    else { return }
    Output.notice("\(opened.indices.count) of \(opened.images.count) images; --count takes more")
    let labels = Set(opened.pictures.compactMap(\.label))
    let classes = opened.images.classCount
    if opened.indices.count >= classes, labels.count <= classes / 2 {
      Output.notice(
        "they show \(labels.count) of \(classes) classes: the data lie class by class; --stride takes images from all")
    }
  }

  private func printTable(_ records: [ImageRecord], _ summary: RunSummary, _ names: ClassNames, folder: String) {
    if records.count <= 50 {
      let labels = records.map { names.text($0.label) }
      let predictions = records.map { $0.outcome.label.map(names.text) ?? "abstain" }
      let labelWidth = max(7, (labels.map(\.count).max() ?? 0) + 2)
      let predictionWidth = max(11, (predictions.map(\.count).max() ?? 0) + 2)
      Output.line("image   " + padded("label", labelWidth) + padded("predicted", predictionWidth) + "radius")
      for (place, record) in records.enumerated() {
        Output.line(
          padded("\(record.index)", 8) + padded(labels[place], labelWidth) + padded(predictions[place], predictionWidth)
            + roundedDown(record.outcome.radius ?? 0, digits: 4) + (record.correct || record.abstained ? "" : "  wrong")
        )
      }
      Output.line("")
    }
    Output.line(summary.table.trimmingCharacters(in: .newlines))
    let chart = CurveChart.text(records)
    if !chart.isEmpty { Output.line("\n" + chart + "\n") }
    Output.line("run directory: \(folder)")
  }
}
