import Basics

/// What happened to an image in one vote: the pictures and losses behind a card of the gallery.
public struct ImageExplanation: Hashable, Sendable {
  /// The image's index in its data set.
  public var index: Int
  public var shape: ImageShape
  /// C×H×W values in pixels.
  public var image: [Float]
  /// x_τ in pixels, the noisy copy of the first estimation vote: x + σ·ε.
  public var noisy: [Float]
  /// D(x_τ; σ_τ, ·) in pixels.
  public var denoised: [Float]
  /// The class the denoiser was told; nil for the unconditional one.
  public var denoisedLabel: Int?
  /// What the model calls the classes of the losses.
  public var classes: ClassSet
  /// L_y at that vote's noise, by the places of `classes`; +∞ for a class dropped on the way.
  public var losses: [Double]

  public init(
    index: Int, shape: ImageShape, image: [Float], noisy: [Float], denoised: [Float], denoisedLabel: Int?,
    losses: [Double], classes: ClassSet? = nil
  ) {
    self.index = index
    self.shape = shape
    self.image = image
    self.noisy = noisy
    self.denoised = denoised
    self.denoisedLabel = denoisedLabel
    self.losses = losses
    self.classes = classes ?? ClassSet(count: losses.count)
  }
}
