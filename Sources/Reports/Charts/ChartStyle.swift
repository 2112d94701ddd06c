/// Colours and strokes of every picture, light and dark. Text keeps a contrast of 4.5 : 1, lines one of 3 : 1, or more
/// (WCAG 2.1, 1.4.3 and 1.4.11).
package enum ChartStyle {
  /// Series colours repeat after this many; their markers differ then.
  package static let colours = 6

  package static let light = """
    --ground:#ffffff;--ink:#1b1f24;--soft:#57606a;--rule:#d0d7de;--panel:#f6f8fa;--link:#0550ae;
    --s0:#0a63b8;--s1:#b3450b;--s2:#0b7a5a;--s3:#8a3fa8;--s4:#7a5c00;--s5:#b32d6b;--heat:10,99,184;--warn:#9a4a00;
    """
  package static let dark = """
    --ground:#14171c;--ink:#e8ebef;--soft:#a5b0bc;--rule:#3a424c;--panel:#1d2229;--link:#86bdff;
    --s0:#6cb2ff;--s1:#ff9a5c;--s2:#4fd0a3;--s3:#d49bf2;--s4:#e3c24a;--s5:#ff8fbb;--heat:108,178,255;--warn:#ffb066;
    """

  /// The colours as custom properties of `selector`.
  static func variables(_ selector: String) -> String {
    let compact = { (text: String) in text.replacing("\n", with: "") }
    return "\(selector){\(compact(light))}\n"
      + "@media (prefers-color-scheme:dark){\(selector){\(compact(dark))}}\n"
      + "@media print{\(selector){\(compact(light))}}\n"
  }

  /// Strokes, fills and letters.
  static let rules: String = {
    var rules = """
      svg.chart text{font:13px system-ui,sans-serif;fill:var(--ink)}
      svg.chart .grid{stroke:var(--rule);stroke-width:1;fill:none}
      svg.chart .axis{stroke:var(--soft);stroke-width:1;fill:none}
      svg.chart .line{fill:none;stroke-width:2.2;stroke-linejoin:round}
      svg.chart .band{stroke:none;fill-opacity:.16}
      svg.chart .wide,svg.chart .crowded{fill-opacity:.09}
      svg.chart .envelope{fill:none;stroke:var(--ink);stroke-width:1.6;stroke-dasharray:9 3 2 3}
      svg.chart .published{fill:none;stroke:var(--soft);stroke-width:1.6;stroke-dasharray:5 4}
      svg.chart .published.mark{fill:var(--ground);stroke-dasharray:none}
      svg.chart .mark{stroke-width:1.5}

      """
    for series in 0..<colours {
      rules += "svg.chart .line.s\(series){stroke:var(--s\(series))}"
      rules += "svg.chart .fill.s\(series){fill:var(--s\(series));stroke:var(--ground)}"
      rules += "svg.chart .band.s\(series){fill:var(--s\(series))}\n"
    }
    return rules
  }()
}
