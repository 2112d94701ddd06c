import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

/// Which denoiser runs, and how.
struct ModelOptions: ParsableArguments {
  static let modelByData = "Default: cifar10 for data of CIFAR-10's kind, mnist for everything else."

  @Option(
    help: ArgumentHelp(
      "A checkpoint (EDM's or EDM2's .pkl, torch.save's file or bare .safetensors of a known family, a folder of diffusers, an ndc .safetensors file), analytic:SRC for the exact denoiser of a labelled data set, the address of a model served elsewhere, http[s]://HOST[:PORT]/v2/models/NAME, or a bundled model: mnist, cifar10.",
      discussion: modelByData, valueName: "model"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "A second checkpoint for the unconditional denoiser.",
      discussion: "Default: the zero label of --model.", valueName: "file"))
  var unconditionalModel: String?

  @Option(help: DescriptionOptions.help)
  var modelConfig: String?

  @Option(help: ArgumentHelp("The same for --unconditional-model.", valueName: "file|name"))
  var unconditionalModelConfig: String?

  @Option(
    help: ArgumentHelp(
      "What the network computes in: fp32, bf16, int8 for a model that ndc quantize has measured, or auto for the fastest of them here, measured once. Runs to be compared name it: it belongs to the classifier's identity.",
      discussion: "Default: fp32; auto with --preset fast.",
      valueName: "precision"))
  var precision: PrecisionOption?

  @Option(
    help: ArgumentHelp(
      "A served classifier that gives the votes: with --method denoise-classify on the denoised picture.",
      valueName: "url"))
  var classifier: String?

  @OptionGroup var served: ServedOptions

  @Option(
    help: ArgumentHelp("Worker threads; results do not depend on it. Default: one per processor.", valueName: "k"))
  var threads: Int?

  mutating func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): must be at least 1") }
  }

  /// The bundled model for `data` where none is named.
  mutating func takeDefault(for data: String) { model = model ?? BundledModel(forData: data).rawValue }

  var workers: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  /// Workers for a model: as many as there are requests in flight where it is served.
  func workers(for model: DiffusionModel) -> Int { model.servedThreads ?? workers }
  /// Votes that a worker takes at once.
  func votesTogether(for model: DiffusionModel) -> Int {
    model.votesTogether ?? served.batch ?? VoteExecutor.defaultBatch
  }

  /// The model named, or the bundled one of digits.
  ///
  /// - Parameter method: nil where nothing is classified.
  func reference(_ method: ClassificationMethod? = nil) throws -> ModelReference {
    var reference = try ModelReference(
      BundledModel.path(naming: model ?? BundledModel.mnist.rawValue),
      unconditional: unconditionalModel.map { try BundledModel.path(naming: $0) }, precision: precision?.named)
    reference.configuration = modelConfig
    reference.unconditionalConfiguration = unconditionalModelConfig
    reference.classifier = classifier
    if method == .classifier {
      guard case .served(let address) = reference.source, classifier == nil else {
        throw ValidationError(
          "--method classifier takes a served classifier: --model http[s]://HOST[:PORT]/v2/models/NAME")
      }
      reference.classifier = address
    } else if classifier != nil, method != nil, method != .denoiseThenClassify {
      throw ValidationError("--classifier goes with --method denoise-classify")
    }
    reference.served = served.settings
    return reference
  }

  /// Opens the model; what is worth saying goes to stderr.
  ///
  /// - Parameters:
  ///   - mayMeasure: whether the fastest precision may be measured now: not in a part of a run, whose parts must agree.
  ///   - kept: the precision of a run that goes on.
  func open(
    choosing choice: PrecisionChoice = .exact, for method: ClassificationMethod? = nil, mayMeasure: Bool = true,
    keeping kept: Precision? = nil
  ) throws -> DiffusionModel {
    try DiffusionModel.open(
      reference(method), choosing: precision == .auto ? .fastest : choice,
      by: PrecisionSearch.ofUser(mayMeasure: mayMeasure).keeping(kept)
    ) { Output.notice($0.description) }
  }
}
