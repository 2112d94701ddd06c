import Basics
import Checkpoints
import Foundation

/// The four scalings of D(x; s, y) = c_skip·x + c_out·F(c_in·x; c_noise, y), in fp32 like the originals
/// (Docs/Networks.md, Preconditioners; EDM, Table 1).
package struct Preconditioner: Sendable {
  package struct Scalings: Sendable {
    package var skip: Float
    package var out: Float
    package var input: Float
    package var noise: Float
  }

  private let kind: Preconditioning
  /// iDDPM's u_0 … u_M, otherwise empty.
  private let u: [Float]

  package init(_ kind: Preconditioning, parameters: Parameters) throws {
    self.kind = kind
    if case .iddpm(_, _, let steps) = kind {
      u = try parameters.values("u", [steps + 1])
    } else {
      u = []
    }
  }

  package func scalings(_ noise: ModelNoise) -> Scalings {
    let s = Float(noise.sigma)
    switch kind {
    case .edm(let sigmaData):
      let data = Float(sigmaData)
      // The square of the constant is taken in double, as Python does before it meets a tensor.
      let data2 = Float(sigmaData * sigmaData)
      let total = s * s + data2
      return Scalings(
        skip: data2 / total, out: s * data / total.squareRoot(), input: 1 / (data2 + s * s).squareRoot(),
        noise: logf(s) / 4)
    case .vp(let betaD, let betaMin, let steps):
      // One ulp here is amplified by a Fourier embedding: the order of operations is the contract.
      let root = (Float(betaMin * betaMin) + Float(2 * betaD) * logf(1 + s * s)).squareRoot()
      return Scalings(
        skip: 1, out: -s, input: 1 / (s * s + 1).squareRoot(),
        noise: Float(steps - 1) * ((root - Float(betaMin)) / Float(betaD)))
    case .ve:
      return Scalings(skip: 1, out: s, input: 1, noise: logf(0.5 * s))
    case .iddpm(_, _, let steps):
      var nearest = 0
      for j in u.indices where abs(s - u[j]) < abs(s - u[nearest]) { nearest = j }
      return Scalings(
        skip: 1, out: -s, input: 1 / (s * s + 1).squareRoot(), noise: Float(steps - 1 - nearest))
    }
  }
}
