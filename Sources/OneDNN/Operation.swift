import Basics
import CDNNL

/// The types activations and weights come in.
public enum ElementType: Sendable {
  case float32
  case bfloat16
  /// Activations of quantised convolutions: unsigned bytes.
  case uint8

  public var byteCount: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    case .uint8: 1
    }
  }

  var code: ndc_dnnl_type {
    switch self {
    case .float32: NDC_DNNL_F32
    case .bfloat16: NDC_DNNL_BF16
    case .uint8: NDC_DNNL_U8
    }
  }
}

/// A oneDNN primitive with its constant operands, immutable and shared between workers.
public final class Operation: @unchecked Sendable {
  // oneDNN's primitives are safe to run from several threads when the scratchpad is the caller's, as here.
  let pointer: OpaquePointer
  /// Arithmetic operations of one run: two for every product of a weight or a matrix element.
  public let arithmetic: Int

  private init(_ pointer: OpaquePointer, arithmetic: Int) {
    self.pointer = pointer
    self.arithmetic = arithmetic
  }

  deinit { ndc_dnnl_operation_destroy(pointer) }

  /// Bytes of scratchpad a run needs.
  public var scratchpadSize: Int { ndc_dnnl_scratchpad_size(pointer) }

  /// The kernel oneDNN chose, such as `jit:avx2`.
  public var implementation: String { String(cString: ndc_dnnl_implementation(pointer)) }

  // Describing a convolution, oneDNN 2.6 (AVX-512) keeps the step its input channels are rounded up to, which depends on
  // their type, in a global. Where an fp32 and a bf16 one were described at once, three channels became four. oneDNN 3 does
  // not (Docs/Installing.md, Versions of oneDNN).
  private static let isOneAtATime = Engine.version.hasPrefix("2.")
  private static let creation = Mutex(())

  private static func make(
    arithmetic: Int, _ create: (UnsafeMutablePointer<OpaquePointer?>) -> ndc_dnnl_result
  ) throws -> Operation {
    var pointer: OpaquePointer?
    if isOneAtATime {
      try creation.withLock { _ in try EngineError.check(create(&pointer)) }
    } else {
      try EngineError.check(create(&pointer))
    }
    guard let pointer else { throw EngineError(action: "create an operation", status: -1) }
    return Operation(pointer, arithmetic: arithmetic)
  }

  /// A convolution over N×H×W×C activations, plus bias, optionally added to what the destination holds.
  ///
  /// - Parameters:
  ///   - weights: output×input×k×k floats.
  ///   - bias: one per output channel.
  public static func convolution(_ shape: ConvolutionShape, weights: [Float], bias: [Float]?) throws -> Operation {
    precondition(weights.count == shape.outputChannels * shape.inputChannels * shape.kernel * shape.kernel)
    precondition(bias.map { $0.count == shape.outputChannels } ?? true)
    precondition(shape.source != .uint8)
    var native = shape.native
    return try make(arithmetic: shape.arithmetic) { ndc_dnnl_convolution_create($0, &native, weights, bias) }
  }

  /// The same over bytes: destination = scale_o·(Σ (u − z)·w + bias_o), the sum in integers, optionally added to what
  /// the destination holds; the padding counts as u = z.
  ///
  /// The sum is exact where the machine allows (`Engine.hasByteProducts`).
  /// - Parameters:
  ///   - weights: output×input×k×k.
  ///   - scales: one per output channel.
  ///   - zeroPoint: z.
  ///   - bias: one per output channel, in units of the sum.
  public static func quantizedConvolution(
    _ shape: ConvolutionShape, weights: [Int8], scales: [Float], zeroPoint: Int, bias: [Float]?
  ) throws -> Operation {
    precondition(weights.count == shape.outputChannels * shape.inputChannels * shape.kernel * shape.kernel)
    precondition(scales.count == shape.outputChannels && bias.map { $0.count == shape.outputChannels } ?? true)
    precondition(shape.source == .uint8 && (0...255).contains(zeroPoint))
    var native = shape.native
    return try make(arithmetic: shape.arithmetic) {
      ndc_dnnl_quantized_convolution_create($0, &native, weights, scales, Int32(zeroPoint), bias)
    }
  }

