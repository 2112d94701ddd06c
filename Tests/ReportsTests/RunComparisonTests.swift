import Basics
import Foundation
import Reports
import Runs
import TestSupport
import Testing

@Suite("Comparing two runs") struct RunComparisonTests {
  @Test("McNemar's counts and p-values equal SciPy's")
  func mcnemar() throws {
    let expected = try Fixture.expected()
    let runs = try Fixture.runs()
    let comparison = try RunComparison(runs[0], runs[1], radii: expected.radii)
    for (row, reference) in zip(comparison.atRadii, expected.mcnemar) {
      #expect(row.test.onlyA == reference.onlyA && row.test.onlyB == reference.onlyB)
      #expect(abs(row.test.pValue - reference.p) <= 1e-12 * reference.p)
      #expect(row.test.both + row.test.onlyA + row.test.onlyB + row.test.neither == 60)
    }
    // Exact values: 2·(1 + 5)/2⁵ and 1 where nothing differs.
    #expect(McNemarTest(a: [true, true, true, true, false], b: [false, false, false, false, true]).pValue == 0.375)
    #expect(McNemarTest(a: [true, false], b: [true, false]).pValue == 1)
  }

  @Test("a p that no double holds is written as a number that it lies below, a small one as it is")
  func smallP() throws {
    struct Written: Decodable {
      var pValue: Double
      var pValueIsBelow: Bool?
    }
    func written(_ count: Int) throws -> Written {
      let test = McNemarTest(a: [Bool](repeating: true, count: count), b: [Bool](repeating: false, count: count))
      return try JSONDecoder().decode(Written.self, from: Data(StableJSON.line(test)))
    }
    // 2·2⁻ⁿ: 4.9e-324 at 1 075, 0 beyond.
    for count in [1_000, 1_075, 1_080, 10_000] {
      let p = try written(count)
      #expect(p.pValue == 1e-300 && p.pValueIsBelow == true, "\(count)")
    }
    let p = try written(990)
    #expect(p.pValueIsBelow == nil && abs(p.pValue * 0x1p989 - 1) < 1e-9)
  }

  @Test("The mean difference is exact and its interval that of NumPy's bootstrap to within resampling")
  func difference() throws {
    let expected = try Fixture.expected()
    let runs = try Fixture.runs()
    let difference = try #require(try RunComparison(runs[0], runs[1], radii: [0.25]).radiusDifference)
    #expect(abs(difference.mean - expected.meanDifference) < 1e-15)
    // The standard error of a 2.5 % quantile of 10 000 resamples is about 0.001 here.
    #expect(abs(difference.lower - expected.differenceInterval[0]) < 0.004)
    #expect(abs(difference.upper - expected.differenceInterval[1]) < 0.004)
    #expect(difference.largerInA + difference.largerInB + difference.equal == 60)
    let swapped = try #require(try RunComparison(runs[1], runs[0], radii: [0.25]).radiusDifference)
    #expect(swapped.mean == -difference.mean && swapped.largerInA == difference.largerInB)
  }

  @Test("The interval covers the truth about as often as it says, and one of half the width would not")
  func coverage() {
    var random = SplitMix64(state: 3)
    var missed = 0
    var missedByHalf = 0
    let repetitions = 400
    for _ in 0..<repetitions {
      // Differences of −1, 0 or 2 with equal probability: mean ⅓.
      let values = (0..<60).map { _ in [-1.0, 0, 2][Int(random.unit() * 3)] }
      let interval = PairedDifference(a: values.map { _ in 0 }, b: values)
      if !(interval.lower...interval.upper).contains(1.0 / 3) { missed += 1 }
      let half = (interval.upper - interval.lower) / 4
      if abs(interval.mean - 1.0 / 3) > half { missedByHalf += 1 }
    }
    // 5 % of 400 is 20; the bootstrap of 60 images is a little short of its confidence.
    #expect((5...42).contains(missed), "missed \(missed) times")
    #expect(missedByHalf > 80, "missed \(missedByHalf) times")
  }

