import OneDNN

/// A convolution with its weights, before it is decided how it is done.
struct Convolution {
  var shape: ConvolutionShape
  /// Output×input×k×k.
  var weights: [Float]
  /// One per output channel.
  var bias: [Float]?
  /// The same weights as bytes, where the source is bytes with this zero point.
  var bytes: (weights: QuantizedWeights, zeroPoint: Int)?
  /// Whether its result is the network's, which has few channels however wide the network is.
  var isOutput = false
}

/// One way of doing a convolution, its weights in the order it wants: immutable and shared between workers.
///
/// An image's result depends on that image alone, whatever else is in the batch.
protocol ConvolutionForm: Sendable {
  /// Nil where this form cannot do the convolution, another is as good, or the machine has no kernel for it.
  init?(_ convolution: Convolution, _ kernels: KernelTable) throws

  /// The kernel that runs, for inspection.
  var implementation: String { get }
  /// Bytes of a worker's scratchpad that a run needs.
  var scratchpadSize: Int { get }
  /// Operations of the products it does: the convolution's, or fewer.
  var arithmetic: Int { get }

  /// Ties it to a worker's source, destination and scratchpad.
  func bind(
    from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, scratchpad: UnsafeMutableRawPointer
  ) throws -> BoundStep
}

extension Convolution {
  /// The first that takes a convolution does it.
  private static let forms: [any ConvolutionForm.Type] = [
    NarrowForm.self, ByteForm.self, WinogradForm.self, DirectForm.self,
  ]

  func form(_ kernels: KernelTable) throws -> any ConvolutionForm {
    for form in Self.forms {
      if let form = try form.init(self, kernels) { return form }
    }
    preconditionFailure("the direct form takes every convolution")
  }
}
