import Basics
import Classifiers
import Diffusion
import Foundation
import Testing

@Suite struct CalibrationTableTests {
  private static func entry(_ sigma: Double?, _ level: Double) throws -> CalibrationTable.Entry {
    CalibrationTable.Entry(
      sigma: sigma, method: .approximatePosterior,
      levels: try Calibration(levels: [.init(sigma: level, weight: 1), .init(sigma: level + 1, weight: 2)]),
      race: Race(order: [1, 0], rule: .margins([3, .infinity])), images: 10, accuracy: 0.9, evaluationsPerVote: 12.5)
  }

  @Test func `a table survives JSON`() throws {
    let table = CalibrationTable(
      model: "abc", entries: [try Self.entry(0.25, 2), try Self.entry(0.5, 3)], notes: "made by a test")
    #expect(try CalibrationTable(json: JSONEncoder().encode(table)) == table)
  }

  @Test func `a symmetry is kept, and a classifier takes it over`() throws {
    var entry = try Self.entry(0.25, 2)
    let plain = try JSONEncoder().encode(CalibrationTable(model: nil, entries: [entry]))
    #expect(!String(decoding: plain, as: UTF8.self).contains("symmetry"))
    entry.symmetry = .mirror
    let table = CalibrationTable(model: nil, entries: [entry])
    let json = try JSONEncoder().encode(table)
    #expect(String(decoding: json, as: UTF8.self).contains(#""symmetry":"mirror""#))
    #expect(try CalibrationTable(json: json) == table)
    #expect(ClassifierSpecification.fast(sigma: 0.25, calibrated: entry).symmetry == .mirror)
    #expect(throws: InputError.self) {
      try CalibrationTable(
        json: Data(String(decoding: json, as: UTF8.self).replacing("\"mirror\"", with: "\"upside-down\"").utf8))
    }
  }

  @Test func `the entry nearest in ratio is chosen, within reach, and for its method alone`() throws {
    let table = CalibrationTable(
      model: nil, entries: [try Self.entry(0.25, 2), try Self.entry(0.5, 3), try Self.entry(1, 4)])
    func level(_ sigma: Double, _ method: ClassificationMethod = .approximatePosterior) -> Double? {
      table.entry(sigma: sigma, method: method)?.levels.levels[0].sigma
    }
    #expect(level(0.25) == 2 && level(0.3) == 2 && level(0.45) == 3 && level(0.5) == 3 && level(1.25) == 4)
    #expect(level(0.35) == nil && level(1.3) == nil && level(0.1) == nil)
    #expect(level(0.5, .diffusion) == nil)
  }

  @Test func `the level of the smoothing noise itself follows it, for apndc-posterior alone`() throws {
    func levels(_ method: ClassificationMethod, at sigma: Double) throws -> [Double]? {
      let table = CalibrationTable(
        model: nil,
        entries: [
          .init(
            sigma: 0.25, method: method,
            levels: try Calibration(levels: [.init(sigma: 0.5, weight: 1), .init(sigma: 2, weight: 2)]))
        ])
      return table.entry(sigma: sigma, method: method)?.levels.levels.map(\.sigma)
    }
    #expect(try levels(.approximatePosteriorFromInput, at: 0.25) == [0.5, 2])
    #expect(try levels(.approximatePosteriorFromInput, at: 0.3) == [0.6, 2])
    #expect(try levels(.approximatePosterior, at: 0.3) == [0.5, 2])
  }

  @Test func `a file of the older format serves every noise and method`() throws {
    let table = try CalibrationTable(
      json: Data(#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":0.3}]}"#.utf8))
    #expect(table.entry(sigma: 0.1, method: .diffusion)?.levels.levels == [.init(sigma: 2, weight: 0.3)])
  }

  @Test func `it lies beside the model`() {
    #expect(CalibrationTable.path(besideModel: "/a/b.c/model.pkl") == "/a/b.c/model.calibration.json")
  }

  @Test(arguments: [
    ("", "JSON"), ("[]", "wrong type"), ("{}", "format"), (#"{"format":"ndc-calibration-3"}"#, "format"),
    (#"{"format":"ndc-calibration-2"}"#, "entries"), (#"{"format":"ndc-calibration-2","entries":[]}"#, "entries"),
    (#"{"format":"ndc-calibration-2","entries":[{"levels":[]}]}"#, "levels"),
    (#"{"format":"ndc-calibration-2","entries":[{"sigma":-1,"levels":[{"sigma":1,"weight":1}]}]}"#, "sigma"),
    (#"{"format":"ndc-calibration-2","entries":[{"method":"x","levels":[{"sigma":1,"weight":1}]}]}"#, "method"),
    (
      #"{"format":"ndc-calibration-2","entries":[{"levels":[{"sigma":1,"weight":1}],"race":{"margins":[1,2]}}]}"#,
      "race"
    ),
    (
      #"{"format":"ndc-calibration-2","entries":[{"levels":[{"sigma":1,"weight":1}],"race":{"order":[1]}}]}"#, "race"
    ),
    (#"{"format":"ndc-calibration-2","entries":[{"levels":[{"sigma":1,"weight":1}],"extra":1}]}"#, "extra"),
  ])
  func `a broken file is refused, naming the place`(json: String, place: String) {
    #expect {
      try CalibrationTable(json: Data(json.utf8))
    } throws: { ($0 as? InputError).map { "\($0)".contains(place) } ?? false }
  }

  @Test func `an absent file is an input error that names it`() {
    #expect {
      try CalibrationTable(path: "/nonexistent/calibration.json")
    } throws: { ($0 as? InputError)?.file == "/nonexistent/calibration.json" }
  }

  @Test func `a file in UTF-16 is called that`() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try #require(#"{"format":"ndc-calibration-2"}"#.data(using: .utf16)).write(to: file)
    #expect {
      try CalibrationTable(path: file.path)
    } throws: { "\($0)".contains("is in UTF-16") }
  }

  @Test func `an error inside a file names the file`() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("{".utf8).write(to: file)
    #expect {
      try CalibrationTable(path: file.path)
    } throws: { ($0 as? InputError)?.file == file.path }
  }
}
