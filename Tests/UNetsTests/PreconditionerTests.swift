import Basics
import Checkpoints
import Foundation
import Testing
import UNets

/// The four scalings against 40-digit values of their formulas (Docs/Networks.md, Preconditioners), made with mpmath.
@Suite struct PreconditionerTests {
  struct Row: Sendable {
    var sigma, skip, out, input, noise: Double
    init(_ sigma: Double, _ skip: Double, _ out: Double, _ input: Double, _ noise: Double) {
      (self.sigma, self.skip, self.out, self.input, self.noise) = (sigma, skip, out, input, noise)
    }
  }

  /// A few roundings of fp32, relative to the value.
  static let tolerance = 5e-7
  /// VP's ln(1 + s²) is rounded at 1 + s², as in the original: 6e-8·β_d/β_min·(M−1)/β_d where s is small.
  static let vpNoiseTolerance = 1e-3

  private func check(
    _ kind: Preconditioning, tensors: [String: CheckpointTensor] = [:], noiseTolerance: Double = tolerance,
    _ rows: [Row]
  ) throws {
    let song = SongUNetArchitecture(imageResolution: 8, inputChannels: 1, outputChannels: 1)
    let checkpoint = Checkpoint(
      file: "memory", digest: "",
      architecture: Architecture(
        preconditioning: kind, network: .song(song), imageResolution: 8, imageChannels: 1, labelDimension: 0),
      tensors: tensors)
    let inventory = TensorInventory(checkpoint)
    let preconditioner = try Preconditioner(kind, parameters: Parameters(inventory))
    try inventory.finish()
    for row in rows {
      let found = preconditioner.scalings(ModelNoise(row.sigma))
      func close(_ value: Float, _ expected: Double, _ tolerance: Double) -> Bool {
        abs(Double(value) - expected) <= tolerance * max(1e-3, abs(expected))
      }
      #expect(close(found.skip, row.skip, Self.tolerance), "c_skip at \(row.sigma)")
      #expect(close(found.out, row.out, Self.tolerance), "c_out at \(row.sigma)")
      #expect(close(found.input, row.input, Self.tolerance), "c_in at \(row.sigma)")
      #expect(
        abs(Double(found.noise) - row.noise) <= noiseTolerance * max(1, abs(row.noise)), "c_noise at \(row.sigma)")
    }
  }

  @Test("EDM")
  func edm() throws {
    try check(
      .edm(sigmaData: 0.5),
      [
        Row(0.002, 0.9999840002559959, 0.0019999840001919977, 1.9999840001919975, -1.5536520246055479),
        Row(0.05, 0.9900990099009901, 0.04975185951049946, 1.9900743804199783, -0.7489330683884977),
        Row(0.5, 0.5, 0.3535533905932738, 1.4142135623730951, -0.17328679513998632),
        Row(1.0, 0.2, 0.4472135954999579, 0.8944271909999159, 0.0),
        Row(7.25, 0.004733727810650888, 0.4988151642114915, 0.1376041832307563, 0.49525036721664584),
        Row(80.0, 3.906097418069607e-05, 0.499990234661093, 0.012499755866527325, 1.0955066586684703),
      ])
  }

  @Test("VP")
  func vp() throws {
    try check(
      .vp(betaD: 19.9, betaMin: 0.1, steps: 1000), noiseTolerance: Self.vpNoiseTolerance,
      [
        Row(0.002, 1.0, -0.002, 0.999998000006, 0.03980213341601453),
        Row(0.05, 1.0, -0.05, 0.9987523388778446, 11.5823844939378),
        Row(0.5, 1.0, -0.5, 0.8944271909999159, 144.6691056202793),
        Row(1.0, 1.0, -1.0, 0.7071067811865476, 258.7013021703638),
        Row(7.25, 1.0, -7.25, 0.13663739713703102, 626.8903181244511),
        Row(80.0, 1.0, -80.0, 0.012499023551926019, 932.5776320974633),
      ])
  }

  @Test("VE")
  func ve() throws {
    try check(
      .ve,
      [
        Row(0.002, 1.0, 0.002, 1.0, -6.907755278982137), Row(0.05, 1.0, 0.05, 1.0, -3.6888794541139363),
        Row(1.0, 1.0, 1.0, 1.0, -0.6931471805599453), Row(80.0, 1.0, 80.0, 1.0, 3.6888794541139363),
      ])
  }

  @Test("iDDPM takes the nearest stored level, the last one included")
  func iddpm() throws {
    // u_M = 0; u_{j−1} = √((u_j² + 1)/max(ᾱ_{j−1}/ᾱ_j, C₁) − 1), ᾱ_j = sin²(½π·j/M/(C₂ + 1)).
    let steps = 1000
    func alpha(_ j: Int) -> Double { pow(sin(0.5 * .pi * Double(j) / Double(steps) / 1.008), 2) }
    var u = [Double](repeating: 0, count: steps + 1)
    for j in stride(from: steps, to: 0, by: -1) {
      u[j - 1] = ((u[j] * u[j] + 1) / max(alpha(j - 1) / alpha(j), 0.001) - 1).squareRoot()
    }
    let tensor = CheckpointTensor(u.map(Float.init), shape: [steps + 1])
    try check(
      .iddpm(c1: 0.001, c2: 0.008, steps: steps), tensors: ["u": tensor], noiseTolerance: 0,
      [
        Row(0.002, 1.0, -0.002, 0.999998000006, -1), Row(0.05, 1.0, -0.05, 0.9987523388778446, 24),
        Row(0.5, 1.0, -0.5, 0.8944271909999159, 289), Row(1.0, 1.0, -1.0, 0.7071067811865476, 495),
        Row(7.25, 1.0, -7.25, 0.13663739713703102, 911), Row(80.0, 1.0, -80.0, 0.012499023551926019, 991),
      ])
  }

  @Test("iDDPM without its levels is refused")
  func iddpmWithoutLevels() {
    let error = #expect(throws: InputError.self) { try check(.iddpm(c1: 0.001, c2: 0.008, steps: 10), []) }
    #expect(error?.location == "tensor \"u\"")
  }
}
