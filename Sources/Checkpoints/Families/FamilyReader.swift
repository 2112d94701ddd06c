import Basics
import Foundation

/// Finds out by its tensors' names which family of networks a state dictionary belongs to, and describes the network.
enum FamilyReader {
  /// - Throws: `InputError` naming what the tensors are where they are no denoiser's, what is missing to know which
  ///   network it is, or what in the description does not fit it.
  static func read(_ state: StateDictionary, _ description: ModelDescription?) throws -> Checkpoint {
    let names = state.tensors
    let resolver = DescriptionResolver(file: state.file, description: description)
    if names["input_blocks.0.0.weight"] != nil, names["out.2.weight"] != nil {
      return try OpenAIFamily(state, resolver).checkpoint()
    }
    if names["model.map_layer0.weight"] != nil || names["map_layer0.weight"] != nil {
      return try EDMStateDictionary(state, resolver).checkpoint()
    }
    if EDM2StateDictionary.recognises(names) { return try EDM2StateDictionary(state, resolver).checkpoint() }
    if names["conv_in.weight"] != nil, names.keys.contains(where: { $0.hasPrefix("down_blocks.") }) {
      throw InputError(
        "a network of diffusers, whose config.json says what it is; name the folder that holds both", file: state.file)
    }
    throw InputError(
      OtherModels.name(state) ?? "tensors of no network that is known here", file: state.file,
      expected: "a file of ndc convert, or a denoiser of EDM, EDM2, OpenAI's programs, consistency models or diffusers",
      found: names.keys.sorted().prefix(4).map { "\"\($0.prefix(80))\"" }.joined(separator: ", "))
  }
}

/// Models that people have on disk and that cannot serve here, by their tensors' names.
enum OtherModels {
  static func name(_ state: StateDictionary) -> String? {
    let names = state.tensors.keys
    func any(_ parts: String...) -> Bool { names.contains { name in parts.contains { name.contains($0) } } }
    if any("lora_A.", "lora_B.", "lora_up.", "lora_down.", ".lora.") {
      return "a LoRA: changes to another model's weights, not a model; merge it into its model first"
    }
    if any("first_stage_model.", "cond_stage_model.", "model.diffusion_model.") {
      return
        "a latent diffusion model (Stable Diffusion's kind): it denoises an autoencoder's codes, and a certificate "
        + "is about pixels"
    }
    if any("x_embedder.", "t_embedder.") {
      return "a diffusion transformer (DiT): it denoises an autoencoder's codes, and a certificate is about pixels"
    }
    if any("quant_conv.", "post_quant_conv.") {
      return "an autoencoder of a latent diffusion model: it denoises nothing"
    }
    if any("input_blocks.0.0.") || names.contains("fc.weight") || any("classifier.", "head.weight", "layer1.0.conv1") {
      return "a classifier: it denoises nothing; serve it and name its address with --classifier"
    }
    return nil
  }
}
