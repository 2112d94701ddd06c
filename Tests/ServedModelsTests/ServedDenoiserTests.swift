import Basics
import Diffusion
import Foundation
import ServedModels
import TestSupport
import Testing

@Suite("A served denoiser", .enabled(if: ReferenceServer.isBuilt, "the reference server was not built"))
struct ServedDenoiserTests {
  static func settings(_ change: (inout ServedSettings) -> Void = { _ in }) -> ServedSettings {
    var settings = ServedSettings()
    settings.classes = 10
    settings.batch = 8
    settings.patience = 5
    change(&settings)
    return settings
  }

  static func open(
    _ server: ReferenceServer, _ change: (inout ServedSettings) -> Void = { _ in }
  ) throws -> ServedDenoiser {
    try ServedDenoiser(at: ServedAddress(server.address), settings(change))
  }

  /// D of `count` rows of numbers that no float rounds.
  static func denoise(_ denoiser: any Denoiser, count: Int) throws -> (input: [Float], output: [Float]) {
    let size = denoiser.imageShape.count
    let input = (0..<count * size).map { Float($0 % 977) / 64 - 7 }
    var output = [Float](repeating: 0, count: input.count)
    let queries = (0..<count).map { DenoiserQuery(noise: ModelNoise(0.5 + Double($0)), label: $0 % 10) }
    let evaluator = try denoiser.makeEvaluator()
    try input.withUnsafeBufferPointer { input in
      try output.withUnsafeMutableBufferPointer { try evaluator.denoise(queries, inputs: input, outputs: $0) }
    }
    return (input, output)
  }

  @Test("rows arrive in order whatever their number, as bytes and as text", arguments: [false, true], [1, 8, 21])
  func rows(asText: Bool, count: Int) throws {
    let server = try ReferenceServer(["--shape", "2x4x3"] + (asText ? ["--json-only"] : []))
    let denoiser = try Self.open(server)
    #expect(denoiser.imageShape == ImageShape(channels: 2, height: 4, width: 3))
    #expect(denoiser.isUnconditionalAvailable && denoiser.classCount == 10 && denoiser.preferredBatchSize == 8)
    let (input, output) = try Self.denoise(denoiser, count: count)
    #expect(output == input)
  }

  @Test(
    "the fingerprint is the behaviour's: the same through bytes, text and another server, another for another model")
  func fingerprint() throws {
    let shape = ["--shape", "1x4x4"]
    let honest = try Self.open(try ReferenceServer(shape)).model.fingerprint
    #expect(honest.count == 64)
    #expect(try Self.open(try ReferenceServer(shape)).model.fingerprint == honest)
    #expect(try Self.open(try ReferenceServer(shape + ["--json-only"])).model.fingerprint == honest)
    #expect(try Self.open(try ReferenceServer(shape + ["--variant", "0.001"])).model.fingerprint != honest)
    // Whether "no label" is answered is part of the behaviour.
    let labelled = try Self.open(try ReferenceServer(shape + ["--always-labels"]))
    #expect(!labelled.isUnconditionalAvailable)
  }

