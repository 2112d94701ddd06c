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
  /// ln σ_0 … ln σ_{T−1} of a discrete schedule, otherwise empty.
  private let logarithms: [Double]

  package init(_ kind: Preconditioning, parameters: Parameters) throws {
    self.kind = kind
    logarithms = if case .discrete(let schedule) = kind { schedule.sigmas().map { log($0) } } else { [] }
    if case .iddpm(_, _, let steps) = kind {
      u = try parameters.values("u", [steps + 1])
    } else {
      u = []
    }
  }

  package func scalings(_ noise: ModelNoise) -> Scalings {
    let s = Float(noise.sigma)
    switch kind {
    case .edm(let sigmaData): return edm(s, sigmaData)
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
    case .consistency(let sigmaData):
      var scalings = edm(s, sigmaData)
      scalings.noise = 1000 * 0.25 * logf(s)
      return scalings
    case .discrete(let schedule):
      let t = Float(timestep(noise.sigma, rounds: schedule.rounds) * schedule.timestepScale)
      let total = s * s + 1
      let input = 1 / total.squareRoot()
      switch schedule.prediction {
      case .epsilon: return Scalings(skip: 1, out: -s, input: input, noise: t)
      case .sample: return Scalings(skip: 0, out: 1, input: input, noise: t)
      case .velocity: return Scalings(skip: 1 / total, out: -s * input, input: input, noise: t)
      }
    }
  }

  private func edm(_ s: Float, _ sigmaData: Double) -> Scalings {
    let data = Float(sigmaData)
    // The square of the constant is taken in double, as Python does before it meets a tensor.
    let data2 = Float(sigmaData * sigmaData)
    let total = s * s + data2
    return Scalings(
      skip: data2 / total, out: s * data / total.squareRoot(), input: 1 / (data2 + s * s).squareRoot(),
      noise: logf(s) / 4)
  }

  /// t of σ, before its scale: linear in ln σ between the steps and clamped to them, or the nearest step.
  private func timestep(_ sigma: Double, rounds: Bool) -> Double {
    let value = log(sigma)
    guard let first = logarithms.first, let last = logarithms.last, value > first else { return 0 }
    guard value < last else { return Double(logarithms.count - 1) }
    // σ_j rise with j: the first that is not below.
    var (low, high) = (0, logarithms.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if logarithms[middle] < value { low = middle } else { high = middle }
    }
    if rounds { return value - logarithms[low] <= logarithms[high] - value ? Double(low) : Double(high) }
    return Double(low) + (value - logarithms[low]) / (logarithms[high] - logarithms[low])
  }
}
