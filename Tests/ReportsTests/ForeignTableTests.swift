import Basics
import Foundation
import Reports
import Testing

@Suite("Tables of other tools") struct ForeignTableTests {
  static func table(_ text: String) throws -> ForeignTable { try ForeignTable(text: Data(text.utf8)) }

  /// Six images of which 0, 1 and 4 are right, 2 is wrong, 3 and 5 abstain.
  static func rows(correct: [String], time: (Int) -> String = { "0:00:0\($0).500000" }) -> String {
    let rows = [
      (3, "3", "0.50512"), (8, "8", "1.953"), (8, "1", "0.4"), (0, "-1", "0.0"), (6, "6", "0.25"), (1, "-1", "0.0"),
    ]
    return "idx\tlabel\tpredict\tradius\tcorrect\ttime\n"
      + rows.enumerated().map { "\($0)\t\($1.0)\t\($1.1)\t\($1.2)\t\(correct[$0])\t\(time($0))\n" }.joined()
  }

  static let plain = ["1", "1", "0", "0", "1", "0"]

  @Test("A table as Docs/Files.md describes it has no quirks")
  func plain() throws {
    let table = try Self.table(Self.rows(correct: Self.plain))
    #expect(table.quirks == [])
    #expect(table.images.map(\.correct) == [true, true, false, false, true, false])
    #expect(table.images.map { $0.outcome.radius ?? -1 } == [0.50512, 1.953, 0.4, -1, 0.25, -1])
    #expect(table.images.map { $0.seconds ?? -1 } == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
  }

  @Test("A running total of correct answers is recognised and not believed")
  func runningTotal() throws {
    let table = try Self.table(Self.rows(correct: ["1", "2", "2", "2", "3", "3"]))
    #expect(table.quirks == [.runningTotal])
    #expect(table.images.map(\.correct) == [true, true, false, false, true, false])
  }

  @Test("Any other contradiction is counted and placed")
  func contradiction() throws {
    let table = try Self.table(Self.rows(correct: ["1", "1", "1", "0", "0", "0"]))
    #expect(table.quirks == [.contradictingCorrect(rows: 2, firstLine: 4)])
    #expect(table.images.map(\.correct) == [true, true, false, false, true, false])
  }

  @Test("True and False are as good as 1 and 0")
  func words() throws {
    let table = try Self.table(Self.rows(correct: ["True", "True", "False", "False", "True", "False"]))
    #expect(table.quirks == [])
  }

  @Test("Times are plain seconds, clocks with and without fractions, or days")
  func times() throws {
    let texts = ["12.25", "3", "0:00:16", "1:02:03.5", "1 day, 0:00:01.5", "2 days, 1:00:00"]
    let table = try Self.table(Self.rows(correct: Self.plain) { texts[$0] })
    #expect(table.images.map { $0.seconds ?? -1 } == [12.25, 3, 16, 3723.5, 86401.5, 176_400])
    #expect(table.quirks == [.secondsAsNumbers])
    let unreadable = try Self.table(Self.rows(correct: Self.plain) { $0 == 2 ? "soon" : "1.0" })
    #expect(unreadable.quirks == [.unreadableTimes(rows: 1, firstLine: 4), .secondsAsNumbers])
    #expect(Fixture.made([(0, 0, 1)]).secondsPerImage == nil)
  }

  @Test("Rounded radii, written as three significant digits, are named")
  func rounded() throws {
    let table = try Self.table(
      "idx\tlabel\tpredict\tradius\tcorrect\ttime\n0\t3\t3\t0.505\t1\t0:00:16.602175\n1\t1\t1\t0.000306\t1\t0:00:16.6\n"
        + "2\t1\t1\t1.2e-05\t1\t0:00:16.6\n")
    #expect(table.quirks == [.roundedRadii(digits: 3)])
    #expect(table.images[2].outcome.radius == 1.2e-5)
  }

