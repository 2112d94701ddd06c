import Foundation
import NumPyFiles
import Testing

/// The fast preset from calibration to record, on a network small enough to certify in moments.
@Suite("The fast preset", .enabled(if: Program.isBuilt, Program.absent))
struct FastPresetTests {
  /// What a line of records.jsonl says of its bound.
  struct Record: Decodable, Hashable {
    struct Bound: Decodable, Hashable {
      var rule: String
      var successes: Int
      var samples: Int
      var alpha: Double
    }
    var index: Int
    var pLower: Double
    var radius: Double
    var bound: Bound
    var stopReason: String
    var votes: [Int]
    var invalidVotes: Int
    var samples: Int
    var evaluations: Int
  }

  struct Result: Decodable {
    var records: [Record]
  }

  /// `count` pictures of 8×8 pixels whose brightest row tells the class.
  private static func pictures(_ count: Int, in folder: URL) throws -> String {
    var pixels: [Float] = []
    for index in 0..<count {
      for place in 0..<64 {
        pixels.append(place / 8 == index % 8 ? 0.9 : Float((place * 7 + index * 13) % 32) / 64)
      }
    }
    try NumPyArray(shape: [count, 1, 8, 8], pixels).write(to: folder.file("x.npy"))
    try NumPyArray(shape: [count], (0..<count).map { Int64($0 % 8) }).write(to: folder.file("y.npy"))
    return "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))"
  }

