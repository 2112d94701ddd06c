/// Rows and columns of text, written as HTML, Markdown, LaTeX or CSV.
public struct ReportTable: Sendable, Hashable {
  public enum Alignment: Sendable, Hashable { case left, right }

  public struct Column: Sendable, Hashable {
    public var title: String
    public var alignment: Alignment

    public init(_ title: String, _ alignment: Alignment = .right) {
      self.title = title
      self.alignment = alignment
    }
  }

  /// What kind of row it is: only `.ours` was measured by the runs reported on.
  public enum RowKind: Sendable, Hashable { case ours, envelope, published }

  public struct Row: Sendable, Hashable {
    public var cells: [String]
    public var kind: RowKind

    public init(_ cells: [String], kind: RowKind = .ours) {
      self.cells = cells
      self.kind = kind
    }
  }

  public var caption: String
  public var columns: [Column]
  public var rows: [Row]

  public init(caption: String, columns: [Column], rows: [Row] = []) {
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }

  /// A `<table>` with a caption; the first cell of a row is its header. Scrolls by itself, also by keyboard.
  public func html() -> Markup {
    var html: Markup = """
      <div class="scroll" role="region" aria-label="\(caption)" tabindex="0">
      <table><caption>\(caption)</caption>
      <thead><tr>
      """
    for column in columns {
      html += column.alignment == .right ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">"
      html += "\(column.title)</th>"
    }
    html += "</tr></thead>\n<tbody>\n"
    for row in rows {
      switch row.kind {
      case .ours: html += "<tr>"
      case .envelope: html += "<tr class=\"envelope\">"
      case .published: html += "<tr class=\"published\">"
      }
      for (position, cell) in row.cells.enumerated() {
        if position == 0 {
          html += "<th scope=\"row\">\(cell)</th>"
        } else {
          html += columns[position].alignment == .right ? "<td class=\"n\">\(cell)</td>" : "<td>\(cell)</td>"
        }
      }
      html += "</tr>\n"
    }
    html += "</tbody></table></div>\n"
    return html
  }

  /// A pipe table, its caption as a paragraph before it.
  public func markdown() -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    var text = caption.isEmpty ? "" : Self.markdownEscaped(caption) + "\n\n"
    text += line(columns.map { Self.markdownEscaped($0.title) })
    text += "|" + columns.map { $0.alignment == .right ? " ---: |" : " --- |" }.joined() + "\n"
    for row in rows { text += line(row.cells.map(Self.markdownEscaped)) }
    return text
  }

  /// A `tabular` with booktabs' rules inside a `table`.
  public func latex() -> String {
    func line(_ cells: [String]) -> String { "  " + cells.joined(separator: " & ") + " \\\\\n" }
    var text = "\\begin{table}\n\\centering\n\\caption{\(Self.latexEscaped(caption))}\n"
    text += "\\begin{tabular}{" + columns.map { $0.alignment == .right ? "r" : "l" }.joined() + "}\n\\toprule\n"
    text += line(columns.map { Self.latexEscaped($0.title) }) + "\\midrule\n"
    var previous = RowKind.ours
    for row in rows {
      if row.kind == .published, previous != .published { text += "\\midrule\n" }
      previous = row.kind
      text += line(row.cells.map(Self.latexEscaped))
    }
    return text + "\\bottomrule\n\\end{tabular}\n\\end{table}\n"
  }

  package static func markdownEscaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "\\", "|", "*", "_", "`", "[", "]", "<", ">", "#", "~": result += "\\\(character)"
      case "\n", "\r", "\r\n": result += " "
      default: result.append(character)
      }
    }
  }

  package static func latexEscaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "\\": result += "\\textbackslash{}"
      case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
      case "~": result += "\\textasciitilde{}"
      case "^": result += "\\textasciicircum{}"
      case "<": result += "\\textless{}"
      case ">": result += "\\textgreater{}"
      case "σ": result += "$\\sigma$"
      case "α": result += "$\\alpha$"
      case "≥": result += "$\\geq$"
      case "–": result += "--"
      case "…": result += "\\dots{}"
      case "\n", "\r", "\r\n": result += " "
      default: result.append(character)
      }
    }
  }

  /// One field of a CSV file (RFC 4180).
  package static func csvEscaped(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
