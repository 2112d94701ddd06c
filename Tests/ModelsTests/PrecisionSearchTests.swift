import Basics
import Checkpoints
import Foundation
import Models
import TestSupport
import Testing
import UNets

@Suite struct PrecisionSearchTests {
  static let bundled = DiffusionModelTests.bundled
  static let small = DiffusionModelTests.small

  private static func cache() -> PrecisionCache {
    let name = "ndc-precision-\(UUID().uuidString)"
    return PrecisionCache(folder: FileManager.default.temporaryDirectory.appendingPathComponent(name).path)
  }

  private static func files(_ cache: PrecisionCache) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: cache.folder)) ?? []).map { cache.folder + "/" + $0 }
  }

  /// Opens the bundled model; nil rates: measuring is a mistake.
  private static func open(
    _ cache: PrecisionCache?, _ rates: [Precision: Double]?, keeping: Precision? = nil
  ) throws -> (precision: Precision, notices: [ModelNotice]) {
    var notices: [ModelNotice] = []
    let search = PrecisionSearch.measured(keptIn: cache) { _, _ in
      if rates == nil { Issue.record("measured again") }
      return rates
    }
    let model = try DiffusionModel.open(ModelReference(bundled), by: search.keeping(keeping)) { notices.append($0) }
    return (model.precision, notices)
  }

  @Test(
    "The static choice stands unless another precision is a fifth faster",
    arguments: [
      (Precision.bf16, [.fp32: 517, .bf16: 279], .fp32),
      (.bf16, [.fp32: 119.9, .bf16: 100], .bf16),
      (.bf16, [.fp32: 120, .bf16: 100], .fp32),
      (.int8, [.fp32: 130, .bf16: 150, .int8: 100], .bf16),
      (.int8, [.fp32: 150, .bf16: 150, .int8: 100], .fp32),
      (.int8, [.fp32: 10, .int8: 100], .int8),
      (.int8, [.fp32: 10], .int8),
      (.int8, [.fp32: .infinity, .int8: 100], .int8),
      (.int8, [.fp32: .nan, .int8: 100], .int8),
    ] as [(Precision, [Precision: Double], Precision)])
  func decision(listed: Precision, rates: [Precision: Double], chosen: Precision) {
    #expect(PrecisionSearch.decide(listed: listed, rates) == chosen)
  }

  @Test("A slow precision is found out, said, kept, and not measured again")
  func measuredOnce() throws {
    let cache = Self.cache()
    defer { try? FileManager.default.removeItem(atPath: cache.folder) }
    let rates: [Precision: Double] = [.fp32: 517, .bf16: 279, .int8: 100]
    let first = try Self.open(cache, rates)
    #expect(first.precision == .fp32)
    #expect(first.notices == [.precisionMeasured(.fp32, listed: .int8, rates: rates)])
    #expect(first.notices[0].description.contains("fp32 has 5.17"))
    #expect(Self.files(cache).count == 1)
    let second = try Self.open(cache, nil)
    #expect(second.precision == .fp32 && second.notices == [.precisionRecorded(.fp32, insteadOf: .int8)])
    // The parts of one run take what is recorded, too.
    let part = try DiffusionModel.open(ModelReference(Self.bundled), by: .recorded(in: cache))
    #expect(part.precision == .fp32)
    // An explicit precision neither measures nor reads.
    let named = try DiffusionModel.open(
      ModelReference(Self.bundled, precision: .int8), by: .measured(keptIn: cache) { _, _ in [.fp32: 9, .int8: 1] })
    #expect(named.precision == .int8)
  }

  @Test("Where the static choice stands that is kept as well, and nothing is said later")
  func staticStands() throws {
    let cache = Self.cache()
    defer { try? FileManager.default.removeItem(atPath: cache.folder) }
    #expect(try Self.open(cache, [.fp32: 1, .int8: 1]).precision == .int8)
    let second = try Self.open(cache, nil)
    #expect(second.precision == .int8 && second.notices.isEmpty)
  }

  @Test("Without a record, the part of a run takes the static choice and leaves none")
  func partsNeverMeasure() throws {
    let cache = Self.cache()
    let part = try DiffusionModel.open(ModelReference(Self.bundled), by: .recorded(in: cache))
    #expect(part.precision == .int8 && Self.files(cache).isEmpty)
  }

  @Test("A run that goes on keeps its precision; one that the model does not allow is not kept")
  func resumed() throws {
    #expect(try Self.open(nil, nil, keeping: .fp32).precision == .fp32)
    let kept = try DiffusionModel.open(ModelReference(Self.small), by: .listed.keeping(.int8))
    #expect(kept.precision == Precision.bf16.availableHere)
  }

  @Test(
    "A cache that is damaged or another's counts as absent and is rewritten",
    arguments: ["", "{", "[]", #"{"precision":"fp32"}"#, "other key", "other format", "int9", "\u{0}\u{1}"])
  func damaged(_ damage: String) throws {
    let cache = Self.cache()
    defer { try? FileManager.default.removeItem(atPath: cache.folder) }
    _ = try Self.open(cache, [.fp32: 2, .int8: 1])
    let file = try #require(Self.files(cache).first)
    let whole = try String(contentsOfFile: file, encoding: .utf8)
    let text =
      switch damage {
      case "other key":
        whole.replacingOccurrences(of: "\"cores\" : ", with: "\"cores\" : 9").replacingOccurrences(
          of: "\"cores\":", with: "\"cores\":9")
      case "other format": whole.replacingOccurrences(of: "ndc-precision-1", with: "ndc-precision-9")
      case "int9": whole.replacingOccurrences(of: "\"fp32\"", with: "\"int9\"")
      default: damage
      }
    #expect(text != whole)
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    // What the damage says is not believed: the static choice for a part, a new measurement otherwise.
    #expect(try DiffusionModel.open(ModelReference(Self.bundled), by: .recorded(in: cache)).precision == .int8)
    #expect(try Self.open(cache, [.fp32: 1, .int8: 1]).precision == .int8)
    #expect(try Self.open(cache, nil).precision == .int8)
    #expect(Self.files(cache) == [file])
  }

  @Test("A cache that cannot be written is said, and the run goes on")
  func unwritable() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-file-\(UUID().uuidString)")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    for cache in [PrecisionCache(folder: file.path + "/cache"), nil] {
      let (precision, notices) = try Self.open(cache, [.fp32: 2, .int8: 1])
      #expect(precision == .fp32 && notices.count == 2)
      guard case .precisionNotKept = notices.last else {
        Issue.record("\(notices)")
        continue
      }
    }
  }

  @Test("A symbolic link in the cache is not written through")
  func link() throws {
    let cache = Self.cache()
    defer { try? FileManager.default.removeItem(atPath: cache.folder) }
    _ = try Self.open(cache, [.fp32: 2, .int8: 1])
    let file = try #require(Self.files(cache).first)
    let target = cache.folder + ".target"
    try "mine".write(toFile: target, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: target) }
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: target)
    let (precision, notices) = try Self.open(cache, [.fp32: 2, .int8: 1])
    #expect(precision == .fp32 && notices.count == 2)
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "mine")
  }

  @Test("The cache is the user's, and NDC_MEASURE=never does without it")
  func environment() {
    #expect(PrecisionCache.ofUser(["XDG_CACHE_HOME": "/x"])?.folder == "/x/ndc/precisions")
    #expect(PrecisionCache.ofUser(["XDG_CACHE_HOME": "x", "HOME": "/h"])?.folder == "/h/.cache/ndc/precisions")
    #expect(PrecisionCache.ofUser(["HOME": "/h"])?.folder == "/h/.cache/ndc/precisions")
    #expect(PrecisionCache.ofUser([:]) == nil)
  }

  @Test("Another model, companion or library has a choice of its own")
  func keys() throws {
    let cache = Self.cache()
    defer { try? FileManager.default.removeItem(atPath: cache.folder) }
    _ = try Self.open(cache, [.fp32: 2, .int8: 1])
    let paired = ModelReference(Self.bundled, unconditional: Self.bundled)
    _ = try DiffusionModel.open(paired, by: .measured(keptIn: cache) { _, _ in [.fp32: 1, .int8: 1] })
    #expect(Self.files(cache).count == 2)
  }
}