  /// A calibration by hand: the tiny network is random, there is nothing to learn from it.
  private static func calibration(_ name: String = "calibration.json", model: String? = nil, in folder: URL) throws
    -> String
  {
    let digest = model.map { "\"model\":\"\($0)\"," } ?? ""
    try Data(
      (#"{"format":"ndc-calibration-2","# + digest
        + #""entries":[{"sigma":0.25,"method":"apndc","levels":[{"sigma":0.5,"weight":0.5},{"sigma":2,"weight":0.25}],"#
        + #""race":{"order":[1,0],"margins":[0.01,null]},"evaluationsPerVote":12.4}]}"#).utf8
    ).write(to: folder.appendingPathComponent(name))
    return folder.file(name)
  }

  private static func certify(_ arguments: [String]) throws -> [Record] {
    let ending = try Program.run(
      ["certify", "--model", TinyNetwork.grey.model, "--sigma", "0.25", "--json"] + arguments)
    #expect(ending.status == 0, "\(ending.errors)")
    return try ending.json(Result.self).records
  }

  @Test("calibrated levels are raced over, and a record's counts give its bound again")
  func calibratedRun() throws {
    try TemporaryFolder.with { folder in
      let data = try Self.pictures(8, in: folder)
      let calibration = try Self.calibration(in: folder)
      let ending = try Program.run([
        "certify", "--model", TinyNetwork.grey.model, "--data", data, "--calibration", calibration, "--sigma", "0.25",
        "--preset", "fast", "--samples", "40", "--alpha", "0.1", "--count", "3", "--json", "--out", folder.file("run"),
        "--target-radius", "0.02", "--selection-samples", "20",
      ])
      #expect(ending.status == 0, "\(ending.errors)")
      // 5 agreeing votes certify 0.02 at alpha = 0.1, and 25 · 12.4 = 310.
      #expect(ending.errors.contains("a vote took 12.4 evaluations on average when the model was calibrated"))
      #expect(ending.errors.contains("all of them agree: about 310 evaluations an image"))
      #expect(ending.errors.contains("weighting learned") && ending.errors.contains("race with calibrated margins"))
      for record in try ending.json(Result.self).records {
        #expect(record.bound.rule == "beta-mixture" && record.bound.alpha == 0.1)
        #expect(record.votes.reduce(record.invalidVotes, +) == record.samples && record.samples <= 40)
        let again = try Program.run(
          "radius --stop anytime --successes \(record.bound.successes) --samples \(record.bound.samples) "
            + "--alpha 0.1 --sigma 0.25 --json")
        struct Bound: Decodable {
          var pLower: Double
          var radius: Double
        }
        if record.bound.samples > 0 {
          let bound = try again.json(Bound.self)
          #expect(bound.pLower == record.pLower && bound.radius == record.radius)
        }
      }
    }
  }

  @Test("records are the same for every number of threads and batch size, and for a run that grew")
  func determinism() throws {
    try TemporaryFolder.with { folder in
      let data = try Self.pictures(8, in: folder)
      let calibration = try Self.calibration(in: folder)
      let common = [
        "--data", data, "--calibration", calibration, "--preset", "fast", "--samples", "60", "--alpha", "0.2",
        "--target-radius", "0.02", "0.1",
      ]
      let reference = try Self.certify(common + ["--count", "4", "--out", folder.file("a"), "--threads", "1"])
      #expect(reference.count == 4)
      for (name, options) in [
        ("b", ["--threads", "2", "--batch", "1"]), ("c", ["--threads", "2", "--batch", "64"]),
      ] {
        #expect(try Self.certify(common + ["--count", "4", "--out", folder.file(name)] + options) == reference)
      }
      let some = try Self.certify(common + ["--count", "2", "--out", folder.file("d")])
      #expect(some == Array(reference.prefix(2)))
      #expect(try Self.certify(common + ["--count", "4", "--out", folder.file("d"), "--resume"]) == reference)
      // Another target is another run.
      let other = try Program.run(
        ["certify", "--model", TinyNetwork.grey.model, "--sigma", "0.25", "--count", "4", "--resume", "--out"]
          + [folder.file("d")] + common + ["0.15"])
      #expect(other.status == 64 && other.errors.contains("targetRadii"))
    }
  }

  @Test("without a calibration it says what it does instead, and the calibration of another model is not used")
  func uncalibrated() throws {
    try TemporaryFolder.with { folder in
      let data = try Self.pictures(8, in: folder)
      let model = folder.file("model.pkl")
      try FileManager.default.copyItem(atPath: TinyNetwork.grey.model, toPath: model)
      let arguments = [
        "certify", "--model", model, "--data", data, "--sigma", "0.25", "--preset", "fast", "--samples", "5",
        "--count", "1", "--out",
      ]
      let plain = try Program.run(arguments + [folder.file("plain")])
      #expect(plain.status == 0 && plain.errors.contains("no calibration") && plain.errors.contains("halving"))

      _ = try Self.calibration("model.calibration.json", in: folder)
      let used = try Program.run(arguments + [folder.file("used")])
      #expect(used.status == 0 && used.errors.contains("calibrated margins"))

      _ = try Self.calibration("model.calibration.json", model: String(repeating: "0", count: 64), in: folder)
      let foreign = try Program.run(arguments + [folder.file("foreign")])
      #expect(foreign.status == 0 && foreign.errors.contains("another model"))
      let learned = try Program.run(arguments + [folder.file("learned"), "--weighting", "learned"])
      #expect(learned.status == 64 && learned.errors.contains("ndc calibrate"))
    }
  }

  @Test("a target out of reach is said at once, and refused where it is the only one")
  func hopelessTargets() throws {
    try TemporaryFolder.with { folder in
      let data = try Self.pictures(8, in: folder)
      let arguments = [
        "certify", "--model", TinyNetwork.grey.model, "--data", data, "--sigma", "0.25", "--count", "1",
        "--samples", "500", "--out", folder.file("run"), "--target-radius", "1.0",
      ]
      let hopeless = try Program.run(arguments)
      #expect(hopeless.status == 64 && hopeless.errors.contains("within reach"))
      let mixed = try Program.run(arguments + ["0.25"])
      #expect(mixed.status == 0)
      #expect(mixed.errors.contains("1.0 is out of reach of 500 votes from the start"))
      #expect(mixed.errors.contains("0.25 takes at least"))
    }
  }

  @Test("an exact number of votes alone keeps the fixed bound")
  func exactNumber() throws {
    try TemporaryFolder.with { folder in
      let data = try Self.pictures(8, in: folder)
      let records = try Self.certify(
        ["--data", data, "--samples", "30", "--alpha", "0.2", "--count", "2", "--out", folder.file("run")])
      #expect(records.allSatisfy { $0.bound.rule == "clopper-pearson" && $0.samples == 30 && $0.stopReason == "fixed" })
    }
  }

  @Test(
    "what is learned from an exact denoiser classifies its own images, with fewer evaluations than all classes take")
  func calibrate() throws {
    try TemporaryFolder.with { folder in
      let data = try Self.pictures(80, in: folder)
      let file = folder.file("learned.json")
      let ending = try Program.run([
        "calibrate", "--model", "analytic:\(data)", "--data", data, "--sigma", "0.25", "--images", "80", "--levels",
        "0.5", "1", "2", "--quiet-levels", "0.75", "1.5", "--out", file, "--json",
      ])
      #expect(ending.status == 0, "\(ending.errors)")
      struct Learned: Decodable {
        struct Table: Decodable {
          struct Entry: Decodable {
            var accuracy: Double
            var evaluationsPerVote: Double
            var levels: [[String: Double]]
          }
          var entries: [Entry]
        }
        var calibration: Table
      }
      let entry = try #require(try ending.json(Learned.self).calibration.entries.first)
      #expect(entry.accuracy > 0.9)
      #expect(entry.evaluationsPerVote <= Double(1 + 8 * entry.levels.count))
      let used = try Program.run([
        "classify", "--model", "analytic:\(data)", "--data", data, "--sigma", "0.25", "--calibration", file, "--count",
        "40", "--json",
      ])
      struct Report: Decodable { var accuracy: Double }
      #expect(try used.json(Report.self).accuracy > 0.85)
      // Without --out there is no place beside an exact denoiser.
      let nowhere = try Program.run([
        "calibrate", "--model", "analytic:\(data)", "--data", data, "--images", "40", "--sigma", "0.25",
      ])
      #expect(nowhere.status == 64 && nowhere.errors.contains("--out"))
      // A random network tells nothing.
      let random = try Program.run([
        "calibrate", "--model", TinyNetwork.grey.model, "--data", data, "--sigma", "0.25", "--images", "40", "--levels",
        "0.5", "--quiet-levels", "1", "--out", folder.file("none.json"),
      ])
      #expect(random.status == 65 || random.status == 0)
      #expect(random.status == 0 || random.errors.contains("tells nothing"))
    }
  }

  @Test(
    "calibration refuses what it cannot learn from",
    arguments: [
      ("--data mnist", 64, "test set"), ("--data mnist --sigma 0", 64, "noise"), ("--data mnist --images 3", 64, "20"),
      ("--data mnist --method epndc", 64, "epndc"), ("--data absent.npz", 65, "absent.npz"),
      ("--data mnist --loss-share 0.9", 64, "loss-share"), ("", 64, "--data"),
      ("--data mnist --levels 2 3 --quiet-levels 3", 64, "quiet-levels"),
    ])
  func badCalibration(arguments: String, status: Int, named: String) throws {
    let ending = try Program.run("calibrate " + arguments)
    #expect(ending.status == Int32(status) && ending.errors.contains(named), "\(ending.errors)")
  }
}
