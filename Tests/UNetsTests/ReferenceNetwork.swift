import Checkpoints
import Foundation
import TestSupport

/// The networks of Docs/Networks.md in double precision, written from their description and not from the library.
///
/// A parameter is drawn when it is first asked for, so that evaluating the network makes its checkpoint.
final class ReferenceNetwork {
  /// The channels cannot be put into equal groups: no such network exists.
  struct UnequalGroups: Error {}

  let architecture: Architecture
  private(set) var tensors: [String: CheckpointTensor] = [:]
  private var doubles: [String: [Double]] = [:]
  private var normals: TestNormals

  init(_ architecture: Architecture, seed: UInt64) {
    self.architecture = architecture
    normals = TestNormals(seed: seed)
  }

  var checkpoint: Checkpoint {
    Checkpoint(
      file: "random", digest: String(repeating: "0", count: 64), architecture: architecture, tensors: tensors)
  }

  // MARK: Parameters

  private func parameter(_ name: String, _ shape: [Int], mean: Double = 0, deviation: Double) -> [Double] {
    if let known = doubles[name] { return known }
    return keep(name, shape, (0..<shape.reduce(1, *)).map { _ in Float(mean + deviation * normals.next()) })
  }

  private func keep(_ name: String, _ shape: [Int], _ values: [Float]) -> [Double] {
    if let known = doubles[name] { return known }
    tensors[name] = CheckpointTensor(values, shape: shape)
    let result = values.map(Double.init)
    doubles[name] = result
    return result
  }

  private func weights(_ name: String, _ shape: [Int]) -> [Double] {
    parameter(name + ".weight", shape, deviation: 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot())
  }

  private func bias(_ name: String, _ count: Int) -> [Double] { parameter(name + ".bias", [count], deviation: 0.2) }

  // MARK: Pieces

  private func linear(_ name: String, _ x: [Double], outputs: Int, hasBias: Bool = true) -> [Double] {
    let matrix = weights(name, [outputs, x.count])
    let offset = hasBias ? bias(name, outputs) : [Double](repeating: 0, count: outputs)
    return (0..<outputs).map { row in
      x.indices.reduce(offset[row]) { $0 + matrix[row * x.count + $1] * x[$1] }
    }
  }

  private func norm(_ name: String, _ x: ReferenceMap, epsilon: Double) throws -> ReferenceMap {
    guard let normalized = x.normalized(epsilon: epsilon) else { throw UnequalGroups() }
    return normalized.affine(
      scale: parameter(name + ".weight", [x.channels], mean: 1, deviation: 0.2), shift: bias(name, x.channels))
  }

  private enum Resampling { case none, down, up, fusedDown }

  /// f⊗f/(Σf)², stored.
  private func filter(_ name: String, _ taps: [Double]) -> [Double] {
    let total = taps.reduce(0, +)
    return keep(
      name + ".resample_filter", [1, 1, taps.count, taps.count],
      taps.flatMap { row in taps.map { Float(row * $0 / (total * total)) } })
  }

  /// Conv2d; kernel 0 resamples only.
  private func convolution(
    _ name: String, _ x: ReferenceMap, outputs: Int, kernel: Int, _ resampling: Resampling = .none,
    taps: [Double] = [1, 1]
  ) -> ReferenceMap {
    let padding = (taps.count - 1) / 2
    var x = x
    switch resampling {
    case .none, .fusedDown: break
    case .down: x = x.halved(filter(name, taps), taps: taps.count, padding: padding)
    case .up: x = x.doubled(filter(name, taps), taps: taps.count, padding: padding)
    }
    guard kernel > 0 else { return x }
    x = x.convolved(
      weights(name, [outputs, x.channels, kernel, kernel]), outputs: outputs, kernel: kernel,
      padding: kernel / 2 + (resampling == .fusedDown ? padding : 0))
    if resampling == .fusedDown { x = x.halved(filter(name, taps), taps: taps.count, padding: 0) }
    return x.affine(shift: bias(name, outputs))
  }

