import Basics
import Diffusion

/// DC, the diffusion classifier of a clean input x: L_y = Σ_t ω_t E_ε ‖D(x + s_t ε; s_t, y) − x‖² (SPEC §3; RDC).
public struct DiffusionClassifier: BaseClassifier {
  private let denoiser: any Denoiser
  private let sharing: NoiseSharing
  private let policy: SiftAndRefine?
  package let terms: [LossTerm]

  /// - Parameter grid: a generated grid begins at `NoiseGrid.cleanStart`.
  /// - Throws: `UsageError` when the weighting or the policy does not fit the grid.
  public init(
    denoiser: any Denoiser, grid: NoiseGrid, weighting: LossWeighting, calibration: Calibration? = nil,
    sharing: NoiseSharing = .shared, siftAndRefine: SiftAndRefine? = nil
  ) throws {
    try checkClasses(of: denoiser)
    terms = try LossPlan.diffusion(grid.levels, weighting: weighting, calibration: calibration)
    try siftAndRefine?.validate(levelCount: terms.count)
    self.denoiser = denoiser
    self.sharing = sharing
    policy = siftAndRefine
  }

  public var imageShape: ImageShape { denoiser.imageShape }
  public var classCount: Int { denoiser.classCount }

  public func makeWorker() throws -> any ClassifierWorker {
    try LossWorker(denoiser: denoiser, terms: terms, anchor: .input, sharing: sharing, policy: policy)
  }
}

/// - Throws: `InputError` when the model has no classes to choose from.
func checkClasses(of denoiser: any Denoiser) throws {
  guard denoiser.classCount > 0 else {
    throw InputError("the model has no classes: it cannot classify", expected: "a class-conditional model")
  }
}
