import Basics

/// The plot's place in the picture and its scales.
struct ChartFrame {
  let left = 58.0
  let top = 14.0
  let width = 676.0
  let height = 330.0
  /// The radius at the right edge.
  let end: Double
  /// What the axes are called.
  var name = "L2 radius r in pixels (images span [0, 1])"
  var side = "certified accuracy (%)"

  func x(_ radius: Double) -> Double { left + min(radius, end) / end * width }
  func y(_ share: Double) -> Double { top + (1 - share) * height }
  var bottom: Double { top + height }
  var right: Double { left + width }

  /// Grid, axes and their labels.
  func axes() -> Markup {
    var svg: Markup = ""
    for percent in stride(from: 0, through: 100, by: 20) {
      let place = Coordinate.text(y(Double(percent) / 100))
      let label = Coordinate.text(y(Double(percent) / 100) + 4.5)
      svg += """
        <path class="grid" d="M\(Coordinate.text(left)) \(place)H\(Coordinate.text(right))"/>
        <text x="\(Coordinate.text(left - 8))" y="\(label)" text-anchor="end">\(percent)</text>

        """
    }
    let ticks = AxisTicks(upTo: end)
    for value in ticks.values {
      let place = Coordinate.text(x(value))
      svg += """
        <path class="axis" d="M\(place) \(Coordinate.text(bottom))v5"/>
        <text class="tick" x="\(place)" y="\(Coordinate.text(bottom + 20))" text-anchor="middle">\(Self.label(value))</text>

        """
    }
    svg += """
      <path class="axis" d="M\(Coordinate.text(left)) \(Coordinate.text(bottom))H\(Coordinate.text(right))"/>
      <text class="name" x="\(Coordinate.text(left + width / 2))" y="\(Coordinate.text(bottom + 42))" \
      text-anchor="middle">\(name)</text>
      <text class="side" transform="translate(15 \(Coordinate.text(top + height / 2)))rotate(-90)" \
      text-anchor="middle">\(side)</text>

      """
    return svg
  }

  /// V and H moves through the steps of a falling function; several within a hundredth of a unit are drawn as their last.
  func path(_ steps: [(x: Double, share: Double)]) -> String {
    var text = "M\(Coordinate.text(left)) \(Coordinate.text(y(steps.first?.share ?? 0)))"
    var position = Coordinate.hundredths(left)
    for step in steps {
      let place = Coordinate.hundredths(x(step.x))
      guard place > position else { continue }
      text += "V\(Coordinate.text(y(step.share)))H\(Coordinate.text(hundredths: place))"
      position = place
    }
    return text + "V\(Coordinate.text(y(0)))H\(Coordinate.text(right))"
  }

  /// A tick's number without the dust of binary multiples.
  static func label(_ value: Double) -> String {
    var text = DecimalText.nearest(value, digits: 3)
    while text.hasSuffix("0") { text.removeLast() }
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }
}
