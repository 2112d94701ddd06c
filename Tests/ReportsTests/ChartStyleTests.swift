import Foundation
import Reports
import Testing

@Suite("Colours") struct ChartStyleTests {
  /// The relative luminance of WCAG 2.1 of a colour `#rrggbb`.
  static func luminance(_ colour: Substring) throws -> Double {
    let digits = colour.dropFirst()
    let channels = try (0..<3).map { position in
      let start = digits.index(digits.startIndex, offsetBy: 2 * position)
      let value = Double(try #require(Int(digits[start..<digits.index(start, offsetBy: 2)], radix: 16))) / 255
      return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
  }

  static func contrast(_ first: Substring, _ second: Substring) throws -> Double {
    let (one, other) = (try luminance(first), try luminance(second))
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
  }

  static func colours(_ scheme: String) -> [Substring: Substring] {
    let entries = scheme.replacingOccurrences(of: "\n", with: "").split(separator: ";").map { $0.split(separator: ":") }
    return Dictionary(
      entries.filter { $0.count == 2 && $0[1].hasPrefix("#") }.map { ($0[0].drop { $0 == " " }, $0[1]) },
      uniquingKeysWith: { first, _ in first })
  }

  @Test("Text and lines stand out from what is behind them", arguments: [ChartStyle.light, ChartStyle.dark])
  func contrasts(scheme: String) throws {
    let colours = Self.colours(scheme)
    for ground in [try #require(colours["--ground"]), try #require(colours["--panel"])] {
      for text in ["--ink", "--soft", "--link"] {
        #expect(try Self.contrast(try #require(colours[text[...]]), ground) >= 4.5, "\(text)")
      }
      for series in 0..<ChartStyle.colours {
        #expect(try Self.contrast(try #require(colours["--s\(series)"[...]]), ground) >= 3, "--s\(series)")
      }
    }
    // White on black, as WCAG defines the scale.
    #expect(try abs(Self.contrast("#ffffff", "#000000") - 21) < 1e-9)
  }
}
