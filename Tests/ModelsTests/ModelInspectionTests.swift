import Basics
import Foundation
import Models
import Testing

@Suite struct ModelInspectionTests {
  @Test("A model with ranges tells them, its methods and the precisions that run here")
  func bundled() throws {
    let inspection = try ModelInspection(DiffusionModelTests.bundled)
    #expect(inspection.methods == ["apndc", "apndc-posterior", "epndc", "dc", "denoise-classify"])
    #expect(inspection.classes == 10 && inspection.imageShape == ImageShape(channels: 1, height: 32, width: 32))
    let ranges = try #require(inspection.quantization)
    #expect(ranges.convolutions > 0 && ranges.convolutions <= ranges.ofConvolutions)
    #expect(inspection.precisionsHere.first == "fp32" && inspection.precisionsHere.last == "int8")
    #expect(inspection.networks.map(\.precision) == [.fp32, .int8])
    #expect(try inspection.digest == DiffusionModel.load(DiffusionModelTests.bundled).digest)
  }

  @Test("A model without ranges has no int8")
  func small() throws {
    let inspection = try ModelInspection(DiffusionModelTests.small)
    #expect(inspection.quantization == nil && !inspection.precisionsHere.contains("int8"))
    #expect(inspection.networks.count == 1)
  }

  @Test("Its JSON is the checkpoint's description, without the networks")
  func json() throws {
    let encoder = JSONEncoder()
    // EDM's largest noise level is infinite.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let data = try encoder.encode(try ModelInspection(DiffusionModelTests.small))
    let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]).keys
    #expect(keys.contains("architecture") && !keys.contains("networks"))
  }
}