  @Test("what the metadata leave open must be named, and what is named must agree")
  func shapes() throws {
    let open = try ReferenceServer(["--shape", "3x4x5", "--hide-shape"])
    #expect(throws: UsageError.self) { try Self.open(open) }
    let shape = ImageShape(channels: 3, height: 4, width: 5)
    #expect(try Self.open(open) { $0.imageShape = shape }.imageShape == shape)
    let told = try ReferenceServer(["--shape", "3x4x5", "--rows", "8"])
    #expect(throws: UsageError.self) {
      try Self.open(told) { $0.imageShape = ImageShape(channels: 3, height: 5, width: 5) }
    }
    #expect(try Self.open(told).preferredBatchSize == 8)
    #expect(throws: UsageError.self) { try Self.open(told) { $0.batch = 16 } }
  }

  @Test(
    "answers of another kind are refused at once, naming the address and the tensor",
    arguments: [
      ("shape", "wrong shape"), ("type", "wrong type"), ("name", "does not have it"), ("size", "wrong size"),
      ("nan", "not finite"), ("long", "too long"), ("text", "wrong type"), ("header", "header length"),
    ])
  func faults(fault: String, words: String) throws {
    let server = try ReferenceServer(["--shape", "1x4x4", "--fault", fault])
    let start = ContinuousClock.now
    let error = try #require(throws: InputError.self) { try Self.open(server) }
    #expect(error.file == server.address && error.description.contains(words), "\(error)")
    #expect(ContinuousClock.now - start < .seconds(5), "not after the patience")
  }

  @Test("an error status ends it with the server's words, made harmless", arguments: [400, 404, 500, 401])
  func status(code: Int) throws {
    let server = try ReferenceServer(["--shape", "1x4x4", "--fault", "status", "--value", "\(code)"])
    let error = try #require(throws: InputError.self) { try Self.open(server) }
    #expect(error.description.contains("status \(code)"), "\(error)")
    #expect(error.description.contains("not now") && !error.description.contains("\u{1B}"))
  }

  @Test(
    "what may pass is tried again", arguments: ["status", "cut", "slow"])
  func passing(fault: String) throws {
    // The probe asks before; the fault shows in the middle of the work, a few times.
    let options = [
      "--shape", "1x4x4", "--after", "30", "--fault", fault, "--times", fault == "slow" ? "1" : "2", "--value",
    ]
    let server = try ReferenceServer(options + [fault == "slow" ? "3500" : "503"])
    let denoiser = try Self.open(server) { $0.patience = fault == "slow" ? 6 : 20 }
    let (input, output) = try Self.denoise(denoiser, count: 8 * 40)
    #expect(output == input)
  }

  @Test("no server, or one that does not recover, is another error than bad data", arguments: ["", "hang", "status"])
  func unavailable(fault: String) throws {
    let server = try ReferenceServer(["--shape", "1x4x4"] + (fault.isEmpty ? [] : ["--fault", fault]))
    if fault.isEmpty { server.kill() }
    let error = try #require(throws: ServerUnavailable.self) { try Self.open(server) { $0.patience = 1 } }
    #expect(error.address == server.address && error.description.contains("1 s"), "\(error)")
  }

  @Test("rows that depend on their companions are refused, or accepted openly")
  func companions() throws {
    let server = try ReferenceServer(["--shape", "1x4x4", "--fault", "companions"])
    let error = try #require(throws: InputError.self) { try Self.open(server) }
    #expect(error.description.contains("depends on the other rows"), "\(error)")
    #expect(try Self.open(server) { $0.acceptsCompanionDependence = true }.model.dependence == .withinRequests)
    let batching = try ReferenceServer(["--shape", "1x4x4", "--fault", "across"])
    #expect(try Self.open(batching) { $0.acceptsCompanionDependence = true }.model.dependence == .acrossRequests)
    let moody = try ReferenceServer(["--shape", "1x4x4", "--fault", "unrepeatable"])
    #expect(throws: InputError.self) { try Self.open(moody) { $0.acceptsCompanionDependence = true } }
    #expect(try Self.open(try ReferenceServer(["--shape", "1x4x4"])).model.dependence == .none)
  }

  @Test("a model swapped for another is noticed: when asked, and by itself after a reconnection")
  func swapped() throws {
    let shape = ["--shape", "1x4x4"]
    let first = try ReferenceServer(shape)
    let denoiser = try Self.open(first)
    try denoiser.requireUnchanged()
    let evaluator = try denoiser.makeEvaluator()
    let input = [Float](repeating: 1, count: 16)
    var output = input
    func ask() throws {
      try input.withUnsafeBufferPointer { input in
        try output.withUnsafeMutableBufferPointer {
          try evaluator.denoise([.init(noise: ModelNoise(1), label: 0)], inputs: input, outputs: $0)
        }
      }
    }
    try ask()
    let same = try first.restarted(shape)
    try ask()
    try denoiser.requireUnchanged()
    let other = try same.restarted(shape + ["--variant", "0.25"])
    let error = try #require(throws: InputError.self) { try ask() }
    #expect(error.description.contains("another model answers"), "\(error)")
    #expect(throws: InputError.self) { try denoiser.requireUnchanged() }
    _ = other
  }

  @Test("asking again whether it is the same model needs no connection of its own each time")
  func kept() throws {
    let server = try ReferenceServer(["--shape", "1x4x4", "--count-connections"])
    let denoiser = try Self.open(server) { $0.connections = 2 }
    for _ in 0..<5 { try denoiser.requireUnchanged() }
    // Two that opened it, and the one that asks now.
    #expect(try Self.open(server).model.serverVersion == "3")
  }

  @Test("a classifier is no denoiser, and the other way round")
  func kinds() throws {
    let classifier = try ReferenceServer(["--shape", "1x4x4", "--classifier", "--classes", "4"])
    let error = try #require(throws: InputError.self) { try Self.open(classifier) }
    #expect(error.description.contains("no denoiser"), "\(error)")
    let denoiser = try ReferenceServer(["--shape", "1x4x4"])
    #expect(throws: InputError.self) { try ServedClassifier(at: ServedAddress(denoiser.address), Self.settings()) }
    #expect(throws: UsageError.self) { try ServedClassifier(at: ServedAddress(classifier.address), Self.settings()) }
    let four = try ServedClassifier(at: ServedAddress(classifier.address), Self.settings { $0.classes = nil })
    #expect(four.classCount == 4 && four.imageShape == ImageShape(channels: 1, height: 4, width: 4))
  }
}
