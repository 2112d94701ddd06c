import Basics
import Records
import Certification
import Foundation
import FoundationXML
import Reports
import Runs
import TestSupport
import Testing

@Suite("The page") struct HTMLReportTests {
  static func report(_ runs: [ReportedRun]) -> HTMLReport {
    HTMLReport(
      runs: runs, published: [ReportTableTests.published], radii: [0.25, 0.5, 0.75, 1],
      galleries: [0: .init(selection: GallerySelection(runs[0], count: 3, wrongFirst: true), absence: "none here")])
  }

  /// Text that would do harm anywhere it is not escaped.
  static let hostile =
    "</title></style></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u{0}\u{1B}[2J"

  @Test("Whatever comes from a file is escaped")
  func escaped() throws {
    var run = try Fixture.run("run-0.25")
    run.title = RunTitle(Self.hostile)
    run.source = Self.hostile
    run.notes = [.quirk(.renamed([Self.hostile]))]
    run.classNames = Array(repeating: Self.hostile, count: 5)
    let manifest = try Data(contentsOf: Fixture.folder.appendingPathComponent("run-0.25/run.json"))
    if case .object(var members) = try JSONDecoder().decode(JSONValue.self, from: manifest) {
      for key in ["created", "model", "data", "host", "program", "classifier"] {
        members[key] = Self.poisoned(members[key] ?? .null)
      }
      members["arguments"] = .array([.string(Self.hostile)])
      run.origin = try JSONDecoder().decode(RunOrigin.self, from: Data(StableJSON.text(members)))
    }
    #expect(run.origin?.host?.processor == Self.hostile && run.origin?.arguments == [Self.hostile])
    var published = ReportTableTests.published
    published.name = Self.hostile
    published.source = .init(text: Self.hostile, url: "javascript:alert(3)//" + Self.hostile)
    let report = HTMLReport(
      runs: [run, Fixture.hand], published: [published], radii: [0.25],
      galleries: [0: .init(selection: GallerySelection(run, count: 3), absence: Self.hostile)])
    for page in [report.html(), report.chart.svg(standalone: true).text] {
      #expect(page.components(separatedBy: "alert(1)").count > 3, "the text is there")
      #expect(!page.contains("<script") && !page.contains("<img src=x") && !page.contains("\u{1B}"))
      #expect(!page.contains("href=\"javascript"))
    }
  }

