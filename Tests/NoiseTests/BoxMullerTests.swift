import Noise
import Statistics
import Testing

@Suite("Normals from 64-bit words")
struct BoxMullerTests {
  @Test("equal 40-digit values at the ends of the range, in every quadrant")
  func extremes() throws {
    let extremes = try StreamFixture.load().extremes
    #expect(extremes.count == 80)
    for extreme in extremes {
      let word = try #require(UInt64(extreme.word, radix: 16))
      let (cosine, sine) = BoxMuller.normals(.init(repeating: word))
      #expect([cosine[0], sine[0]] == extreme.normals, "word \(extreme.word)")
      #expect(cosine == .init(repeating: cosine[0]) && sine == .init(repeating: sine[0]))
    }
  }

  @Test("are never larger than 7.54, nor not a number")
  func largest() {
    var found: Float = 0
    var finite = true
    for low in stride(from: UInt64(0), to: 1 << 24, by: 1021) {
      let (cosine, sine) = BoxMuller.normals(.init(low, 0xFF_FFFF - low, ~0 - low, 1 << 63 | low))
      // `max` would drop a NaN; a sum keeps it.
      finite = finite && (cosine.sum() + sine.sum()).isFinite
      found = max(found, cosine.max(), -cosine.min(), sine.max(), -sine.min())
    }
    #expect(finite)
    #expect(found == BoxMuller.largest)
    // One normal number in 2·10¹³ lies beyond.
    #expect(2 * NormalDistribution.survival(Double(BoxMuller.largest)) < 5e-14)
  }

  @Test("turn by a right angle from quadrant to quadrant")
  func quadrants() {
    let (x, y) = BoxMuller.normals(.init((0..<4).map { UInt64($0) << 22 | 1 << 39 | 1 << 20 }))
    #expect(x == SIMD4(x[0], -y[0], -x[0], y[0]))
    #expect(y == SIMD4(y[0], x[0], -y[0], -x[0]))
    #expect(x[0] > 0 && y[0] < 0)
  }
}