  @Test("Images that differ cannot be compared at all")
  func images() throws {
    let runs = try Fixture.runs()
    var other = Fixture.made([(0, 0, 1)])
    #expect(throws: RunComparison.NotComparable.self) { try RunComparison(runs[0], other, radii: [0], anyway: true) }
    let labels = runs[0].images.map { ($0.label + 1, Int?.none, 0.0) }
    other = Fixture.made(labels)
    let comparability = Comparability(Fixture.made(runs[0].images.map { ($0.label, nil, 0) }), other)
    #expect(comparability.mismatches.count == 1 && comparability.mismatches[0].contains("image 0 has label"))
  }

  @Test("Another α or another unit is an obstacle that is named, and stays named when overridden")
  func obstacles() throws {
    var runs = try Fixture.runs()
    runs[1].origin?.smoothing?.alpha = 0.01
    let error = #expect(throws: RunComparison.NotComparable.self) { try RunComparison(runs[0], runs[1], radii: [0]) }
    #expect(error?.description.contains("α is 0.001 in A and 0.01 in B") ?? false)
    let anyway = try RunComparison(runs[0], runs[1], radii: [0], anyway: true)
    #expect(anyway.table.contains("NOT COMPARABLE: α is 0.001 in A and 0.01 in B"))

    // Radii in units of 1/255: far beyond what σ in pixels can certify.
    let pixels = Fixture.made([(0, 0, 0.5), (1, 1, 0.9)], sigma: 0.25)
    let bytes = Fixture.made([(0, 0, 127), (1, 1, 230)], sigma: 0.25)
    #expect(Comparability(pixels, bytes).obstacles.count == 1)
    #expect(Comparability(pixels, pixels).obstacles == [])
  }

  @Test(
    "A table's radii that were rounded to nearest, and another machine, are to be borne in mind; other quirks are not")
  func cautions() throws {
    var table = Fixture.hand
    func cautions() -> [String] { Comparability(table, Fixture.hand).cautions.filter { $0.contains("nearest") } }
    table.notes = [.quirk(.noTime), .quirk(.renamed(["radii rounded to nearest"])), .tableAlone]
    #expect(cautions() == [])
    table.notes.append(.quirk(.roundedRadii(digits: 3)))
    #expect(cautions().count == 1)

    var runs = try Fixture.runs()
    #expect(Comparability(runs[0], runs[1]).cautions == [])
    runs[1].origin?.host?.processor = "another"
    #expect(Comparability(runs[0], runs[1]).cautions.map { $0.contains("different machines") } == [true])
  }