  private struct Style {
    var epsilon: Double
    var skipScale: Double
    var projects: Bool
    var isAdaptive: Bool
    var taps: [Double]
  }

  private func block(
    _ name: String, _ x: ReferenceMap, _ e: [Double], outputs: Int, _ resampling: Resampling = .none, heads: Int,
    _ style: Style
  ) throws -> ReferenceMap {
    var h = convolution(
      name + ".conv0", try norm(name + ".norm0", x, epsilon: style.epsilon).silu, outputs: outputs, kernel: 3,
      resampling, taps: style.taps)
    let p = linear(name + ".affine", e, outputs: style.isAdaptive ? 2 * outputs : outputs)
    if style.isAdaptive {
      h = try norm(name + ".norm1", h, epsilon: style.epsilon)
        .affine(scale: p[..<outputs].map { $0 + 1 }, shift: Array(p[outputs...])).silu
    } else {
      h = try norm(name + ".norm1", h.affine(shift: p), epsilon: style.epsilon).silu
    }
    h = convolution(name + ".conv1", h, outputs: outputs, kernel: 3)
    var skip = x
    if x.channels != outputs || resampling != .none {
      let kernel = x.channels != outputs || style.projects ? 1 : 0
      skip = convolution(name + ".skip", x, outputs: outputs, kernel: kernel, resampling, taps: style.taps)
    }
    h = (h + skip) * style.skipScale
    guard heads > 0 else { return h }
    let qkv = convolution(
      name + ".qkv", try norm(name + ".norm2", h, epsilon: style.epsilon), outputs: 3 * outputs, kernel: 1)
    return (convolution(name + ".proj", qkv.attended(heads: heads), outputs: outputs, kernel: 1) + h) * style.skipScale
  }

  private func silu(_ x: [Double]) -> [Double] { x.map { $0 / (1 + exp(-$0)) } }

  /// [cos, sin] of angles in single precision: both c_noise and its products with the frequencies are by contract.
  private func waves(_ noise: Float, _ frequencies: [Float]) -> (cosines: [Double], sines: [Double]) {
    let angles = frequencies.map { Double(noise * $0) }
    return (angles.map { cos($0) }, angles.map { sin($0) })
  }

  private func positional(_ channels: Int, endpoint: Int) -> [Float] {
    (0..<channels / 2).map { Float(pow(1e-4, Double($0) / Double(channels / 2 - endpoint))) }
  }

  private func oneHot(_ label: Int?, _ count: Int, _ value: Double = 1) -> [Double] {
    (0..<count).map { $0 == label ? value : 0 }
  }

  // MARK: Networks

