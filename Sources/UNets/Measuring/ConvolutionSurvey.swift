import OneDNN

/// The convolutions of a network, those alike counted together.
final class ConvolutionSurvey {
  /// What makes two convolutions take the same time.
  private struct Kind: Hashable {
    var height, width, inputChannels, outputChannels, kernel: Int
    var padding: [Int]
    var adds, takesBytes, isOutput: Bool
  }

  /// Convolutions that are alike, with the weights of the first.
  struct Group {
    /// Of one image.
    var shape: ConvolutionShape
    var weights: [Float]
    var bias: [Float]?
    /// What its input's bytes stand for, where it can take bytes.
    var range: ByteRange?
    var isOutput: Bool
    var count = 1

    var arithmetic: Int { count * shape.arithmetic }
  }

  private var groups: [Kind: Group] = [:]

  func add(_ shape: ConvolutionShape, _ weights: [Float], _ bias: [Float]?, _ range: ByteRange?, isOutput: Bool) {
    let padding = shape.padding
    let kind = Kind(
      height: shape.height, width: shape.width, inputChannels: shape.inputChannels,
      outputChannels: shape.outputChannels, kernel: shape.kernel,
      padding: [padding.top, padding.bottom, padding.left, padding.right], adds: shape.addsToDestination,
      takesBytes: range != nil, isOutput: isOutput)
    if groups[kind] != nil {
      groups[kind]?.count += 1
    } else {
      groups[kind] = Group(shape: shape, weights: weights, bias: bias, range: range, isOutput: isOutput)
    }
  }

  /// Those that take most of the operations first.
  var byArithmetic: [Group] {
    groups.values.sorted { ($0.arithmetic, $0.shape.height, $0.count) > ($1.arithmetic, $1.shape.height, $1.count) }
  }
}
