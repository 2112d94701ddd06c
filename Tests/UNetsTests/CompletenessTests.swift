import Basics
import Checkpoints
import Testing
import UNets

/// A network is made of all of a checkpoint's tensors or not at all (STYLE, house rule 5).
@Suite struct CompletenessTests {
  private func failure(_ checkpoint: Checkpoint) -> InputError? {
    #expect(throws: InputError.self) { try UNetDenoiser(checkpoint) }
  }

  @Test("A missing tensor is named, whichever it is", arguments: NetworkFixture.committed)
  func missing(fixture: NetworkFixture) throws {
    let checkpoint = try fixture.checkpoint()
    #expect(checkpoint.tensors.count > 50)
    for name in checkpoint.tensors.keys {
      var damaged = checkpoint
      damaged.tensors[name] = nil
      let error = failure(damaged)
      #expect(error?.location == "tensor \"\(name)\"")
      #expect(error?.file == checkpoint.file)
    }
  }

  @Test("A misshapen tensor is named with both shapes, whichever it is", arguments: NetworkFixture.committed)
  func misshapen(fixture: NetworkFixture) throws {
    let checkpoint = try fixture.checkpoint()
    for (name, tensor) in checkpoint.tensors {
      var damaged = checkpoint
      var shape = tensor.shape
      shape[0] += 1
      damaged.tensors[name] = CheckpointTensor(
        [Float](repeating: 0, count: shape.reduce(1, *)), shape: shape)
      let error = failure(damaged)
      #expect(error?.location == "tensor \"\(name)\"")
      #expect(error?.expected == "shape \(tensor.shape)" && error?.found == "\(shape)")
    }
  }

  @Test("The right number of values in another shape is refused too", arguments: NetworkFixture.committed)
  func reshaped(fixture: NetworkFixture) throws {
    var checkpoint = try fixture.checkpoint()
    let name = "model.map_layer1.weight"
    let tensor = try #require(checkpoint.tensors[name])
    checkpoint.tensors[name] = CheckpointTensor(tensor.floats(), shape: [tensor.count])
    #expect(failure(checkpoint)?.location == "tensor \"\(name)\"")
  }

  @Test(
    "A tensor the network has no use for is named", arguments: NetworkFixture.committed,
    ["stray", "model.map_layer2.weight", "model.enc.8x8_conv.scale"])
  func extra(fixture: NetworkFixture, name: String) throws {
    var checkpoint = try fixture.checkpoint()
    checkpoint.tensors[name] = CheckpointTensor([0], shape: [1])
    #expect(failure(checkpoint)?.location == "tensor \"\(name)\"")
  }
}
