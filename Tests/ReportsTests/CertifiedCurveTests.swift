import Basics
import Foundation
import Records
import Reports
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
