import Basics
import Checkpoints
import Classifiers
import Foundation
import Models
import TestSupport
import Testing
import UNets

@Suite struct DiffusionModelTests {
  static let resources = Repository.root.appendingPathComponent("Resources")
  static let bundled = resources.appendingPathComponent(BundledModel.mnist.file).path
  static let small = Repository.root.appendingPathComponent("Tests/UNetsTests/Fixtures/tiny-ddpmpp-edm/model.pkl").path

  @Test("A checkpoint opens with its digest, architecture, parameters and engine")
  func file() throws {
    let model = try DiffusionModel.open(ModelReference(Self.bundled), choosing: .exact)
    let checkpoint = try Checkpoint.load(path: Self.bundled)
    #expect(model.digest == checkpoint.digest && model.weightsDigest() == checkpoint.weightsDigest())
    #expect(model.parameters == checkpoint.parameterCount && model.precision == .fp32)
    #expect(model.architecture.hasPrefix("SongUNet (DDPM++), EDM"))
    #expect(model.engine.instructionSet.hasSuffix(" kernels") && model.engine.libraries["oneDNN"] != nil)
    #expect(model.unconditionalDigest == nil && model.classCount == 10)
  }

  @Test("The fastest precision is int8 where there are ranges, and never lower where the user names one")
  func precision() throws {
    #expect(try DiffusionModel.load(Self.bundled).precision == .int8)
    #expect(try DiffusionModel.load(Self.bundled, precision: .fp32).precision == .fp32)
    #expect(try DiffusionModel.load(Self.small).precision == Precision.bf16.availableHere)
    // A companion without ranges keeps both from int8.
    let paired = try DiffusionModel.load(Self.bundled, unconditional: Self.bundled)
    #expect(paired.precision == .int8 && paired.unconditionalDigest == paired.digest)
  }

  @Test("A precision without instructions is said, once, with what is used instead")
  func notice() throws {
    var notices: [ModelNotice] = []
    _ = try DiffusionModel.open(ModelReference(Self.small, precision: .bf16)) { notices.append($0) }
    #expect(
      notices
        == (Precision.bf16.availableHere == .bf16
          ? [] : [.precisionUnavailable(asked: .bf16, used: Precision.bf16.availableHere)]))
  }

  @Test("An analytic model is its data: their digest, no parameters, no companion")
  func analytic() throws {
    let reference = ModelReference("analytic:mnist")
    let model = try DiffusionModel.open(reference, resources: Self.resources)
    #expect(model.parameters == nil && model.source == "analytic:mnist" && model.precision == .fp32)
    #expect(model.engine.instructionSet.hasSuffix("analytic kernels"))
    #expect(model.digest == model.weightsDigest())
    var paired = reference
    paired.unconditional = Self.bundled
    let error = #expect(throws: UsageError.self) { try DiffusionModel.open(paired, resources: Self.resources) }
    #expect(error?.description.hasPrefix("unconditionalModel does not go with analytic:SRC") == true)
  }

  @Test("A file that is none is refused by name")
  func missing() {
    let error = #expect(throws: InputError.self) { try DiffusionModel.load("/nowhere/model.pkl") }
    #expect(error?.file == "/nowhere/model.pkl")
  }

  @Test("The calibration beside the model is found; one of other weights is named and not used")
  func calibration() throws {
    let model = try DiffusionModel.load(Self.bundled)
    #expect(try model.calibration(.approximatePosterior, sigma: 0.5) != nil)
    #expect(try model.calibration(.approximatePosterior, sigma: 0.123) == nil)

    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-models-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let copy = folder.appendingPathComponent("model.pkl").path
    try FileManager.default.copyItem(atPath: Self.small, toPath: copy)
    let beside = CalibrationTable.path(besideModel: copy)
    try FileManager.default.copyItem(atPath: CalibrationTable.path(besideModel: Self.bundled), toPath: beside)
    var notices: [ModelNotice] = []
    let foreign = try DiffusionModel.load(copy).calibration(.approximatePosterior, sigma: 0.5) { notices.append($0) }
    #expect(foreign == nil && notices == [.foreignCalibration(path: beside)])
    // Named, it is the user's own choice.
    #expect(try DiffusionModel.load(copy).calibration(.approximatePosterior, sigma: 0.5, file: beside) != nil)
    #expect(throws: UsageError.self) {
      try model.calibration(.approximatePosterior, sigma: 0.123, file: beside)
    }
  }
}
