import Basics
import Certification
import Foundation
import Records
import Reports
import Runs
import Statistics
import TestSupport

/// Runs and values beside this file, made by `recompute.py fixtures` with NumPy and SciPy.
enum Fixture {
  static let folder = Repository.root.appendingPathComponent("Tests/ReportsTests/Fixtures")

  struct Expected: Decodable {
    struct Run: Decodable {
      struct Joint: Decodable {
        var counts: [Int]
        var acr: String
      }

      var name: String
      var steps: [Double]
      /// certified, images, accuracy, lower, upper, simultaneous lower, simultaneous upper.
      var curve: [[String]]
      /// images, clean, abstain, each radius, ACR.
      var table: [String]
      var joint: Joint
      var confusion: [[Int]]
    }

    struct McNemar: Decodable {
      var onlyA: Int
      var onlyB: Int
      var p: Double
    }

    var radii: [Double]
    var runs: [Run]
    var mcnemar: [McNemar]
    var meanDifference: Double
    var differenceInterval: [Double]
  }

  static func expected() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
  }

  static func run(_ name: String, called: String? = nil) throws -> ReportedRun {
    try ReportedRun.read(folder.appendingPathComponent(name).path, name: called)
  }

  /// Both runs, of one method.
  static func runs() throws -> [ReportedRun] { [try run("run-0.25"), try run("run-0.5")] }

  /// A run of one image whose votes are for its class but for those at `failures`, stopped by nothing but the budget.
  static func anytimeRun(failures: [Int], of samples: Int, alpha: Double, claim: Int) throws -> ReportedRun {
    var count = AnytimeLowerBound(alpha: alpha)
    for trial in 0..<samples { count.add(success: !failures.contains(trial)) }
    let certificate = try Certificate.bound(
      successes: count.attained.successes, samples: count.attained.trials, alpha: alpha, sigma: PixelNoise(0.5),
      kind: .betaMixture)
    let json = """
      {"index": 0, "label": 0, "predicted": 0, "abstained": false, "radius": \(certificate.radius ?? 0), "candidate": 0,
      "pLower": \(certificate.pLower), "bound": {"rule": "beta-mixture", "successes": \(count.attained.successes),
      "samples": \(count.attained.trials), "alpha": \(alpha)}, "stopReason": "budget",
      "votes": [\(samples - failures.count), \(failures.count)], "invalidVotes": 0, "selectionVotes": [5, 0],
      "invalidSelectionVotes": 0, "samples": \(samples), "evaluations": 1, "seconds": 1, "correct": true}
      """
    var record = try JSONDecoder().decode(ImageRecord.self, from: Data(json.utf8))
    record.against = VotesAgainst(failures)
    var origin = RunOrigin()
    var smoothing = RunOrigin.Smoothing()
    smoothing.sigma = 0.5
    smoothing.alpha = alpha
    smoothing.samples = samples
    smoothing.selectionSamples = 5
    smoothing.stop = "anytime"
    smoothing.radiusTolerance = 0
    origin.smoothing = smoothing
    origin.claim = claim
    return ReportedRun(
      title: RunTitle("made"), method: .named("made"), source: "made", sigma: 0.5, images: [CertifiedImage(record)],
      origin: origin)
  }

  /// A run without records: (label, predicted or nil, radius) by position.
  static func made(_ rows: [(Int, Int?, Double)], name: String = "made", sigma: Double? = nil) -> ReportedRun {
    ReportedRun(
      title: RunTitle(name), method: .named(name), source: name + ".tsv", sigma: sigma,
      images: rows.enumerated().map { index, row in
        CertifiedImage(
          index: index, label: row.0, outcome: row.1.map { .certified(label: $0, radius: row.2) } ?? .abstained)
      })
  }

  static let hand = made([(0, 0, 0.25), (1, 1, 1.5), (2, 1, 3), (0, nil, 0), (2, 2, 0.7), (1, 1, 0.25), (1, nil, 0)])
}

/// A folder that is removed at the end.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-reports-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
