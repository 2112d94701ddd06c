import Basics
import Datasets
import Diffusion
import Noise

/// Noisy images and what they are denoised at: image by image, each at every level, under its own class, another one or,
/// where the model answers without a label, none in turn.
public struct QuantizationSample: Sendable {
  public let queries: [DenoiserQuery]
  private let data: AdaptedImageSet
  private let indices: [Int]
  /// In model space.
  public let levels: [Double]
  public let seed: UInt64

  public var imageCount: Int { indices.count }

  /// - Parameters:
  ///   - count: how many images to draw without replacement; all where there are fewer.
  ///   - classes: of the model; 0 without labels.
  ///   - answersWithoutLabel: whether the model was trained without a label too.
  public init(
    _ data: AdaptedImageSet, count: Int, levels: [Double], classes: Int, answersWithoutLabel: Bool = true, seed: UInt64
  ) throws {
    guard data.count > 0 else { throw InputError("there are no images to calibrate on", file: data.name) }
    let words = NoiseStream(seed: seed, image: 0, vote: 0, purpose: .quantization)
    indices = Self.draw(min(count, data.count), of: data.count, words)
    var queries: [DenoiserQuery] = []
    for (turn, index) in indices.enumerated() {
      let own = classes > 0 ? try data.image(at: index).label : nil
      for (place, level) in levels.enumerated() {
        let any = classes > 0 ? words.integer(below: classes, at: data.count + queries.count) : nil
        let choices = answersWithoutLabel ? [own ?? any, any, nil] : [own ?? any, any]
        let label = choices[(turn + place) % choices.count]
        queries.append(DenoiserQuery(noise: ModelNoise(level), label: label))
      }
    }
    self.queries = queries
    self.data = data
    self.levels = levels
    self.seed = seed
  }

  /// What the query at `place` is given: its image with noise of its level.
  public func input(_ place: Int) throws -> [Float] {
    let (turn, level) = place.quotientAndRemainder(dividingBy: levels.count)
    let image = try data.image(at: indices[turn])
    let noise = NoiseStream(
      seed: seed, image: UInt32(truncatingIfNeeded: indices[turn]), vote: UInt32(level), purpose: .quantization)
    let scale = Float(levels[level])
    return zip(image.pixels, noise.normals(count: image.pixels.count)).map { ModelSpace.fromPixels($0) + scale * $1 }
  }

  /// The first `count` places of a random order of 0 ..< total (Fisher and Yates).
  private static func draw(_ count: Int, of total: Int, _ words: NoiseStream) -> [Int] {
    var moved: [Int: Int] = [:]
    return (0..<count).map { place in
      let other = place + words.integer(below: total - place, at: place)
      let drawn = moved[other] ?? other
      moved[other] = moved[place] ?? place
      return drawn
    }
  }
}
