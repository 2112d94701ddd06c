import Basics
import Diffusion
import Foundation
import Testing

@Suite struct CalibrationTests {
  @Test func `a file is read, with or without notes`() throws {
    let calibration = try Calibration(
      json: Data(
        #"{"format":"ndc-calibration-1","levels":[{"sigma":2.1,"weight":0.3},{"sigma":4,"weight":0}],"notes":"n"}"#
          .utf8))
    #expect(calibration.levels == [.init(sigma: 2.1, weight: 0.3), .init(sigma: 4, weight: 0)])
    #expect(calibration.notes == "n")
    let again = try Calibration(json: JSONEncoder().encode(calibration))
    #expect(again == calibration)
  }

  @Test(arguments: [
    ("", "JSON"), ("[]", "wrong type"), ("{}", "format"),
    (#"{"format":"ndc-calibration-2","levels":[{"sigma":1,"weight":1}]}"#, "format"),
    (#"{"format":"ndc-calibration-1"}"#, "levels"),
    (#"{"format":"ndc-calibration-1","levels":[]}"#, "levels"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":1}]}"#, "weight"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":"1","weight":1}]}"#, "sigma"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":1,"weight":null}]}"#, "weight"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":0,"weight":1}]}"#, "levels[0].sigma"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":1e999,"weight":1}]}"#, ""),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":1},{"sigma":2,"weight":1}]}"#, "levels[1].sigma"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":-1}]}"#, "levels[0].weight"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":0}]}"#, "zero"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":1,"amplitude":1.5}]}"#, "levels[0].amplitude"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":1,"amplitude":-0.1}]}"#, "levels[0].amplitude"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":1,"amplitude":"0"}]}"#, "amplitude"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":1,"delta":1}]}"#, "delta"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":1}],"level":1}"#, "level"),
    (#"{"format":"ndc-calibration-1","levels":[{"sigma":2,"weight":1}],"notes":3}"#, "notes"),
  ])
  func `a broken file is refused, naming the place`(json: String, place: String) {
    #expect {
      try Calibration(json: Data(json.utf8))
    } throws: { error in
      guard let error = error as? InputError else { return false }
      return place.isEmpty || "\(error)".contains(place)
    }
  }

  @Test func `a level's amplitude survives JSON, and is 1 where none is named`() throws {
    let calibration = try Calibration(levels: [
      .init(sigma: 1, weight: 2), .init(sigma: 3, weight: 1, amplitude: 0), .init(sigma: 4, weight: 1, amplitude: 0.5),
    ])
    let json = try JSONEncoder().encode(calibration)
    #expect(try Calibration(json: json) == calibration)
    #expect(String(decoding: json, as: UTF8.self).components(separatedBy: "amplitude").count == 3)
    #expect(calibration.amplitude(at: ModelNoise(3)) == 0 && calibration.amplitude(at: ModelNoise(4)) == 0.5)
    #expect(calibration.amplitude(at: ModelNoise(1)) == 1 && calibration.amplitude(at: ModelNoise(9)) == 1)
  }
}
