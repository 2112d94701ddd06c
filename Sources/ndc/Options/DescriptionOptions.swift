import ArgumentParser
import NoisedDiffusionClassifiers

/// What a model's file does not say, for commands that take the model as an argument.
struct DescriptionOptions: ParsableArguments {
  static let model =
    "A checkpoint: EDM's or EDM2's .pkl, torch.save's file or bare .safetensors of a known family, a folder of diffusers, an ndc .safetensors file, or a bundled model: mnist, cifar10."
  static let help = ArgumentHelp(
    "What the model's file does not say: a JSON file with the flags of the program that trained it, or the name of a published model ("
      + ModelDescription.publishedNames.joined(separator: ", ") + ").",
    discussion: "Default: STEM.json beside the model STEM.pt, where there is one.", valueName: "file|name")

  @Option(help: Self.help)
  var modelConfig: String?

  func load() throws -> ModelDescription? { try modelConfig.map { try ModelDescription($0) } }
}

extension FilePlan {
  /// What `--model-config` names, unless it is a published model.
  mutating func read(description: String?) {
    guard let description, !ModelDescription.publishedNames.contains(description) else { return }
    read(description)
  }
}
