import Basics
import Classifiers
import Statistics

/// What `classify` found out: the base classifier's accuracy, which certifies nothing.
public struct ClassificationReport: Hashable, Sendable, Codable {
  public struct Image: Hashable, Sendable, Codable {
    public var index: Int
    public var label: Int
    /// nil where the losses were not numbers.
    public var predicted: Int?
    public var correct: Bool
  }

  public struct Interval: Hashable, Sendable, Codable {
    public var lower: Double
    public var upper: Double
  }

  public var images: [Image]
  public var correct: Int
  public var accuracy: Double
  /// The exact 95 % interval of the accuracy (Clopper–Pearson).
  public var interval: Interval
  /// Images without a prediction because of NaN; they count as wrong.
  public var invalid: Int
  public var evaluations: Int
  public var seconds: Double
  public var evaluationsPerSecond: Double

  /// What given losses say about images and their labels.
  ///
  /// - Parameter classes: what the model calls the classes of the losses; nil for 0 ..< K.
  public init(_ losses: [(index: Int, label: Int, losses: ClassLosses)], classes: ClassSet? = nil, seconds: Double) {
    self.init(
      images: losses.map {
        let predicted = $0.losses.prediction.map { classes?[$0] ?? $0 }
        return Image(index: $0.index, label: $0.label, predicted: predicted, correct: predicted == $0.label)
      }, evaluations: losses.reduce(0) { $0 + $1.losses.evaluations }, seconds: seconds)
  }

  init(images: [Image], evaluations: Int, seconds: Double) {
    self.images = images
    self.evaluations = evaluations
    self.seconds = seconds
    correct = images.count(where: \.correct)
    invalid = images.count { $0.predicted == nil }
    accuracy = images.isEmpty ? 0 : Double(correct) / Double(images.count)
    let range = images.isEmpty ? 0...1 : ClopperPearson.interval(successes: correct, trials: images.count, alpha: 0.05)
    interval = Interval(lower: range.lowerBound, upper: range.upperBound)
    evaluationsPerSecond = seconds > 0 ? Double(evaluations) / seconds : 0
  }

  /// The report for people, without the single images.
  public var table: String {
    var text = "images         \(images.count)\n"
    text +=
      "accuracy       \(images.isEmpty ? "none" : DecimalText.percent(correct, of: images.count))  (\(correct) of \(images.count); 95 % interval "
    text += "\(DecimalText.percent(interval.lower)) … \(DecimalText.percent(interval.upper)))\n"
    if invalid > 0 { text += "invalid (NaN)  \(invalid)\n" }
    text += "evaluations    \(evaluations)\n"
    text += "evaluations/s  \(DecimalText.down(evaluationsPerSecond, digits: 1))\n"
    text += "time           \(DecimalText.shortClock(seconds))\n"
    return text
  }
}
