/// The sign that tells series apart without colour.
enum ChartMarker: Int, CaseIterable {
  case circle, square, diamond, triangle, cross, wedge

  static func of(_ series: Int) -> ChartMarker { allCases[series % allCases.count] }

  /// The sign's outline around (x, y).
  func path(_ x: Double, _ y: Double) -> String {
    func point(_ dx: Double, _ dy: Double) -> String {
      Coordinate.text(x + dx) + " " + Coordinate.text(y + dy)
    }
    func polygon(_ corners: [(Double, Double)]) -> String {
      "M" + corners.map { point($0.0, $0.1) }.joined(separator: "L") + "Z"
    }
    switch self {
    case .circle: return "M" + point(-4, 0) + "a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z"
    case .square: return polygon([(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)])
    case .diamond: return polygon([(0, -5), (5, 0), (0, 5), (-5, 0)])
    case .triangle: return polygon([(0, -5), (4.8, 3.6), (-4.8, 3.6)])
    case .cross:
      return polygon([
        (-1.5, -4.8), (1.5, -4.8), (1.5, -1.5), (4.8, -1.5), (4.8, 1.5), (1.5, 1.5), (1.5, 4.8), (-1.5, 4.8),
        (-1.5, 1.5), (-4.8, 1.5), (-4.8, -1.5), (-1.5, -1.5),
      ])
    case .wedge: return polygon([(0, 5), (4.8, -3.6), (-4.8, -3.6)])
    }
  }
}
