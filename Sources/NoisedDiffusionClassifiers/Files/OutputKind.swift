import Basics
import Classifiers

/// What a command writes to a file: what stands there already is replaced only where it is such a one.
public enum OutputKind: String, CaseIterable, Sendable {
  case page = "an HTML page"
  case drawing = "an SVG drawing"
  case curves = "a CSV file of curves"
  case markdownTable = "a Markdown table of results"
  case latexTable = "a LaTeX table of results"
  case array = "a NumPy array (.npy)"
  case weights = "a safetensors file"
  case calibration = "a calibration"

  /// Text files are looked at no further.
  private static let longestText = 1 << 20

  /// Whether `file` holds what was or could have been written as this kind; an empty one holds nothing to lose.
  func isHeld(in file: MappedFile, path: String) -> Bool {
    let kind = FileKind(file.bytes)
    if kind == .empty { return true }
    return switch self {
    case .page: kind == .html
    case .drawing: kind == .svg
    case .array: kind == .numPyArray
    case .weights: kind == .safetensors
    case .calibration: (try? CalibrationTable(path: path)) != nil
    case .curves: Self.lines(file).first { $0.hasPrefix("run,sigma,radius,certified,") } != nil
    case .latexTable: Self.lines(file).first { !$0.isEmpty }?.hasPrefix("\\begin{table") ?? false
    case .markdownTable: Self.isTable(Self.lines(file))
    }
  }

  private static func lines(_ file: MappedFile) -> [String] {
    TextLines(anyEncoding: Array(file.bytes.prefix(longestText))).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// A caption at most, then a pipe table of runs and nothing else: notes in which somebody put such a table are theirs.
  private static func isTable(_ lines: [String]) -> Bool {
    let filled = lines.filter { !$0.isEmpty }
    guard let start = filled.firstIndex(where: { $0.hasPrefix("| Run |") }), start <= 1, start + 1 < filled.count
    else { return false }
    return filled[start + 1].hasPrefix("| ---") && filled[start...].allSatisfy { $0.hasPrefix("|") }
  }
}
