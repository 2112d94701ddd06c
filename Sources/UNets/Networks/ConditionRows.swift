/// What noise level and label are to a network: one row of floats an image, the noise's embedding plus the label's row of
/// a table.
struct ConditionRows: Sendable {
  var buffer: Buffer
  /// Nil counts as zero.
  var noise: NoiseEmbedding?
  var labels: LabelTable?

  var channels: Int { noise?.channels ?? labels?.channels ?? 0 }

  /// - Parameters:
  ///   - noise: c_noise.
  ///   - row: `channels` floats.
  func write(noise level: Float, label: Int?, to row: UnsafeMutablePointer<Float>) {
    if let noise { noise.write(level, to: row) } else { row.update(repeating: 0, count: channels) }
    guard let labels else { return }
    precondition(label.map { (0..<labels.classes).contains($0) } ?? true)
    labels.add(label, to: row)
  }
}