  /// source·weightsᵀ + bias in fp32, for a fixed number of rows; weights: outputs×inputs.
  public static func linear(
    rows: Int, inputs: Int, outputs: Int, weights: [Float], bias: [Float]?
  ) throws -> Operation {
    precondition(weights.count == inputs * outputs && bias.map { $0.count == outputs } ?? true)
    return try make(arithmetic: 2 * rows * inputs * outputs) {
      ndc_dnnl_linear_create($0, Int64(rows), Int64(inputs), Int64(outputs), weights, bias)
    }
  }

  /// A batch of products C = scale·A·B of two run-time operands.
  public static func product(_ shape: ProductShape) throws -> Operation {
    var native = ndc_dnnl_product_shape()
    native.outer = Int64(shape.outer)
    native.inner = Int64(shape.inner)
    native.m = Int64(shape.m)
    native.k = Int64(shape.k)
    native.n = Int64(shape.n)
    native.a_strides = shape.a.native
    native.b_strides = shape.b.native
    native.c_strides = shape.c.native
    native.a = shape.a.type.code
    native.b = shape.b.type.code
    native.c = shape.c.type.code
    native.scale = shape.scale
    return try make(arithmetic: 2 * shape.outer * shape.inner * shape.m * shape.k * shape.n) {
      ndc_dnnl_product_create($0, &native)
    }
  }
}

/// Rows or columns of zeros around a picture.
public struct Padding: Sendable {
  public var top, bottom, left, right: Int

  public init(_ everywhere: Int) {
    (top, bottom, left, right) = (everywhere, everywhere, everywhere, everywhere)
  }

  public init(top: Int, bottom: Int, left: Int, right: Int) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }
}

/// A convolution's sizes; stride 1.
public struct ConvolutionShape: Sendable {
  public var batch, height, width, inputChannels, outputChannels, kernel: Int
  public var padding: Padding
  /// Of rows and columns alike.
  public var stride: Int
  public var source, destination: ElementType
  public var addsToDestination: Bool

  public init(
    batch: Int, height: Int, width: Int, inputChannels: Int, outputChannels: Int, kernel: Int, padding: Padding,
    stride: Int = 1, source: ElementType, destination: ElementType, addsToDestination: Bool = false
  ) {
    self.batch = batch
    self.height = height
    self.width = width
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.padding = padding
    self.stride = stride
    self.source = source
    self.destination = destination
    self.addsToDestination = addsToDestination
  }

  var native: ndc_dnnl_convolution_shape {
    ndc_dnnl_convolution_shape(
      batch: Int64(batch), height: Int64(height), width: Int64(width), input_channels: Int64(inputChannels),
      output_channels: Int64(outputChannels), kernel: Int64(kernel),
      padding_before: (Int64(padding.top), Int64(padding.left)),
      padding_after: (Int64(padding.bottom), Int64(padding.right)), stride: Int64(stride),
      source: source.code, weights: source.code,
      destination: destination.code, sum_scale: addsToDestination ? 1 : 0)
  }
}

extension ConvolutionShape {
  /// Two operations for every product of a weight and an input, those with the padding's zeros included.
  public var arithmetic: Int {
    let outHeight = (height + padding.top + padding.bottom - kernel) / stride + 1
    let outWidth = (width + padding.left + padding.right - kernel) / stride + 1
    return 2 * batch * outHeight * outWidth * inputChannels * outputChannels * kernel * kernel
  }
}

/// How a batch of matrices lies in memory: strides in elements over (outer, inner, row, column).
public struct MatrixLayout: Sendable {
  public var outer, inner, row, column: Int
  public var type: ElementType

  public init(outer: Int, inner: Int, row: Int, column: Int, type: ElementType) {
    self.outer = outer
    self.inner = inner
    self.row = row
    self.column = column
    self.type = type
  }

  var native: (Int64, Int64, Int64, Int64) { (Int64(outer), Int64(inner), Int64(row), Int64(column)) }
}

/// outer×inner products of m×k by k×n matrices.
public struct ProductShape: Sendable {
  public var outer, inner, m, k, n: Int
  public var a, b, c: MatrixLayout
  public var scale: Float

  public init(
    outer: Int, inner: Int, m: Int, k: Int, n: Int, a: MatrixLayout, b: MatrixLayout, c: MatrixLayout,
    scale: Float = 1
  ) {
    self.outer = outer
    self.inner = inner
    self.m = m
    self.k = k
    self.n = n
    self.a = a
    self.b = b
    self.c = c
    self.scale = scale
  }
}
