import Basics
import Diffusion

/// Where an input's noise is added (the anchor a) and what the denoiser's answer is compared with (the target r).
package enum LossAnchor: Hashable, Sendable {
  /// a = r = the input.
  case input
  /// a = r = x̂ = D(x_τ; σ_τ, none).
  case reconstruction(ModelNoise)
  /// a = x_τ, r = x̂ = D(x_τ; σ_τ, none).
  case inputAimingAtReconstruction(ModelNoise)

  /// σ_τ, where x̂ is needed.
  var reconstructionNoise: ModelNoise? {
    switch self {
    case .input: nil
    case .reconstruction(let noise), .inputAimingAtReconstruction(let noise): noise
    }
  }

  /// - Throws: `InputError` when x̂ is needed and `denoiser` always needs a label; `UsageError` when σ_τ is not
  ///   positive.
  func check(_ denoiser: any Denoiser) throws {
    guard let noise = reconstructionNoise else { return }
    guard noise.sigma > 0 else { throw UsageError("this method needs a smoothing noise \(.sigma) above 0") }
    guard denoiser.isUnconditionalAvailable else {
      throw InputError(
        "this method needs x̂ = D(x; σ, none), and the model always needs a label: name an unconditional model "
          + "(--unconditional-model), let an embedding of zeros stand for no label (\"zero_label\": true in the model's "
          + "description), or take the method epndc, which needs none")
    }
  }
}
