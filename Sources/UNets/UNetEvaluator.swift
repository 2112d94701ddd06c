import Basics
import CKernels
import Diffusion
import OneDNN

/// One worker's copy of a network's memory, with every step bound to it.
final class UNetEvaluator: DenoiserEvaluator {
  private let network: CompiledNetwork
  private let memory: WorkerMemory
  let steps: [BoundStep]

  init(_ network: CompiledNetwork, observer: ActivationObserver? = nil) throws {
    Engine.useOneThread()
    let memory = try WorkerMemory(network.program, observer: observer)
    self.network = network
    self.memory = memory
    steps = try network.program.steps.map { try $0.bind(memory) }
  }

  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    let size = network.imageShape.count
    precondition(inputs.count == queries.count * size && outputs.count == queries.count * size)
    guard let input = inputs.baseAddress, let output = outputs.baseAddress else { return }
    Engine.useOneThread()
    let batch = network.program.batch
    for start in stride(from: 0, to: queries.count, by: batch) {
      let end = min(start + batch, queries.count)
      try run(queries[start..<end], input: input + start * size, output: output + start * size)
    }
  }

  private func run(
    _ queries: ArraySlice<DenoiserQuery>, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) throws {
    let shape = network.imageShape
    let channels = Int64(shape.channels)
    let positions = Int64(shape.height * shape.width)
    let channelsLast = network.kernels[network.activations].channels_last
    let precondition = network.kernels.functions.precondition
    let scalings = queries.map { network.preconditioner.scalings($0.noise) }
    for row in 0..<network.program.batch {
      // A short sub-batch is padded with copies of its last image.
      let image = min(row, queries.count - 1)
      writeConditions(row: row, noise: scalings[image].noise, label: queries[queries.startIndex + image].label)
      let target = memory.pointer(network.program.input) + row * shape.count * network.activations.byteCount
      let source = input + image * shape.count
      channelsLast?(source, scalings[image].input, target, channels, positions)
    }
    var share = EvaluationShare(queries.count)
    defer { share.end() }
    for (place, step) in steps.enumerated() {
      // A pass of a large network takes many seconds, a step hardly one.
      if Task.isCancelled { throw CancellationError() }
      try step()
      share.reach(network.program.shares[place])
    }
    let result = memory.floats(network.program.output)
    for (image, (query, scaling)) in zip(queries, scalings).enumerated() {
      let pixel = image * shape.height * shape.width * network.outputChannels
      precondition?(
        input + image * shape.count, scaling.skip,
        result + pixel + network.definition.firstOutputChannel(of: query.label), scaling.out,
        output + image * shape.count, channels, Int64(network.outputChannels), positions)
    }
  }

  private func writeConditions(row: Int, noise: Float, label: Int?) {
    for condition in network.program.conditions {
      condition.write(noise: noise, label: label, to: memory.floats(condition.buffer) + row * condition.channels)
    }
  }
}
