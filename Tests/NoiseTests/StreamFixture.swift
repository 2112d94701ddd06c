import Foundation
import Noise
import TestSupport

/// `Fixtures/stream_values.json`, made by `python3 Tests/NoiseTests/Fixtures/make_stream_values.py`.
struct StreamFixture: Decodable {
  struct Stream: Decodable {
    let seed: String
    let image: UInt32
    let vote: UInt32
    let purpose: UInt32
    let start: Int
    let normals: [Float]
    let words: [String]
  }

  struct Extreme: Decodable {
    let word: String
    let normals: [Float]
  }

  let streams: [Stream]
  let extremes: [Extreme]

  static func load() throws -> StreamFixture {
    let url = Repository.root.appendingPathComponent("Tests/NoiseTests/Fixtures/stream_values.json")
    return try JSONDecoder().decode(StreamFixture.self, from: Data(contentsOf: url))
  }
}
