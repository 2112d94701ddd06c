import Basics
import Checkpoints
import TestSupport
import Testing
import UNets

/// The published CIFAR-10 network (DDPM++, EDM preconditioner), listed here from Docs/Networks.md and built by the
/// library.
@Suite struct PublishedSizeTests {
  /// Names and shapes of SongUNet's tensors with 128·[2, 2, 2] channels, 4 blocks a level and attention at 16².
  private static func listing() -> [String: [Int]] {
    let (channels, embedding) = (256, 512)
    var tensors = SongTensors(channels: channels, embedding: embedding)
    tensors.layer("map_layer0", [embedding, 128])
    tensors.layer("map_layer1", [embedding, embedding])
    tensors.layer("map_label", [128, 10])
    tensors.weight("map_augment", [128, 9])
    tensors.layer("enc.32x32_conv", [128, 3, 3, 3])
    var skips = [128]
    for side in [32, 16, 8] {
      if side < 32 {
        tensors.block("enc.\(side)x\(side)_down", channels, resamples: true)
        skips.append(channels)
      }
      for index in 0..<4 {
        tensors.block("enc.\(side)x\(side)_block\(index)", skips.last ?? 0, attends: side == 16)
        skips.append(channels)
      }
    }
    for side in [8, 16, 32] {
      if side == 8 {
        tensors.block("dec.8x8_in0", channels, attends: true)
        tensors.block("dec.8x8_in1", channels)
      } else {
        tensors.block("dec.\(side)x\(side)_up", channels, resamples: true)
      }
      for index in 0..<5 {
        tensors.block(
          "dec.\(side)x\(side)_block\(index)", channels + skips.removeLast(), attends: side == 16 && index == 4)
      }
    }
    tensors.layer("dec.32x32_aux_norm", [channels])
    tensors.layer("dec.32x32_aux_conv", [3, channels, 3, 3])
    return tensors.shapes
  }

  private func checkpoint() -> Checkpoint {
    var song = SongUNetArchitecture(imageResolution: 32, inputChannels: 3, outputChannels: 3)
    song.labelDimension = 10
    song.augmentDimension = 9
    song.channelMultipliers = [2, 2, 2]
    // One stored zero serves every element.
    let zero = CheckpointTensor([0], shape: [1])
    let tensors = Self.listing().mapValues { shape in
      CheckpointTensor(
        elementType: .float32, shape: shape, strides: shape.map { _ in 0 }, offset: 0, source: zero.source)
    }
    return Checkpoint(
      file: "memory", digest: "",
      architecture: Architecture(
        preconditioning: .edm(sigmaData: 0.5), network: .song(song), imageResolution: 32, imageChannels: 3,
        labelDimension: 10),
      tensors: tensors)
  }

  @Test("The CIFAR-10 network uses 55 735 299 parameters, no more and no fewer")
  func cifar10() throws {
    var checkpoint = checkpoint()
    #expect(checkpoint.parameterCount == 55_735_299)
    let denoiser = try UNetDenoiser(checkpoint, subBatch: 1)
    #expect(denoiser.classCount == 10 && denoiser.imageShape == ImageShape(channels: 3, height: 32, width: 32))

    checkpoint.tensors["model.dec.32x32_aux_conv.bias"] = nil
    let error = #expect(throws: InputError.self) { try UNetDenoiser(checkpoint, subBatch: 1) }
    #expect(error?.location == "tensor \"model.dec.32x32_aux_conv.bias\"")
  }
}
