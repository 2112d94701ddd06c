import NoisedDiffusionClassifiers

/// The curve of a run as text: certified accuracy against radius, a bar a line.
enum CurveChart {
  private static let width = 40
  private static let lines = 10

  /// Ten steps from 0 to the largest certified radius; empty where nothing was certified correctly.
  static func text(_ records: [ImageRecord]) -> String {
    let largest = records.filter(\.correct).compactMap(\.outcome.radius).max() ?? 0
    guard largest > 0 else { return "" }
    let step = roundStep(largest / Double(lines))
    let radii = (0...Int(largest / step)).map { Double($0) * step }
    let points = RunSummary(records, radii: radii).certified
    return "radius  certified accuracy\n"
      + points.map { point in
        let bar = String(repeating: "#", count: Int(point.accuracy * Double(width)))
        return padded(roundedDown(point.radius, digits: 3), 8) + padded(bar, width + 2)
          + DecimalText.percent(point.images, of: records.count)
      }.joined(separator: "\n")
  }

  /// The next larger of 1, 2, 2.5 and 5 times a power of ten.
  private static func roundStep(_ least: Double) -> Double {
    var scale = 1.0
    while scale > least { scale /= 10 }
    while scale * 10 < least { scale *= 10 }
    return [1, 2, 2.5, 5, 10].map { $0 * scale }.first { $0 >= least } ?? 10 * scale
  }
}
