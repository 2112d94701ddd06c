import Basics
import Checkpoints
import Testing
import UNets

/// EDM2's networks, listed here from Docs/Networks.md and built by the library.
@Suite struct EDM2SizeTests {
  /// Names and shapes of the network's tensors, and of what stands beside it.
  private static func listing(_ unet: EDM2UNetArchitecture) -> [String: [Int]] {
    var shapes: [String: [Int]] = [
      "logvar_fourier.freqs": [128], "logvar_fourier.phases": [128], "logvar_linear.weight": [1, 128],
      "model.out_gain": [], "model.emb_fourier.freqs": [unet.noiseChannels],
      "model.emb_fourier.phases": [unet.noiseChannels],
      "model.emb_noise.weight": [unet.embeddingChannels, unet.noiseChannels],
      "model.emb_label.weight": [unet.embeddingChannels, unet.labelDimension],
      "model.out_conv.weight": [unet.imageChannels, unet.channels[0], 3, 3],
    ]
    func block(_ name: String, _ inputs: Int, _ outputs: Int, attends: Bool = false) {
      let path = "model." + name
      shapes[path + ".emb_gain"] = []
      shapes[path + ".conv_res0.weight"] = [outputs, name.hasPrefix("enc") ? outputs : inputs, 3, 3]
      shapes[path + ".emb_linear.weight"] = [outputs, unet.embeddingChannels]
      shapes[path + ".conv_res1.weight"] = [outputs, outputs, 3, 3]
      if inputs != outputs { shapes[path + ".conv_skip.weight"] = [outputs, inputs, 1, 1] }
      guard attends, outputs >= unet.channelsPerHead else { return }
      shapes[path + ".attn_qkv.weight"] = [3 * outputs, outputs, 1, 1]
      shapes[path + ".attn_proj.weight"] = [outputs, outputs, 1, 1]
    }
    var x = unet.channels[0]
    var skips: [Int] = []
    for (level, channels) in unet.channels.enumerated() {
      let side = unet.imageResolution >> level
      if level == 0 {
        shapes["model.enc.\(side)x\(side)_conv.weight"] = [channels, unet.imageChannels + 1, 3, 3]
      } else {
        block("enc.\(side)x\(side)_down", x, x)
      }
      skips.append(x)
      for index in 0..<unet.blocks {
        block(
          "enc.\(side)x\(side)_block\(index)", x, channels, attends: unet.attentionResolutions.contains(side))
        x = channels
        skips.append(x)
      }
    }
    for (level, channels) in unet.channels.enumerated().reversed() {
      let side = unet.imageResolution >> level
      if level == unet.channels.count - 1 {
        block("dec.\(side)x\(side)_in0", x, x, attends: true)
        block("dec.\(side)x\(side)_in1", x, x)
      } else {
        block("dec.\(side)x\(side)_up", x, x)
      }
      for index in 0...unet.blocks {
        block(
          "dec.\(side)x\(side)_block\(index)", x + skips.removeLast(), channels,
          attends: unet.attentionResolutions.contains(side))
        x = channels
      }
    }
    return shapes
  }

  private static func checkpoint(_ width: Int, resolution: Int, classes: Int) -> Checkpoint {
    var unet = EDM2UNetArchitecture(
      imageResolution: resolution, imageChannels: 3, channels: [1, 2, 3, 4].map { width * $0 })
    unet.labelDimension = classes
    // One stored number serves every element.
    let one = CheckpointTensor([1], shape: [1])
    return Checkpoint(
      file: "memory", digest: "",
      architecture: Architecture(
        preconditioning: .edm(sigmaData: 0.5), network: .edm2(unet), imageResolution: resolution, imageChannels: 3,
        labelDimension: classes),
      tensors: listing(unet).mapValues { shape in
        CheckpointTensor(
          elementType: .float32, shape: shape, strides: shape.map { _ in 0 }, offset: 0, source: one.source)
      })
  }

  @Test(
    "edm2-img64's networks have the published numbers of parameters",
    arguments: [(192, 280_209_381), (128, 124_710_949), (384, 1_119_276_837)])
  func published(width: Int, count: Int) {
    #expect(Self.checkpoint(width, resolution: 64, classes: 1000).parameterCount == count)
  }

  @Test("a network takes what is listed, no more and no less")
  func complete() throws {
    var checkpoint = Self.checkpoint(20, resolution: 16, classes: 3)
    let denoiser = try UNetDenoiser(checkpoint, subBatch: 1)
    #expect(denoiser.classCount == 3 && denoiser.isUnconditionalAvailable)

    checkpoint.tensors["model.dec.2x2_in0.attn_proj.weight"] = nil
    let missing = #expect(throws: InputError.self) { try UNetDenoiser(checkpoint, subBatch: 1) }
    #expect(missing?.location == "tensor \"model.dec.2x2_in0.attn_proj.weight\"")

    checkpoint = Self.checkpoint(20, resolution: 16, classes: 3)
    checkpoint.tensors["model.dec.2x2_in1.attn_proj.weight"] = checkpoint.tensors["model.out_gain"]
    let more = #expect(throws: InputError.self) { try UNetDenoiser(checkpoint, subBatch: 1) }
    #expect(more?.location == "tensor \"model.dec.2x2_in1.attn_proj.weight\"")
  }
}
