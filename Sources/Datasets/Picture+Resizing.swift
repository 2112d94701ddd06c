import Basics

extension Picture {
  /// The picture at another size and, where asked for one channel, in grey: for looking at pictures that were not made
  /// for a model. Distances change with it: a radius found on the result is about the result.
  ///
  /// Each side is resampled with a triangle filter, as wide as the shrinking makes it (so that nothing aliases); grey is
  /// ITU-R BT.601's luma 0.299 R + 0.587 G + 0.114 B; a grey picture becomes three equal channels.
  ///
  /// - Throws: `InputError` for a number of channels that neither side knows.
  public func resized(to target: ImageShape) throws -> Picture {
    let planes = try channels(target.channels)
    let size = shape.height * shape.width
    var pixels: [Float] = []
    for plane in 0..<target.channels {
      let rows = Resampling(from: shape.height, to: target.height)
      let columns = Resampling(from: shape.width, to: target.width)
      let source = Array(planes[plane * size..<(plane + 1) * size])
      let narrow = (0..<shape.height).flatMap { y in
        columns.apply { source[y * shape.width + $0] }
      }
      let result = (0..<target.width).map { x in rows.apply { narrow[$0 * target.width + x] } }
      for y in 0..<target.height { pixels += (0..<target.width).map { min(1, max(0, result[$0][y])) } }
    }
    return Picture(shape: target, pixels: pixels)
  }

  private func channels(_ count: Int) throws -> [Float] {
    if count == shape.channels { return pixels }
    let size = shape.height * shape.width
    switch (shape.channels, count) {
    case (3, 1):
      return (0..<size).map { 0.299 * pixels[$0] + 0.587 * pixels[size + $0] + 0.114 * pixels[2 * size + $0] }
    case (1, 3): return pixels + pixels + pixels
    default:
      throw InputError(
        "the picture's channels cannot become the model's", expected: "\(count)", found: "\(shape.channels)")
    }
  }
}

/// One side's triangle filter: for every output the inputs it is made of, with weights that sum to 1.
private struct Resampling {
  private var taps: [[(index: Int, weight: Float)]]

  init(from: Int, to: Int) {
    let scale = Double(from) / Double(to)
    let radius = max(1, scale)
    taps = (0..<to).map { place in
      let centre = (Double(place) + 0.5) * scale - 0.5
      let reach = Int((centre - radius).rounded(.up))...Int((centre + radius).rounded(.down))
      let weights = reach.map { index in
        (index: min(max(index, 0), from - 1), weight: max(0, 1 - abs(Double(index) - centre) / radius))
      }
      let total = weights.reduce(0) { $0 + $1.weight }
      return weights.map { (index: $0.index, weight: Float($0.weight / total)) }
    }
  }

  func apply(_ value: (Int) -> Float) -> [Float] {
    taps.map { $0.reduce(0) { $0 + $1.weight * value($1.index) } }
  }
}