  private func song(
    _ song: SongUNetArchitecture, _ input: ReferenceMap, noise: Float, label: Int?
  ) throws -> ReferenceMap {
    let channels = song.modelChannels * song.noiseEmbeddingMultiplier
    let width = song.modelChannels * song.embeddingMultiplier
    let frequencies =
      song.embedding == .positional
      ? positional(channels, endpoint: 1)
      : parameter("model.map_noise.freqs", [channels / 2], deviation: 1).map { Float(2 * Double.pi) * Float($0) }
    let (cosines, sines) = waves(noise, frequencies)
    var e = sines + cosines
    if song.labelDimension > 0 {
      let y = oneHot(label, song.labelDimension, Double(song.labelDimension).squareRoot())
      e = zip(e, linear("model.map_label", y, outputs: channels)).map(+)
    }
    if song.augmentDimension > 0 {
      let none = [Double](repeating: 0, count: song.augmentDimension)
      e = zip(e, linear("model.map_augment", none, outputs: channels, hasBias: false)).map(+)
    }
    e = silu(linear("model.map_layer0", e, outputs: width))
    e = silu(linear("model.map_layer1", e, outputs: width))

    let taps = song.resampleFilter
    let style = Style(epsilon: 1e-6, skipScale: 0.5.squareRoot(), projects: true, isAdaptive: false, taps: taps)
    var skips: [ReferenceMap] = []
    var x = input
    var auxiliary = input
    for (level, multiplier) in song.channelMultipliers.enumerated() {
      let side = song.imageResolution >> level
      let name = "model.enc.\(side)x\(side)"
      if level == 0 {
        x = convolution(name + "_conv", x, outputs: song.modelChannels, kernel: 3)
      } else {
        x = try block(name + "_down", x, e, outputs: x.channels, .down, heads: 0, style)
        switch song.encoder {
        case .standard: break
        case .skip:
          auxiliary = convolution(
            name + "_aux_down", auxiliary, outputs: auxiliary.channels, kernel: 0, .down, taps: taps)
          x = x + convolution(name + "_aux_skip", auxiliary, outputs: x.channels, kernel: 1)
        case .residual:
          let residual = convolution(
            name + "_aux_residual", auxiliary, outputs: x.channels, kernel: 3, .fusedDown, taps: taps)
          x = (x + residual) * 0.5.squareRoot()
          auxiliary = x
        }
      }
      skips.append(x)
      for index in 0..<song.blocks {
        x = try block(
          name + "_block\(index)", x, e, outputs: song.modelChannels * multiplier,
          heads: song.attentionResolutions.contains(side) ? 1 : 0, style)
        skips.append(x)
      }
    }
    var output: ReferenceMap?
    for (level, multiplier) in song.channelMultipliers.enumerated().reversed() {
      let side = song.imageResolution >> level
      let name = "model.dec.\(side)x\(side)"
      if level == song.channelMultipliers.count - 1 {
        x = try block(name + "_in0", x, e, outputs: x.channels, heads: 1, style)
        x = try block(name + "_in1", x, e, outputs: x.channels, heads: 0, style)
      } else {
        x = try block(name + "_up", x, e, outputs: x.channels, .up, heads: 0, style)
      }
      for index in 0...song.blocks {
        let attends = index == song.blocks && song.attentionResolutions.contains(side)
        x = try block(
          name + "_block\(index)", x.concatenated(skips.removeLast()), e, outputs: song.modelChannels * multiplier,
          heads: attends ? 1 : 0, style)
      }
      if song.decoder == .skip || level == 0 {
        if let lower = output {
          output = convolution(name + "_aux_up", lower, outputs: lower.channels, kernel: 0, .up, taps: taps)
        }
        let t = convolution(
          name + "_aux_conv", try norm(name + "_aux_norm", x, epsilon: 1e-6).silu, outputs: song.outputChannels,
          kernel: 3)
        output = output.map { $0 + t } ?? t
      }
    }
    return output ?? x
  }