  @Test("What makes times incomparable is named: who computes, or the engine, not a machine that is the same")
  func execution() throws {
    var runs = try Fixture.runs()
    func cautions() -> [String] { Comparability(runs[0], runs[1]).cautions }
    let host = runs[1].origin?.host
    runs[1].origin?.host?.instructionSet = "AVX2, avx2 kernels"
    #expect(cautions().count == 1)
    #expect(
      cautions()[0].hasPrefix("The runs were computed by different engines (") && cautions()[0].contains("AVX2, avx2"))
    // The exact denoiser of pictures on the same machine.
    runs[0].origin?.host?.instructionSet = "AVX2, analytic kernels"
    #expect(cautions() == [])
    runs[0].origin?.host = host
    runs[1].origin?.host?.instructionSet = "served elsewhere"
    runs[1].origin?.host?.libraries = [:]
    runs[1].origin?.model?.source = "http://gpu:8000/v2/models/edm"
    let served = "The models of A are computed by the program itself, those of B by http://gpu:8000: their times are"
    #expect(cautions().map { $0.hasPrefix(served) } == [true])
    // Two models of one server.
    let other = runs[1].origin?.host
    runs[0].origin?.host = other
    runs[0].origin?.model?.source = "http://gpu:8000/v2/models/other"
    #expect(cautions() == [])
    // The denoiser is a file, the classifier behind it is not.
    runs[0].origin?.host = host
    runs[0].origin?.model?.source = "edm.pkl"
    runs[1].origin?.host = host
    runs[1].origin?.model?.source = "edm.pkl"
    runs[1].origin?.model?.classifierSource = "https://gpu/v2/models/resnet"
    #expect(cautions().map { $0.contains("those of B by https://gpu: their") } == [true])
  }

  @Test("Radii of a target-stopped run are not subtracted")
  func targetStopped() throws {
    var runs = try Fixture.runs()
    runs[0].origin?.smoothing?.stop = "anytime"
    runs[0].origin?.smoothing?.targetRadii = [0.25]
    let comparison = try RunComparison(runs[0], runs[1], radii: [0.25])
    #expect(comparison.radiusDifference == nil)
    #expect(comparison.comparability.cautions.contains { $0.contains("no difference of radii") })
    #expect(comparison.atRadii.count == 1)
  }

  @Test("Radii of a run that a tolerance stopped are not subtracted, and the text says so")
  func toleranceStopped() throws {
    var runs = try Fixture.runs()
    runs[0].origin?.smoothing?.stop = "anytime"
    runs[0].origin?.smoothing?.radiusTolerance = 0.02
    let comparison = try RunComparison(runs[0], runs[1], radii: [0.25])
    #expect(comparison.radiusDifference == nil && !comparison.comparability.radiiAreComparable)
    #expect(comparison.table.contains("stopped voting when its radius could hardly grow"))
    #expect(comparison.table.contains("by p or more; where voting stopped early, as far as it went)"))
    #expect(HTMLReport(runs: runs, radii: [0.25]).html().contains("bounds too are those at which it stopped"))
    #expect(!HTMLReport(runs: [runs[1]], radii: [0.25]).html().contains("bounds too are those at which it stopped"))
    let json = String(decoding: try StableJSON.line(comparison), as: UTF8.self)
    #expect(json.contains("no difference of radii is given"))
    runs[0].origin?.smoothing?.radiusTolerance = 0
    #expect(try RunComparison(runs[0], runs[1], radii: [0.25]).radiusDifference != nil)
  }

  @Test("Another budget of votes is a caution; lower bounds stand beside the radii")
  func budgets() throws {
    var runs = try Fixture.runs()
    let alike = try RunComparison(runs[0], runs[1], radii: [0.25])
    #expect(!alike.table.contains("at most"))
    runs[1].origin?.smoothing?.samples = 10_000
    let comparison = try RunComparison(runs[0], runs[1], radii: [0.25])
    #expect(comparison.table.contains("note: An image gets at most 200 votes in A and 10000 in B"))
    #expect(HTMLReport(runs: runs, radii: [0.25]).warnings.contains { $0.contains("different budgets of votes") })
    let bounds = try #require(comparison.atBounds)
    #expect(bounds.map(\.bound) == LowerBoundCurve.levels)
    for row in bounds {
      let count = runs[0].images.count { ($0.record?.candidate == $0.label ? $0.record?.pLower ?? 0 : 0) >= row.bound }
      #expect(row.a == count)
    }
    #expect(comparison.table.contains("lower bound of p") && comparison.table.contains("easy images"))
    #expect(try RunComparison(Fixture.hand, Fixture.hand, radii: [0]).atBounds == nil, "a table keeps no votes")
  }

  @Test("The order of the images does not matter")
  func order() throws {
    let rows: [(Int, Int?, Double)] = [(0, 0, 0.5), (1, 1, 0.9), (2, 0, 0.3)]
    let a = Fixture.made(rows)
    let b = ReportedRun(title: RunTitle("b"), method: .named("b"), source: "b", images: a.images.reversed())
    let comparison = try RunComparison(a, b, radii: [0, 0.5, 0.9])
    #expect(comparison.atRadii.allSatisfy { $0.test.onlyA == 0 && $0.test.onlyB == 0 })
    #expect(comparison.radiusDifference?.equal == 3)
  }
}
