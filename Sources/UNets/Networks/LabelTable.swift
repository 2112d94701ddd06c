/// What map_label adds for each class, and for no class: one row of C floats each, the last for the zero label.
struct LabelTable: Sendable {
  let channels: Int
  let classes: Int
  private let rows: [Float]

  /// - Parameters:
  ///   - scale: what the one-hot label is multiplied by: √K in SongUNet, 1 in DhariwalUNet.
  ///   - hasBias: whether the linear layer has one.
  init(classes: Int, channels: Int, scale: Float, hasBias: Bool, parameters: Parameters) throws {
    let weights = try parameters.values("weight", [channels, classes])
    let bias = hasBias ? try parameters.values("bias", [channels]) : [Float](repeating: 0, count: channels)
    self.init(classes: classes, channels: channels, scale: scale, weights: weights, bias: bias)
  }

  /// - Parameter weights: `channels` × `classes`.
  init(classes: Int, channels: Int, scale: Float, weights: [Float], bias: [Float]) {
    var rows = [Float]()
    rows.reserveCapacity((classes + 1) * channels)
    for label in 0..<classes {
      for channel in 0..<channels { rows.append(weights[channel * classes + label] * scale + bias[channel]) }
    }
    self.rows = rows + bias
    self.channels = channels
    self.classes = classes
  }

  /// Adds the row of `label` (nil: the all-zero label) to `row`.
  func add(_ label: Int?, to row: UnsafeMutablePointer<Float>) {
    let start = (label ?? classes) * channels
    for channel in 0..<channels { row[channel] += rows[start + channel] }
  }
}