  private func dhariwal(
    _ adm: DhariwalUNetArchitecture, _ input: ReferenceMap, noise: Float, label: Int?
  ) throws -> ReferenceMap {
    let width = adm.modelChannels * adm.embeddingMultiplier
    let (cosines, sines) = waves(noise, positional(adm.modelChannels, endpoint: 0))
    var e = cosines + sines
    if adm.augmentDimension > 0 {
      let none = [Double](repeating: 0, count: adm.augmentDimension)
      e = zip(e, linear("model.map_augment", none, outputs: adm.modelChannels, hasBias: false)).map(+)
    }
    e = linear("model.map_layer1", silu(linear("model.map_layer0", e, outputs: width)), outputs: width)
    if adm.labelDimension > 0 {
      e = zip(e, linear("model.map_label", oneHot(label, adm.labelDimension), outputs: width, hasBias: false)).map(+)
    }
    e = silu(e)
    let style = Style(epsilon: 1e-5, skipScale: 1, projects: false, isAdaptive: true, taps: [1, 1])
    var skips: [ReferenceMap] = []
    var x = input
    for (level, multiplier) in adm.channelMultipliers.enumerated() {
      let side = adm.imageResolution >> level
      let name = "model.enc.\(side)x\(side)"
      let channels = adm.modelChannels * multiplier
      x =
        level == 0
        ? convolution(name + "_conv", x, outputs: channels, kernel: 3)
        : try block(name + "_down", x, e, outputs: x.channels, .down, heads: 0, style)
      skips.append(x)
      for index in 0..<adm.blocks {
        let heads = adm.attentionResolutions.contains(side) ? channels / 64 : 0
        x = try block(name + "_block\(index)", x, e, outputs: channels, heads: heads, style)
        skips.append(x)
      }
    }
    for (level, multiplier) in adm.channelMultipliers.enumerated().reversed() {
      let side = adm.imageResolution >> level
      let name = "model.dec.\(side)x\(side)"
      let channels = adm.modelChannels * multiplier
      if level == adm.channelMultipliers.count - 1 {
        x = try block(name + "_in0", x, e, outputs: x.channels, heads: x.channels / 64, style)
        x = try block(name + "_in1", x, e, outputs: x.channels, heads: 0, style)
      } else {
        x = try block(name + "_up", x, e, outputs: x.channels, .up, heads: 0, style)
      }
      for index in 0...adm.blocks {
        let heads = adm.attentionResolutions.contains(side) ? channels / 64 : 0
        x = try block(
          name + "_block\(index)", x.concatenated(skips.removeLast()), e, outputs: channels, heads: heads, style)
      }
    }
    return convolution(
      "model.out_conv", try norm("model.out_norm", x, epsilon: 1e-5).silu, outputs: adm.outputChannels, kernel: 3)
  }

  // MARK: Preconditioners

  /// D(x; s, y) of one image.
  func denoised(_ pixels: [Float], sigma: Double, label: Int?) throws -> [Double] {
    let s = sigma
    let single = Float(sigma)
    let scalings: (skip: Double, out: Double, input: Double, noise: Float)
    switch architecture.preconditioning {
    case .edm(let d):
      let total = s * s + d * d
      scalings = (d * d / total, s * d / total.squareRoot(), 1 / total.squareRoot(), log(single) / 4)
    case .vp(let d, let least, let steps):
      let root = (Float(least * least) + 2 * Float(d) * log(1 + single * single)).squareRoot()
      scalings = (1, -s, 1 / (s * s + 1).squareRoot(), Float(steps - 1) * ((root - Float(least)) / Float(d)))
    case .ve: scalings = (1, s, 1, log(single / 2))
    case .iddpm(let c1, let c2, let steps):
      func alpha(_ j: Int) -> Double {
        let sine = sin(0.5 * Double.pi * Double(j) / Double(steps) / (c2 + 1))
        return sine * sine
      }
      var u = [Double](repeating: 0, count: steps + 1)
      for j in stride(from: steps, to: 0, by: -1) {
        u[j - 1] = ((u[j] * u[j] + 1) / max(alpha(j - 1) / alpha(j), c1) - 1).squareRoot()
      }
      u = keep("u", [steps + 1], u.map { Float($0) })
      let nearest = u.indices.min { abs(s - u[$0]) < abs(s - u[$1]) } ?? 0
      scalings = (1, -s, 1 / (s * s + 1).squareRoot(), Float(steps - 1 - nearest))
    case .consistency, .discrete: preconditionFailure("held against the original programs' outputs instead")
    }
    let x = pixels.map(Double.init)
    let input = ReferenceMap(
      channels: architecture.imageChannels, side: architecture.imageResolution, values: x.map { $0 * scalings.input })
    let f =
      switch architecture.network {
      case .song(let network): try song(network, input, noise: scalings.noise, label: label)
      case .dhariwal(let network): try dhariwal(network, input, noise: scalings.noise, label: label)
      case .ddpm, .edm2, .multiHead: preconditionFailure("held against the original programs' outputs instead")
      }
    return x.indices.map { scalings.skip * x[$0] + scalings.out * f.values[$0] }
  }
}