  @Test("Other column names, orders and extra columns are understood and named")
  func columns() throws {
    let table = try Self.table(
      "Index\tPrediction\tTarget\tcorrect\tright\tCertified_Radius\n4\t2\t2\t1\tTrue\t0.123456\n7\t-1\t2\t0\tFalse\tnan\n"
    )
    #expect(
      table.quirks == [
        .renamed(["idx is “index”", "label is “target”", "predict is “prediction”", "radius is “certified_radius”"]),
        .extraColumns(["“right”"]), .noTime,
      ])
    #expect(table.images.map(\.index) == [4, 7])
    #expect(table.images.map(\.correct) == [true, false])
  }

  @Test("Commas, a missing header, a missing column, comments, CRLF and a byte order mark")
  func layout() throws {
    let commas = try Self.table("idx,label,predict,radius\r\n0, 1, 1, 0.12345\r\n")
    #expect(commas.quirks == [.separator("commas"), .noCorrect, .noTime])
    let bare = try Self.table("0 1 1 0.12345 1 0:00:01\n1 1 2 0.2 0 0:00:01\n")
    #expect(bare.quirks == [.separator("spaces"), .noHeader])
    let marked = try Self.table("\u{FEFF}# made by hand\n" + Self.rows(correct: Self.plain))
    #expect(marked.quirks == [.skippedLines(1)])
  }

  @Test("A run continued with its header again, and one cut off in its last line")
  func torn() throws {
    let again = try Self.table(
      Self.rows(correct: Self.plain) + "idx\tlabel\tpredict\tradius\tcorrect\ttime\n9\t1\t1\t0.77777\t1\t0:00:01\n")
    #expect(again.images.count == 7 && again.quirks == [.repeatedHeader(lines: 1)])
    let cut = try Self.table(Self.rows(correct: Self.plain) + "6\t1\t1\t0.7")
    #expect(cut.images.count == 6 && cut.quirks == [.tornLine])
  }

  @Test("Classes printed as tensors or decimals, and abstentions with a radius")
  func decorated() throws {
    let table = try Self.table(
      "idx\tlabel\tpredict\tradius\tcorrect\ttime\n0\ttensor(3)\t3.0\t0.50512\t1\t1.5\n"
        + "1\ttensor([4], device='cuda:0')\t-1\t0.3\t0\t1.5\n")
    #expect(table.quirks == [.secondsAsNumbers, .abstentionsWithRadius(rows: 1), .decoratedClasses])
    #expect(table.images.map(\.label) == [3, 4])
    #expect(table.images[1].outcome == .abstained)
  }

  @Test("A class whose radius is not a number is an abstention, also under a running total")
  func notANumber() throws {
    let rows = "idx\tlabel\tpredict\tradius\tcorrect\ttime\n0\t3\t3\t0.50512\t1\t0:00:01\n1\t4\t4\tnan\t"
    for correct in ["1", "2"] {
      let table = try Self.table(rows + correct + "\t0:00:01\n2\t4\t-1\tnan\t\(correct == "1" ? "0" : "2")\t0:00:01\n")
      #expect(table.quirks == (correct == "2" ? [.runningTotal] : []) + [.radiiNotANumber(rows: 1)])
      #expect(table.images.map(\.outcome) == [.certified(label: 3, radius: 0.50512), .abstained, .abstained])
    }
  }

  @Test("Images are counted once, whatever their order, though a row be repeated")
  func repeatedAndUnsorted() throws {
    let header = "idx\tlabel\tpredict\tradius\tcorrect\ttime\n"
    let rows = [(40, 1, 3), (0, 8, 4), (20, 8, 5), (20, 8, 6)].enumerated().map { position, row in
      "\(row.0)\t8\t\(row.1)\t0.41234\t\(position)\t0:00:0\(row.2)\n"
    }
    let table = try Self.table(header + rows.joined() + "\n\n  \n")
    #expect(table.quirks == [.runningTotal, .repeatedRows(rows: 1, firstLine: 5)])
    #expect(table.images.map(\.index) == [40, 0, 20])
    #expect(table.images.map { $0.seconds ?? -1 } == [3, 4, 5])
  }

  @Test(
    "What cannot be read is named by line and column",
    arguments: [
      ("", "no rows"), ("idx\tlabel\tpredict\tradius\n", "no rows"),
      ("idx\tlabel\tradius\n0\t1\t0.5\n", "line 1: a column is missing; expected \"predict\""),
      ("idx\tlabel\tpredict\tradius\n0\t1\t1\tbig\n", "line 2, column \"radius\": not a radius"),
      ("idx\tlabel\tpredict\tradius\n0\t1\t1\tinf\n", "line 2, column \"radius\": not a radius"),
      ("idx\tlabel\tpredict\tradius\n0\t1\t1\t-0.5\n", "line 2, column \"radius\": not a radius"),
      ("idx\tlabel\tpredict\tradius\n0\t1.5\t1\t0.5\n", "line 2, column \"label\": not a whole number"),
      ("idx\tlabel\tpredict\tradius\n0\t1\t-2\t0.5\n", "line 2, column \"predict\": not a whole number"),
      (
        "idx\tlabel\tpredict\tradius\n0\t1\t1\t0.5\n0\t1\t1\t0.25\n",
        "line 3, column \"idx\": an image appears twice, with different results; found image 0, also on line 2"
      ),
      ("idx\tlabel\tpredict\tradius\n0\t1\t1\t0.5\textra\n", "line 2: a row of another length"),
      ("certified accuracy is 0.5\n", "a column is missing"),
      ("idx\tlabel\tpredict\tradius\n99999999999999999999\t1\t1\t0.5\n", "line 2, column \"idx\""),
    ])
  func unreadable(text: String, message: String) {
    let error = #expect(throws: InputError.self) { try Self.table(text) }
    #expect(error?.description.contains(message) ?? false, "\(error?.description ?? "")")
  }

  @Test("Bytes that are no text, and a line without end, are refused")
  func binary() {
    #expect(throws: InputError.self) { try ForeignTable(text: Data([0xFF, 0xFE, 0x00, 0x0A])) }
    #expect(throws: InputError.self) { try ForeignTable(text: Data(repeating: 0x41, count: 100_000)) }
  }

  @Test(
    "σ is read from a path that says it",
    arguments: [
      ("data/noise_0.25/test/x.tsv", 0.25), ("certify/noise_1.00_5510", 1.0), ("a/sigma_0.12", 0.12),
      ("sd=0.5.tsv", 0.5), ("NOISE-2.tsv", 2), ("plain.tsv", nil), ("noise.tsv", nil),
      ("noise_0.50/test/sigma_0.25", 0.25), ("sigma=0.5.csv", 0.5), ("sigma0.25.tsv", 0.25), ("σ=1.0", 1),
      ("sigma_.5.tsv", 0.5), ("x_sigma_0.25_n1000.tsv", 0.25), ("sigma_0.25/noise_0.50.tsv", 0.25),
      // What may be meant otherwise is not believed.
      ("sigma_025.tsv", nil), ("noise_025", nil), ("sd1.5_cifar.tsv", nil), ("sd_1.5.tsv", nil), ("sd-2.1/a.tsv", nil),
      ("noise_64_255.tsv", nil), ("sigma_64_255.tsv", nil), ("64_255.tsv", nil), ("sigma_25.tsv", nil),
      ("noise_0_25.tsv", nil), ("sigma_0p25.tsv", nil), ("sigma_0,25.tsv", nil), ("sigma_12.75.tsv", nil),
      ("denoise_0.5.tsv", nil), ("train_noise_0.5/a.tsv", nil), ("label_noise_0.2.tsv", nil), ("noise_0.25.1.tsv", nil),
      ("sigma_0.25/sigma_0.50.tsv", nil), ("sigma_min_0.002.tsv", nil), ("sigma_3.tsv", nil), ("sigma_0.tsv", nil),
    ] as [(String, Double?)])
  func sigma(path: String, sigma: Double?) {
    #expect(ForeignTable.sigma(inPath: path) == sigma)
  }
}
