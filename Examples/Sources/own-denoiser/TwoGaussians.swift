import Foundation
import NoisedDiffusionClassifiers

/// A model of one's own, in closed form: class 0 is N(−μ, vI) and class 1 is N(μ, vI), where every value of μ is m.
///
/// With noise s, D(x; s, y) = (s²·μ_y + v·x)/(s² + v); without a label it is the mean over both classes, weighted by
/// their posterior probability r = 1/(1 + exp(−2⟨μ, x⟩/(v + s²))).
struct TwoGaussians: Denoiser {
  let imageShape = ImageShape(channels: 1, height: 2, width: 2)
  let classCount = 2
  let isUnconditionalAvailable = true
  let preferredBatchSize = 64
  /// m, in model space, where images span [−1, 1].
  var mean: Float = 0.5
  /// v.
  var variance: Float = 0.01

  func makeEvaluator() -> any DenoiserEvaluator { TwoGaussiansEvaluator(model: self) }

  /// The distance in pixels from `picture` to where the smoothed classifier changes its mind: by symmetry the plane
  /// between the classes, ⟨μ, x⟩ = 0.
  func trueRadius(of picture: Picture) -> Double {
    let sum = picture.pixels.reduce(0.0) { $0 + Double($1) - 0.5 }
    return abs(sum) / Double(picture.pixels.count).squareRoot()
  }
}

/// One worker's evaluator; a network would keep its scratch memory here.
final class TwoGaussiansEvaluator: DenoiserEvaluator {
  private let model: TwoGaussians

  init(model: TwoGaussians) { self.model = model }

  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) {
    let size = model.imageShape.count
    for (place, query) in queries.enumerated() {
      let values = place * size..<(place + 1) * size
      let squared = Float(query.noise.sigma * query.noise.sigma)
      // The sign of μ, or its posterior mean where no class is given.
      let sign: Float =
        switch query.label {
        case 0: -1
        case 1: 1
        default: tanh(model.mean * inputs[values].reduce(0, +) / (model.variance + squared))
        }
      for index in values {
        outputs[index] = (squared * sign * model.mean + model.variance * inputs[index]) / (squared + model.variance)
      }
    }
  }
}
