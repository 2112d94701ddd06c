import Basics
import Checkpoints
import TestSupport
import Testing
import UNets

@Suite struct ConvolutionTrialTests {
  @Test("The survey finds the network's convolutions: no more operations than the whole network has, and most of them")
  func arithmetic() throws {
    for fixture in NetworkFixture.committed {
      let checkpoint = try fixture.checkpoint()
      let whole = try UNetDenoiser(checkpoint, subBatch: 1).arithmeticPerEvaluation
      let trial = try ConvolutionTrial(checkpoint)
      #expect(trial.arithmetic > 0 && trial.arithmetic <= whole)
    }
  }

  @Test("Every precision that runs here has a rate")
  func rates() throws {
    let path = Repository.root.appendingPathComponent("Resources/models/edm-mnist-32x32-cond.safetensors").path
    let checkpoint = try Checkpoint.load(path: path)
    let precisions = [Precision.fp32, .bf16, .int8].filter { $0.availableHere == $0 }
    let trial = try ConvolutionTrial(checkpoint)
    #expect(trial.arithmetic > 10_000_000)
    let rates = try trial.rates(precisions)
    #expect(Set(rates.keys) == Set(precisions) && rates.values.allSatisfy { $0 > 0 && $0.isFinite })
  }

  @Test("A checkpoint that is no network is refused as anywhere else")
  func broken() throws {
    var checkpoint = try NetworkFixture.committed[0].checkpoint()
    let first = try #require(checkpoint.tensors.keys.min())
    checkpoint.tensors[first] = nil
    #expect(throws: InputError.self) { try ConvolutionTrial(checkpoint) }
  }
}
