import Basics
import Foundation
import Records
import Reports
import Statistics
import Testing

@Suite("Curves, tables and averages") struct CertifiedCurveTests {
  @Test("Steps, counts and ACR are those counted by hand")
  func byHand() {
    let curve = Fixture.hand.curve
    #expect(curve.steps == [.init(radius: 0.25, count: 4), .init(radius: 0.7, count: 2), .init(radius: 1.5, count: 1)])
    // A radius counts at itself, not above.
    let counts = [0, 0.25, 0.25.nextUp, 0.7, 1.5, 1.5.nextUp].map { curve.count(atRadius: $0) }
    #expect(counts == [4, 4, 2, 2, 1, 0])
    #expect(abs(curve.averageCertifiedRadius - 2.7 / 7) < 1e-15)
    #expect(Fixture.hand.correct == Share(4, of: 7))
    #expect(Fixture.hand.abstained == Share(2, of: 7))
    #expect(Fixture.hand.wrong == Share(1, of: 7))
  }

  @Test("Every step of the CSV equals NumPy's, to the last digit shown", arguments: [0, 1, 2])
  func curveAgainstNumPy(position: Int) throws {
    let expected = try Fixture.expected()
    let run = try Fixture.run(expected.runs[position].name, called: "x")
    let lines = CurveCSV(runs: [run], radii: expected.radii).text().split(separator: "\n").dropFirst()
    let rows = lines.map { line in
      // The name holds a comma and is quoted.
      line.split(separator: "\"")[1].split(separator: ",").map(String.init)
    }
    #expect(rows.map { Double($0[1]) } == expected.runs[position].steps)
    #expect(rows.map { Array($0[2...]) } == expected.runs[position].curve)
  }

  @Test("The table's row equals NumPy's, to the last digit shown", arguments: [0, 1, 2])
  func tableAgainstNumPy(position: Int) throws {
    let expected = try Fixture.expected()
    let run = try Fixture.run(expected.runs[position].name)
    let table = ResultTables(runs: [run], radii: expected.radii).certified()
    var cells = Array(table.rows[0].cells[1...])
    // What the table adds to an average that is not comparable.
    if position == 2 { cells.append(cells.removeLast().replacingOccurrences(of: " (target-stopped)", with: "")) }
    #expect(cells == expected.runs[position].table)
  }

