import Basics
import Checkpoints
import OneDNN

/// How fast this machine does a model's own convolutions in each precision: on one thread, well under a second for
/// all of them.
///
/// Those that take most of the network's operations are measured, in the form and with the weights that the network uses;
/// of large pictures a part, since a convolution's time grows with the picture.
public struct ConvolutionTrial {
  /// How many kinds of convolutions are measured at most.
  private static let kinds = 3
  /// Operations of one run at most, some ten milliseconds of one core.
  private static let mostArithmetic = 300_000_000
  private static let smallestSide = 8
  private static let rounds = 9
  private static let seconds = 0.3
  private static let margin = 4096

  private let groups: [ConvolutionSurvey.Group]
  /// Operations of one evaluation's convolutions.
  public let arithmetic: Int

  /// - Throws: `InputError` when the checkpoint's tensors do not make the network its architecture describes.
  public init(_ checkpoint: Checkpoint) throws {
    let plan = checkpoint.quantization.map { QuantizationPlan.bytes($0, .here) } ?? .none
    let builder = ProgramBuilder(
      batch: 1, type: .float32, kernels: KernelSet.best.table,
      parameters: Parameters(TensorInventory(checkpoint)).module("model"), quantization: plan)
    let survey = ConvolutionSurvey()
    builder.survey = survey
    do {
      _ = try checkpoint.architecture.network.definition.build(in: builder)
    } catch let error as InputError {
      throw error.inFile(checkpoint.file)
    }
    let all = survey.byArithmetic
    arithmetic = all.reduce(0) { $0 + $1.arithmetic }
    groups = all.prefix(Self.kinds).map(Self.partOfLargePicture)
  }

  /// Its rows and columns are fewer, and it counts for more.
  private static func partOfLargePicture(_ group: ConvolutionSurvey.Group) -> ConvolutionSurvey.Group {
    var part = group
    while part.shape.arithmetic > mostArithmetic, min(part.shape.height, part.shape.width) >= 2 * smallestSide {
      part.shape.height /= 2
      part.shape.width /= 2
      part.count *= 4
    }
    return part
  }

  /// Evaluations a second that the measured convolutions alone would allow, by precision: shortest of rounds in which the
  /// precisions take turns, since whatever interrupts a run only ever lengthens it.
  ///
  /// - Throws: `EngineError`; `CancellationError`.
  public func rates(_ precisions: [Precision]) throws -> [Precision: Double] {
    Engine.useOneThread()
    let clock = ContinuousClock()
    let start = clock.now
    let runs = try precisions.map { precision in try groups.map { try Run($0, precision) } }
    var shortest = runs.map { $0.map { _ in Double.infinity } }
    // The first round brings code and weights into the caches.
    for round in 0...Self.rounds where round < 2 || (clock.now - start) / .seconds(1) < Self.seconds {
      for place in groups.indices {
        for precision in precisions.indices {
          if Task.isCancelled { throw CancellationError() }
          let begin = clock.now
          try runs[precision][place].step()
          let seconds = (clock.now - begin) / .seconds(1)
          if round > 0 { shortest[precision][place] = min(shortest[precision][place], seconds) }
        }
      }
    }
    let rates = shortest.map { times in 1 / zip(groups, times).reduce(0) { $0 + Double($1.0.count) * $1.1 } }
    return Dictionary(uniqueKeysWithValues: zip(precisions, rates))
  }

  /// One convolution in one precision, with memory of its own.
  private final class Run {
    private let buffers: [UnsafeMutableRawPointer]
    let step: BoundStep

    init(_ group: ConvolutionSurvey.Group, _ precision: Precision) throws {
      var shape = group.shape
      let range = precision == .int8 ? group.range : nil
      shape.source = range == nil ? precision.activations : .uint8
      shape.destination = group.isOutput ? .float32 : precision.activations
      let bytes = range.map { range in
        (
          weights: QuantizedWeights(
            group.weights, outputs: shape.outputChannels, inputScale: range.scale,
            limit: Int8Arithmetic.here.weightLimit,
            bias: group.bias),
          zeroPoint: range.zeroPoint
        )
      }
      let form = try Convolution(
        shape: shape, weights: group.weights, bias: group.bias, bytes: bytes, isOutput: group.isOutput
      ).form(KernelSet.best.table)
      let positions =
        (shape.height + shape.padding.top + shape.padding.bottom)
        * (shape.width + shape.padding.left + shape.padding.right)
      let sizes = [
        positions * shape.inputChannels * shape.source.byteCount,
        positions * shape.outputChannels * shape.destination.byteCount, form.scratchpadSize,
      ]
      let buffers = sizes.map { size in
        let pointer = UnsafeMutableRawPointer.allocate(
          byteCount: size + ConvolutionTrial.margin, alignment: MemoryPlan.alignment)
        pointer.initializeMemory(as: UInt8.self, repeating: 0, count: size + ConvolutionTrial.margin)
        return pointer
      }
      self.buffers = buffers
      do {
        step = try form.bind(from: buffers[0], to: buffers[1], scratchpad: buffers[2])
      } catch {
        for buffer in buffers { buffer.deallocate() }
        throw error
      }
    }

    deinit { for buffer in buffers { buffer.deallocate() } }
  }
}
