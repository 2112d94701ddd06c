import Basics
import Certification
import Foundation
import Testing

@Suite struct CertificateTests {
  struct Reference: Sendable {
    var successes: Int
    var samples: Int
    var alpha: Double
    var sigma: Double
    var pLower: Double
    /// nil: abstains.
    var radius: Double?
  }

  /// SciPy 1.x: p = beta.ppf(alpha, k, n - k + 1); sigma * norm.ppf(p).
  static let references = [
    Reference(
      successes: 9987, samples: 10000, alpha: 1e-3, sigma: 0.25, pLower: 0.9971575821984737,
      radius: 0.6913567089317129),
    Reference(
      successes: 10000, samples: 10000, alpha: 1e-3, sigma: 0.25, pLower: 0.9993094630025899,
      radius: 0.7996443786845846),
    Reference(
      successes: 99, samples: 100, alpha: 1e-3, sigma: 1, pLower: 0.9113731112960424, radius: 1.3492590388103902),
    Reference(successes: 60, samples: 100, alpha: 1e-3, sigma: 0.5, pLower: 0.4409842652212994, radius: nil),
    Reference(successes: 0, samples: 10, alpha: 0.05, sigma: 0.5, pLower: 0, radius: nil),
  ]

  @Test("Bound and radius are SciPy's", arguments: references)
  func reference(_ reference: Reference) throws {
    let certificate = try Certificate.bound(
      successes: reference.successes, samples: reference.samples, alpha: reference.alpha,
      sigma: PixelNoise(reference.sigma))
    #expect(abs(certificate.pLower - reference.pLower) <= 1e-12)
    #expect(certificate.abstained == (reference.radius == nil))
    if let radius = reference.radius { #expect(abs((certificate.radius ?? -1) - radius) <= 1e-9) }
  }

  @Test("A bound of one half abstains and the next larger number does not")
  func oneHalf() {
    #expect(Certificate(pLower: 0.5, sigma: PixelNoise(1)).abstained)
    #expect(!Certificate(pLower: 0.5.nextUp, sigma: PixelNoise(1)).abstained)
  }

  @Test("A bound that rounded to one does not certify an infinite radius")
  func nearOne() throws {
    let radius = try #require(Certificate(pLower: 1, sigma: PixelNoise(1)).radius)
    #expect(radius.isFinite && radius > 8)
  }

  @Test(
    "Impossible numbers are refused",
    arguments: [
      (-1, 10, 0.05, 0.5), (11, 10, 0.05, 0.5), (0, 0, 0.05, 0.5), (1, 10, 0, 0.5), (1, 10, 1, 0.5),
      (1, 10, .nan, 0.5), (1, 10, 0.05, 0), (1, 10, 0.05, .nan), (1, 10, 0.05, .infinity),
    ] as [(Int, Int, Double, Double)])
  func impossible(successes: Int, samples: Int, alpha: Double, sigma: Double) {
    #expect(throws: UsageError.self) {
      try Certificate.bound(successes: successes, samples: samples, alpha: alpha, sigma: PixelNoise(sigma))
    }
  }

  @Test("As JSON it has three fields, radius 0 on abstention")
  func json() throws {
    let certificate = try Certificate.bound(successes: 60, samples: 100, alpha: 1e-3, sigma: PixelNoise(0.5))
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(certificate)) as? [String: Any]
    #expect(object?.keys.sorted() == ["abstained", "pLower", "radius"])
    #expect(object?["radius"] as? Double == 0)
    #expect(object?["abstained"] as? Bool == true)
    struct Bound: Decodable { var pLower: Double }
    #expect(try JSONDecoder().decode(Bound.self, from: JSONEncoder().encode(certificate)).pLower == certificate.pLower)
  }
}