  @Test("Certificates that hold all at once equal SciPy's and mpmath's at α/N", arguments: [0, 1, 2])
  func jointAgainstSciPy(position: Int) throws {
    let expected = try Fixture.expected()
    let run = try Fixture.run(expected.runs[position].name)
    let joint = try JointCertificate(run)
    #expect(expected.radii.map { joint.curve.count(atRadius: $0) } == expected.runs[position].joint.counts)
    #expect(
      DecimalText.down(joint.curve.averageCertifiedRadius, digits: 4) == expected.runs[position].joint.acr)
    for (single, whole) in zip(run.images, joint.results) {
      #expect((whole.outcome.radius ?? 0) <= (single.outcome.radius ?? 0))
    }
  }

  @Test("N of the joint claim is the run's own, whatever records are there, and images beyond it are not claimed")
  func jointClaim() throws {
    var run = try Fixture.run("run-0.25")
    let plain = try JointCertificate(run)
    #expect(plain.images == 60 && !plain.isFixed && plain.beyond == 0)
    run.origin?.claim = 60
    let fixed = try JointCertificate(run)
    #expect(fixed.isFixed && fixed.results == plain.results)
    // An unfinished run claims for all it promised.
    run.origin?.images?.count = 100
    run.origin?.claim = 100
    let larger = try JointCertificate(run)
    #expect(larger.images == 100 && larger.results.count == 60 && larger.level == 0.001 / 100)
    #expect(larger.curve.averageCertifiedRadius < plain.curve.averageCertifiedRadius)
    run.origin?.claim = nil
    #expect(try JointCertificate(run).images == 100, "of an earlier version the selection's")
    // Grown beyond what it began with.
    run.origin?.images?.count = 60
    run.origin?.claim = 20
    let grown = try JointCertificate(run)
    #expect(grown.images == 20 && grown.beyond == 40 && grown.results.count == 20 && grown.curve.total == 20)
    let html = HTMLReport(runs: [run], radii: [0.25]).html()
    #expect(html.contains("the first 20 together") && html.contains("has grown by 40 images"))
    let summary = ReportSummary(HTMLReport(runs: [run], radii: [0.25])).runs[0].joint
    #expect(summary?.images == 20 && summary?.beyond == 40 && summary?.isFixed == true)
    run.origin?.claim = 0
    #expect(throws: JointCertificate.Unavailable.self) { try JointCertificate(run) }
  }

  @Test("At α/N the largest bound of the whole sequence counts, where places of votes tell it")
  func jointFromPlaces() throws {
    // 40 votes for, then 8 against and 150 for: at a smaller α more votes are worth more than fewer failures.
    let places = Array(40..<48)
    let run = try Fixture.anytimeRun(failures: places, of: 198, alpha: 0.1, claim: 1_000_000)
    let record = try #require(run.images[0].record)
    let level = 0.1 / 1e6
    let best = (1...198).map { n -> (Double, Int) in
      let failures = places.count { $0 < n }
      return (ConfidenceSequence.lowerBound(successes: n - failures, trials: n, alpha: level), n)
    }.max { $0.0 < $1.0 }
    #expect(record.bound?.samples == 40 && best?.1 == 198, "another maximum at another level")
    let joint = try JointCertificate(run)
    #expect(joint.results[0].outcome.radius == CertifiedRadius.radius(sigma: 0.5, lowerBound: try #require(best?.0)))
    var old = run
    old = ReportedRun(
      title: run.title, method: run.method, source: run.source, sigma: run.sigma,
      images: run.images.map { image in
        var image = image
        image.record?.against = nil
        return image
      }, origin: run.origin)
    let looser = try JointCertificate(old).results[0].outcome.radius ?? 0
    #expect(looser < joint.results[0].outcome.radius ?? 0)
    #expect(
      looser == CertifiedRadius.radius(
        sigma: 0.5, lowerBound: ConfidenceSequence.lowerBound(successes: 40, trials: 40, alpha: level)) ?? 0)
  }

  @Test("Lower bounds of the label's probability are a step function of all images, by class and in all")
  func lowerBounds() throws {
    let run = try Fixture.run("run-0.25")
    let curve = try #require(run.lowerBounds)
    #expect(curve.total == 60 && curve.count(atLeast: 0) == 60 && curve.count(atLeast: 1) == 0)
    // Above ½ it is certified accuracy on another scale.
    for p in [0.55, 0.7, 0.9] {
      let radius = 0.25 * NormalDistribution.quantile(p)
      #expect(curve.count(atLeast: p) == run.curve.count(atRadius: radius))
    }
    #expect(curve.steps.first.map { $0.count == 60 } == true && curve.steps.last?.bound == curve.bounds.last)
    let classes = ClassResults.all(run).compactMap(\.lowerBounds)
    #expect(classes.reduce(0) { $0 + $1.total } == 60)
    #expect(classes.reduce(0) { $0 + $1.count(atLeast: 0.7) } == curve.count(atLeast: 0.7))
    #expect(Fixture.hand.lowerBounds == nil)
    let html = HTMLReport(runs: [run], radii: [0.25]).html()
    #expect(html.contains("Distribution of the votes’ lower bounds") && html.contains("arXiv 2410.06895"))
    #expect(html.contains("Per class: apndc, σ = 0.25, images (%)"))
    let json = try #require(ReportSummary(HTMLReport(runs: [run], radii: [0.25])).runs[0].lowerBounds)
    #expect(json.steps == curve.steps && json.classes.reduce(0) { $0 + $1.images } == 60)
    #expect(HTMLReport(runs: [Fixture.hand], radii: [0.25]).html().contains("keep no votes"))
  }

  @Test("A table, and a run that does not tell α, have no certificates that hold at once")
  func jointUnavailable() throws {
    #expect(throws: JointCertificate.Unavailable.self) { try JointCertificate(Fixture.hand) }
    var run = try Fixture.run("run-0.25")
    run.origin?.smoothing?.alpha = nil
    #expect(throws: JointCertificate.Unavailable.self) { try JointCertificate(run) }
  }

  @Test("Votes by class equal NumPy's", arguments: [0, 1, 2])
  func confusionAgainstNumPy(position: Int) throws {
    let expected = try Fixture.expected()
    let confusion = try #require(VoteConfusion(try Fixture.run(expected.runs[position].name)))
    #expect(confusion.counts == expected.runs[position].confusion)
    let worst = try #require(confusion.worst(1).first)
    #expect(worst.label != worst.voted && worst.share.count == confusion.counts[worst.label][worst.voted])
  }

  @Test("Classes partition the images")
  func classes() throws {
    let run = try Fixture.run("run-0.5")
    let classes = ClassResults.all(run)
    #expect(classes.map(\.images).reduce(0, +) == run.images.count)
    #expect(classes.map(\.correct.count).reduce(0, +) == run.correct.count)
    #expect(classes.map(\.label) == classes.map(\.label).sorted())
  }

  @Test("Best over σ is the largest share at each radius, and only of runs of one method")
  func envelope() throws {
    let runs = try Fixture.runs()
    let groups = BestOverSigma.groups(runs + [Fixture.hand])
    #expect(groups.count == 1)
    let group = try #require(groups.first)
    for radius in stride(from: 0.0, through: 2, by: 0.05) {
      let shares = runs.map { $0.curve.share(atRadius: radius) }
      #expect(group.best(atRadius: radius).share == max(shares[0], shares[1]))
    }
    let named = [Fixture.made([(0, 0, 1)], name: "a"), Fixture.made([(0, 0, 2)], name: "a")]
    #expect(BestOverSigma.groups(named).count == 1)
  }

  @Test("Runs whose levels and tolerance follow from σ are one method; others are not")
  func learnedMethod() {
    func key(
      _ sigma: Double, tolerance: Double, weighting: String = "learned", method: String = "apndc",
      elimination: String = "race", unknown: [String: JSONValue] = [:]
    ) -> RunOrigin.MethodKey {
      let level = JSONValue.object(["levels": .array([.number(sigma * 2)])])
      var specification = RunOrigin.Specification()
      specification.method = method
      specification.sigma = sigma
      specification.weighting = weighting
      specification.calibration = level
      specification.elimination = [elimination: level]
      specification.unknown = unknown
      var origin = RunOrigin()
      origin.classifier = .init()
      origin.classifier?.specification = specification
      origin.smoothing = .init()
      origin.smoothing?.sigma = sigma
      origin.smoothing?.radiusTolerance = tolerance
      return origin.methodKey
    }
    #expect(key(0.3, tolerance: 0.03) == key(0.7, tolerance: 0.07))
    #expect(key(0.3, tolerance: 0.03) != key(0.7, tolerance: 0.03))
    #expect(key(0.3, tolerance: 0.03) != key(0.3, tolerance: 0.03, method: "dc"))
    #expect(key(0.3, tolerance: 0.03) != key(0.3, tolerance: 0.03, elimination: "siftAndRefine"))
    #expect(key(0.3, tolerance: 0.03) != key(0.3, tolerance: 0.03, unknown: ["newer": .bool(true)]))
    // Levels chosen by hand are part of the method.
    #expect(key(0.3, tolerance: 0.03, weighting: "edm") != key(0.7, tolerance: 0.07, weighting: "edm"))
  }
}
