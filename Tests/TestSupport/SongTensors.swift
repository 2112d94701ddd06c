/// Names and shapes of the tensors of SongUNet's layers and blocks (Docs/Networks.md), for networks that tests make up.
package struct SongTensors {
  package private(set) var shapes: [String: [Int]] = [:]
  private let channels: Int
  private let embedding: Int

  /// - Parameters:
  ///   - channels: what every block gives.
  ///   - embedding: the width of the noise embedding.
  package init(channels: Int, embedding: Int) {
    self.channels = channels
    self.embedding = embedding
  }

  package mutating func layer(_ name: String, _ shape: [Int]) {
    weight(name, shape)
    shapes["model.\(name).bias"] = [shape[0]]
  }

  package mutating func weight(_ name: String, _ shape: [Int]) { shapes["model.\(name).weight"] = shape }

  package mutating func block(_ name: String, _ inputs: Int, resamples: Bool = false, attends: Bool = false) {
    layer(name + ".norm0", [inputs])
    layer(name + ".conv0", [channels, inputs, 3, 3])
    layer(name + ".affine", [channels, embedding])
    layer(name + ".norm1", [channels])
    layer(name + ".conv1", [channels, channels, 3, 3])
    if inputs != channels || resamples { layer(name + ".skip", [channels, inputs, 1, 1]) }
    if resamples {
      shapes["model.\(name).conv0.resample_filter"] = [1, 1, 2, 2]
      shapes["model.\(name).skip.resample_filter"] = [1, 1, 2, 2]
    }
    if attends {
      layer(name + ".norm2", [channels])
      layer(name + ".qkv", [3 * channels, channels, 1, 1])
      layer(name + ".proj", [channels, channels, 1, 1])
    }
  }
}
