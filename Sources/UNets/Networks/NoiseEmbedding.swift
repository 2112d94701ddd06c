import Checkpoints
import Foundation

/// [cos(c·f), sin(c·f)] of c = c_noise, in fp32, or EDM2's √2·cos(c·f + φ) (Docs/Networks.md, Noise embedding).
package struct NoiseEmbedding: Sendable {
  /// f_0 … f_{n/2−1}.
  private let frequencies: [Float]
  /// Whether the sines come first: SongUNet swaps the halves.
  private let swapsHalves: Bool
  /// φ; nil where there are sines.
  private let phases: [Float]?

  package var channels: Int { phases?.count ?? 2 * frequencies.count }

  /// Frequencies (1/10000)^(i/(n/2 − endpoint)).
  package init(positional channels: Int, endpoint: Bool, swapsHalves: Bool) {
    let half = channels / 2
    let span = Float(half - (endpoint ? 1 : 0))
    frequencies = (0..<half).map { powf(Float(1.0 / 10000), Float($0) / span) }
    self.swapsHalves = swapsHalves
    phases = nil
  }

  /// Frequencies 10000^(−i/(n/2 − shift)), in fp32 as OpenAI's programs and diffusers compute them.
  package init(timestep channels: Int, shift: Int, startsWithCosines: Bool) {
    let half = channels / 2
    frequencies = (0..<half).map { expf(Float(-log(10000.0)) * Float($0) / Float(half - shift)) }
    swapsHalves = !startsWithCosines
    phases = nil
  }

  /// Frequencies 2π·`freqs`, a stored buffer.
  package init(fourier channels: Int, parameters: Parameters, swapsHalves: Bool) throws {
    frequencies = try parameters.values("freqs", [channels / 2]).map { Float(2 * Double.pi) * $0 }
    self.swapsHalves = swapsHalves
    phases = nil
  }

  /// Frequencies, times 2π already, and phases are stored buffers.
  package init(phased channels: Int, parameters: Parameters) throws {
    frequencies = try parameters.values("freqs", [channels])
    phases = try parameters.values("phases", [channels])
    swapsHalves = false
  }

  package func write(_ noise: Float, to row: UnsafeMutablePointer<Float>) {
    if let phases {
      let root = Float(2.0.squareRoot())
      for (index, phase) in phases.enumerated() { row[index] = root * cosf(noise * frequencies[index] + phase) }
      return
    }
    let half = frequencies.count
    let (cosines, sines) = swapsHalves ? (row + half, row) : (row, row + half)
    for (index, frequency) in frequencies.enumerated() {
      let angle = noise * frequency
      cosines[index] = cosf(angle)
      sines[index] = sinf(angle)
    }
  }
}
