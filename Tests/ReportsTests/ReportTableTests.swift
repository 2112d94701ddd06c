import Foundation
import Reports
import Testing

@Suite("Tables as text") struct ReportTableTests {
  static let runs = [
    Fixture.made([(0, 0, 0.25), (1, 1, 0.75), (2, 1, 3), (0, nil, 0)], name: "m, σ = 0.25", sigma: 0.25),
    Fixture.made([(0, 0, 1.5), (1, nil, 0), (2, nil, 0), (0, nil, 0)], name: "a|b_<i>&\"x\"", sigma: 1),
  ]
  static let published = PublishedResult(
    name: "Cohen", dataset: "CIFAR-10", protocolNote: "p",
    points: [.init(radius: 0.25, accuracy: 60, relation: "="), .init(radius: 1, accuracy: 23.4, relation: ">")],
    source: .init(text: "t", url: "https://example.org/a?b&c"))
  static let tables = ResultTables(runs: runs, published: [published], radii: [0.25, 1])

  @Test("Markdown")
  func markdown() {
    #expect(
      Self.tables.certified().markdown() == #"""
        Certified accuracy (%) at L2 radius r in pixels, rounded down

        | Run | Images | Clean | Abstain | r = 0.25 | r = 1 | ACR |
        | --- | ---: | ---: | ---: | ---: | ---: | ---: |
        | m, σ = 0.25 | 4 | 50.00 | 25.00 | 50.00 | 0.00 | 0.2500 |
        | a\|b\_\<i\>&"x" | 4 | 25.00 | 75.00 | 25.00 | 25.00 | 0.3750 |
        | published: Cohen, CIFAR-10 |  |  |  | 60.0 | \> 23.4 | – |

        """#)
  }

  @Test("LaTeX")
  func latex() {
    #expect(
      Self.tables.certified().latex() == #"""
        \begin{table}
        \centering
        \caption{Certified accuracy (\%) at L2 radius r in pixels, rounded down}
        \begin{tabular}{lrrrrrr}
        \toprule
          Run & Images & Clean & Abstain & r = 0.25 & r = 1 & ACR \\
        \midrule
          m, $\sigma$ = 0.25 & 4 & 50.00 & 25.00 & 50.00 & 0.00 & 0.2500 \\
          a|b\_\textless{}i\textgreater{}\&"x" & 4 & 25.00 & 75.00 & 25.00 & 25.00 & 0.3750 \\
        \midrule
          published: Cohen, CIFAR-10 &  &  &  & 60.0 & \textgreater{} 23.4 & -- \\
        \bottomrule
        \end{tabular}
        \end{table}

        """#)
  }

  @Test("CSV")
  func csv() {
    // Bounds: scipy.stats.beta.ppf at 0.025 and 0.975; the margin of 4 images is 0.679.
    #expect(
      CurveCSV(runs: Self.runs, radii: [0.25, 1]).text() == #"""
        run,sigma,radius,certified,images,accuracy,lower,upper,simultaneous_lower,simultaneous_upper
        "m, σ = 0.25",0.25,0.25,2,4,0.500000,0.067585,0.932415,0.000000,1.000000
        "m, σ = 0.25",0.25,0.75,1,4,0.250000,0.006309,0.805880,0.000000,0.929051
        "m, σ = 0.25",0.25,1.0,0,4,0.000000,0.000000,0.602365,0.000000,0.679051
        "a|b_<i>&""x""",1.0,0.25,1,4,0.250000,0.006309,0.805880,0.000000,0.929051
        "a|b_<i>&""x""",1.0,1.0,1,4,0.250000,0.006309,0.805880,0.000000,0.929051
        "a|b_<i>&""x""",1.0,1.5,1,4,0.250000,0.006309,0.805880,0.000000,0.929051

        """#)
  }

  @Test("HTML has a caption, scoped headers and escaped text")
  func html() {
    let table = ReportTable(
      caption: "a & b", columns: [.init("x", .left), .init("<y>")], rows: [.init(["1", "\"2\""], kind: .published)])
    #expect(
      table.html().text == """
        <div class="scroll" role="region" aria-label="a &amp; b" tabindex="0">
        <table><caption>a &amp; b</caption>
        <thead><tr><th scope="col">x</th><th scope="col" class="n">&lt;y&gt;</th></tr></thead>
        <tbody>
        <tr class="published"><th scope="row">1</th><td class="n">&quot;2&quot;</td></tr>
        </tbody></table></div>

        """)
  }

  @Test("Best over σ is named as a display with the σ behind each value")
  func envelope() throws {
    let table = ResultTables(runs: try Fixture.runs(), radii: [0.25, 0.75]).certified()
    let row = try #require(table.rows.last)
    #expect(row.kind == .envelope && row.cells[0] == "best over σ (display only): apndc")
    #expect(row.cells[5].hasSuffix("(σ 0.5)") && row.cells.last == "–")
    #expect(HTMLReport(runs: try Fixture.runs(), radii: [0.25]).warnings.contains(BestOverSigma.warning))
  }
}
