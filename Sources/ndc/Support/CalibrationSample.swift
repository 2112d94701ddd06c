import Basics
import Datasets
import Diffusion
import Noise

/// Noisy images and what they are denoised at: image by image, each at every level, under its own class, another one or
/// none in turn.
struct CalibrationSample: Sendable {
  private(set) var queries: [DenoiserQuery] = []
  private(set) var imageCount = 0
  private var values: [Float] = []
  private let size: Int

  /// - Parameters:
  ///   - count: how many images to draw without replacement; all where there are fewer.
  ///   - classes: of the model; 0 without labels.
  init(_ data: AdaptedImageSet, count: Int, levels: [Double], classes: Int, seed: UInt64) throws {
    size = data.imageShape.count
    guard data.count > 0 else { throw InputError("there are no images to calibrate on", file: data.name) }
    let words = NoiseStream(seed: seed, image: 0, vote: 0, purpose: .quantization)
    for index in Self.draw(min(count, data.count), of: data.count, words) {
      let image = try data.image(at: index)
      let clean = ModelSpace.fromPixels(image.pixels)
      for (place, level) in levels.enumerated() {
        let noise = NoiseStream(seed: seed, image: UInt32(index), vote: UInt32(place), purpose: .quantization)
        values += zip(clean, noise.normals(count: size)).map { $0 + Float(level) * $1 }
        let any = classes > 0 ? words.integer(below: classes, at: data.count + queries.count) : nil
        let labels = [image.label ?? any, any, nil]
        queries.append(
          DenoiserQuery(
            noise: ModelNoise(level), label: classes > 0 ? labels[(imageCount + place) % labels.count] : nil))
      }
      imageCount += 1
    }
  }

  func inputs(_ range: Range<Int>) -> [Float] { Array(values[range.lowerBound * size..<range.upperBound * size]) }

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
