import Basics
import CKernels
import Diffusion
import OneDNN

/// One worker's copy of a network's memory, with every step bound to it.
final class UNetEvaluator: DenoiserEvaluator {
  private let network: CompiledNetwork
  private let memory: WorkerMemory
  let steps: [BoundStep]
  /// c_noise of every row of the last run, where the program keeps what it leads to.
  private var keptNoise: [Float] = []

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
    try run(queries, answers: 1, inputs: inputs, outputs: outputs) { [$0.label] }
  }

  func denoise(
    _ noises: [ModelNoise], labels: [Int?], inputs: UnsafeBufferPointer<Float>,
    outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    precondition(network.definition.answersAllLabels, "an evaluation of this network answers one label")
    let queries = noises.map { DenoiserQuery(noise: $0, label: nil) }
    try run(queries, answers: labels.count, inputs: inputs, outputs: outputs) { _ in labels }
  }

  /// Evaluates sub-batch by sub-batch.
  ///
  /// - Parameter labels: those whose D is written of a query, `answers` of them.
  private func run(
    _ queries: [DenoiserQuery], answers: Int, inputs: UnsafeBufferPointer<Float>,
    outputs: UnsafeMutableBufferPointer<Float>, labels: (DenoiserQuery) -> [Int?]
  ) throws {
    let size = network.imageShape.count
    precondition(inputs.count == queries.count * size && outputs.count == queries.count * answers * size)
    guard let input = inputs.baseAddress, let output = outputs.baseAddress else { return }
    Engine.useOneThread()
    let batch = network.program.batch
    for start in stride(from: 0, to: queries.count, by: batch) {
      let part = queries[start..<min(start + batch, queries.count)]
      let scalings = try evaluate(part, input: input + start * size)
      for (row, query) in part.enumerated() {
        let image = start + row
        for (place, label) in labels(query).enumerated() {
          write(
            label, of: row, scalings[row], input: input + image * size,
            output: output + (image * answers + place) * size)
        }
      }
    }
  }

  /// F of one sub-batch, left in the program's output; returns the scalings of each query.
  private func evaluate(
    _ queries: ArraySlice<DenoiserQuery>, input: UnsafePointer<Float>
  ) throws -> [Preconditioner.Scalings] {
    let scalings = queries.map { network.preconditioner.scalings($0.noise) }
    // A short sub-batch is padded with copies of its last image.
    let images = (0..<network.program.batch).map { min($0, queries.count - 1) }
    let noise = images.map { scalings[$0].noise }
    let firstStep = noise == keptNoise ? network.program.keptSteps : 0
    keptNoise = []
    for (row, image) in images.enumerated() {
      writeConditions(row: row, noise: scalings[image].noise, label: queries[queries.startIndex + image].label)
      read(input + image * network.imageShape.count, scale: scalings[image].input, row: row)
    }
    var share = EvaluationShare(queries.count)
    defer { share.end() }
    for place in firstStep..<steps.count {
      // A pass of a large network takes many seconds, a step hardly one.
      if Task.isCancelled { throw CancellationError() }
      try steps[place]()
      share.reach(network.program.shares[place])
    }
    keptNoise = noise
    return scalings
  }

  /// c_in·x into the program's input.
  private func read(_ image: UnsafePointer<Float>, scale: Float, row: Int) {
    let shape = network.imageShape
    let kernels = network.kernels[network.activations]
    let target = memory.pointer(network.program.input) + row * shape.count * network.activations.byteCount
    let patch = network.definition.patch
    if patch == 1 {
      kernels.channels_last?(image, scale, target, Int64(shape.channels), Int64(shape.height * shape.width))
    } else {
      kernels.patches_last?(
        image, scale, target, Int64(shape.channels), Int64(shape.height / patch), Int64(shape.width / patch),
        Int64(patch))
    }
  }

  /// D of one label from what the program left.
  private func write(
    _ label: Int?, of row: Int, _ scaling: Preconditioner.Scalings, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    let shape = network.imageShape
    let patch = network.definition.patch
    let (height, width) = (shape.height / patch, shape.width / patch)
    let (channels, stride) = (Int64(shape.channels), Int64(network.outputChannels))
    let result =
      memory.floats(network.program.output) + row * height * width * network.outputChannels
      + network.definition.firstOutputChannel(of: label)
    let functions = network.kernels.functions
    if patch == 1 {
      functions.precondition?(
        input, scaling.skip, result, scaling.out, output, channels, stride, Int64(height * width))
    } else {
      functions.precondition_patches?(
        input, scaling.skip, result, scaling.out, output, channels, stride, Int64(height), Int64(width), Int64(patch))
    }
  }

  private func writeConditions(row: Int, noise: Float, label: Int?) {
    for condition in network.program.conditions {
      condition.write(noise: noise, label: label, to: memory.floats(condition.buffer) + row * condition.channels)
    }
  }
}