  private static func poisoned(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string: .string(hostile)
    case .object(let members): .object(members.mapValues(poisoned))
    default: value
    }
  }

  @Test("The page loads nothing and runs nothing")
  func selfContained() throws {
    let page = Self.report(try Fixture.runs()).html()
    for word in [
      "<script", "src=\"http", "src=\"//", "url(", "@import", "<link rel=\"stylesheet", " onload", " onclick",
    ] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(page.contains("default-src 'none'"))
  }

  @Test("The page has a language, a title, landmarks, one first heading, and names for every control")
  func structure() throws {
    let page = Self.report(try Fixture.runs()).html()
    for part in ["<html lang=\"en\">", "<title>", "<main id=\"content\">", "<nav aria-label", "<header>", "<footer>"] {
      #expect(page.components(separatedBy: part).count == 2, "\(part)")
    }
    #expect(page.components(separatedBy: "<h1").count == 2)
    #expect(page.components(separatedBy: "<table").count == page.components(separatedBy: "<caption>").count)
    #expect(page.components(separatedBy: "<input").count == page.components(separatedBy: "<label><input").count)
    let ids = page.components(separatedBy: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
    #expect(Set(ids).count == ids.count)
  }

  @Test("The picture is well-formed XML by itself, with a title and a description")
  func chart() throws {
    for bands in [[ConfidenceBand.Kind.pointwise], [.simultaneous, .pointwise], []] {
      var chart = Self.report(try Fixture.runs()).chart
      chart.bands = bands
      let svg = chart.svg(standalone: true).text
      let parser = XMLParser(data: Data(svg.utf8))
      #expect(parser.parse(), "\(String(describing: parser.parserError))")
      #expect(svg.contains("<title") && svg.contains("<desc") && svg.contains("prefers-color-scheme:dark"))
      #expect(svg.components(separatedBy: "class=\"line ").count == 2 * 2 + 1, "two curves and their legend")
    }
  }

  @Test("The curve falls exactly where the radii are")
  func path() throws {
    let chart = AccuracyChart(runs: [Fixture.hand], radii: [], bands: [])
    let svg = chart.svg(standalone: false).text
    let path = try #require(svg.components(separatedBy: "<path class=\"line s0\" d=\"").dropFirst().first)
    // 676 units for 1.5·1.04 pixels from 58 on; 330 for 1 from 14 on, downwards.
    func x(_ radius: Double) -> String { Coordinate.text(58 + radius / 1.56 * 676) }
    func y(_ share: Double) -> String { Coordinate.text(14 + (1 - share) * 330) }
    #expect(
      path.prefix { $0 != "\"" }
        == "M58 \(y(4.0 / 7))V\(y(4.0 / 7))H\(x(0.25))V\(y(2.0 / 7))H\(x(0.7))V\(y(1.0 / 7))H\(x(1.5))V344H734")
  }

  @Test("Published results are dashed, hollow and named as not ours")
  func published() throws {
    let svg = Self.report([Fixture.hand]).chart.svg(standalone: true).text
    #expect(svg.contains("published, not measured here: Cohen, CIFAR-10, as lower bounds"))
    #expect(svg.components(separatedBy: "class=\"published mark\"").count == 2 + 1 + 1)
    // Never a series' own style.
    #expect(svg.components(separatedBy: "class=\"line ").count == 2 + 1)
  }

  @Test("A run says what is guaranteed for one image and for the whole set")
  func guarantee() throws {
    let page = HTMLReport(runs: [try Fixture.run("run-0.25")], radii: [0.25]).html()
    #expect(page.contains("with confidence 1 − α = 0.999"))
    // 60 images at 0.001.
    #expect(page.contains("α·N = 0.0600") && page.contains("as large as 6.00 %"))
    #expect(page.contains("α/N = 1.67e-5"))
    let table = HTMLReport(runs: [Fixture.hand], radii: [0.25]).html()
    #expect(table.contains("does not say α"))
  }

  @Test(
    "Which images were taken is said as a person says it",
    arguments: [(1, "one"), (2, "2nd"), (11, "11th"), (23, "23rd"), (101, "101st"), (112, "112th")])
  func stride(stride: Int, words: String) throws {
    var run = try Fixture.run("run-0.25")
    run.origin?.images = .init(first: 4, stride: stride, count: 60)
    #expect(HTMLReport(runs: [run], radii: [1]).html().contains("60, from index 4, every \(words)<"))
  }

  @Test("Runs of different α or images are warned about")
  func warnings() throws {
    var runs = try Fixture.runs()
    runs[1].origin?.smoothing?.alpha = 0.01
    let report = HTMLReport(runs: runs + [Fixture.hand], radii: [0.25])
    #expect(report.warnings.contains { $0.contains("different α (0.001, 0.01)") })
    #expect(report.warnings.contains { $0.contains("not on the same images") })
  }

  @Test("Many classes are shown by their worst pairs, few by their matrix")
  func confusion() throws {
    #expect(HTMLReport(runs: [try Fixture.run("run-0.25")], radii: [1]).html().contains("class=\"confusion\""))
    let many = ReportedRun(
      title: RunTitle("many"), method: .named("m"), source: "m",
      images: try Self.records(images: 80, classes: 40).map(CertifiedImage.init)
    )
    let page = HTMLReport(runs: [many], radii: [1]).html()
    #expect(!page.contains("class=\"confusion\"") && page.contains("most often confused"))
  }

  /// Records of made-up images, all with different radii.
  static func records(images: Int, classes: Int) throws -> [ImageRecord] {
    var random = SplitMix64(state: 11)
    return try (0..<images).map { index in
      let label = index % classes
      let successes = 5_000 + Int(random.unit() * 5_000)
      let other = (label + 1 + Int(random.unit() * Double(classes - 1))) % classes
      var votes = [Int](repeating: 0, count: classes)
      votes[label] = successes
      votes[other] += 10_000 - successes
      let bound = Double(successes) / 10_001
      let json = """
        {"index":\(index),"label":\(label),"predicted":\(bound > 0.5 ? label : -1),"abstained":\(bound <= 0.5),
        "radius":\(bound > 0.5 ? bound - 0.5 + Double(index) * 1e-9 : 0),"candidate":\(label),"pLower":\(bound),
        "bound":{"rule":"clopper-pearson","successes":\(successes),"samples":10000,"alpha":0.001},"stopReason":"fixed",
        "votes":\(votes),"invalidVotes":0,"selectionVotes":\(votes),"invalidSelectionVotes":0,"samples":10000,
        "evaluations":12600000,"seconds":1.5,"correct":\(bound > 0.5)}
        """
      return try JSONDecoder().decode(ImageRecord.self, from: Data(json.utf8))
    }
  }

  @Test("A run of 10 000 images stays below 5 MB")
  func size() throws {
    let images = try Self.records(images: 10_000, classes: 10).map(CertifiedImage.init)
    let run = ReportedRun(
      title: RunTitle("large"), method: .named("m"), source: "m", sigma: 0.5, images: images,
      origin: try Fixture.run("run-0.5").origin)
    #expect(run.curve.steps.count > 9_900, "nearly every radius is its own step")
    let page = Self.report([run]).html()
    #expect(page.utf8.count < 5_000_000, "\(page.utf8.count) bytes")
  }
}
