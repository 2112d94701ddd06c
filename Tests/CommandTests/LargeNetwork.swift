import Foundation
import NoisedDiffusionClassifiers
import NumPyFiles
import TestSupport

/// A SongUNet (DDPM++) of any size with random weights: what a test writes where no such checkpoint can be had.
struct LargeNetwork {
  /// Pixels from the finest level to the coarsest, which attends.
  var sides: [Int]
  /// A multiple of 4.
  var modelChannels = 64
  var multiplier = 2
  var blocks = 4
  /// 0 for an unconditional network.
  var classes: Int

  /// 600 G operations an evaluation: far more than a second on any core.
  static let full = LargeNetwork(sides: [256, 128, 64, 32], classes: 1000)
  /// A thousand classes whose evaluations take no time.
  static let manyClasses = LargeNetwork(sides: [8], modelChannels: 16, multiplier: 1, blocks: 1, classes: 1000)

  private var channels: Int { modelChannels * multiplier }

  /// Writes the network, and `count` images of noise for it as x.npy and y.npy, into `folder`.
  ///
  /// - Returns: the checkpoint's path and what `--data` is to be.
  func write(to folder: URL, images count: Int = 1, named name: String = "large") throws -> (
    model: String, data: String
  ) {
    let path = folder.appendingPathComponent("\(name).safetensors").path
    try checkpoint().writeSafetensors(to: path)
    var random = SplitMix64(state: 5)
    let side = sides[0]
    let pixels = (0..<count * side * side).map { _ in Float.random(in: 0...1, using: &random) }
    let (x, y) = (folder.appendingPathComponent("x.npy").path, folder.appendingPathComponent("y.npy").path)
    try NumPyArray(shape: [count, 1, side, side], pixels).write(to: x)
    try NumPyArray(shape: [count], (0..<count).map { Int64($0) }).write(to: y)
    return (path, "npy:\(x),\(y)")
  }

  private func checkpoint() -> Checkpoint {
    var song = SongUNetArchitecture(imageResolution: sides[0], inputChannels: 1, outputChannels: 1)
    song.labelDimension = classes
    song.modelChannels = modelChannels
    song.channelMultipliers = sides.map { _ in multiplier }
    song.blocks = blocks
    song.attentionResolutions = []
    var random = SplitMix64(state: 3)
    let tensors = shapes().mapValues { shape in
      CheckpointTensor(
        (0..<shape.reduce(1, *)).map { _ in Float.random(in: -0.05...0.05, using: &random) }, shape: shape)
    }
    return Checkpoint(
      file: "memory", digest: "",
      architecture: Architecture(
        preconditioning: .edm(sigmaData: 0.5), network: .song(song), imageResolution: sides[0], imageChannels: 1,
        labelDimension: classes),
      tensors: tensors)
  }

  /// Names and shapes of the network's tensors.
  private func shapes() -> [String: [Int]] {
    let embedding = 4 * modelChannels
    var tensors = SongTensors(channels: channels, embedding: embedding)
    tensors.layer("map_layer0", [embedding, modelChannels])
    tensors.layer("map_layer1", [embedding, embedding])
    if classes > 0 { tensors.layer("map_label", [modelChannels, classes]) }
    let (finest, coarsest) = (sides[0], sides[sides.count - 1])
    tensors.layer("enc.\(finest)x\(finest)_conv", [modelChannels, 1, 3, 3])
    var skips = [modelChannels]
    for side in sides {
      if side < finest {
        tensors.block("enc.\(side)x\(side)_down", channels, resamples: true)
        skips.append(channels)
      }
      for index in 0..<blocks {
        tensors.block("enc.\(side)x\(side)_block\(index)", skips[skips.count - 1])
        skips.append(channels)
      }
    }
    for side in sides.reversed() {
      if side == coarsest {
        tensors.block("dec.\(side)x\(side)_in0", channels, attends: true)
        tensors.block("dec.\(side)x\(side)_in1", channels)
      } else {
        tensors.block("dec.\(side)x\(side)_up", channels, resamples: true)
      }
      for index in 0...blocks { tensors.block("dec.\(side)x\(side)_block\(index)", channels + skips.removeLast()) }
    }
    tensors.layer("dec.\(finest)x\(finest)_aux_norm", [channels])
    tensors.layer("dec.\(finest)x\(finest)_aux_conv", [1, channels, 3, 3])
    return tensors.shapes
  }
}
