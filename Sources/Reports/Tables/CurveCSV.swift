import Basics

/// The curves as comma-separated values: every step of every run, and the chosen radii.
public struct CurveCSV: Sendable {
  public var runs: [ReportedRun]
  public var radii: [Double]
  public var confidence: Double

  public init(runs: [ReportedRun], radii: [Double], confidence: Double = 0.95) {
    self.runs = runs
    self.radii = radii
    self.confidence = confidence
  }

  public static let header =
    "run,sigma,radius,certified,images,accuracy,lower,upper,simultaneous_lower,simultaneous_upper\n"

  /// radius in full precision; accuracy and lower ends rounded down to six decimals, upper ends up.
  public func text() -> String {
    let pointwise = ConfidenceBand(.pointwise, confidence: confidence)
    let simultaneous = ConfidenceBand(.simultaneous, confidence: confidence)
    var text = Self.header
    for run in runs {
      let prefix = ReportTable.csvEscaped(run.name) + "," + (run.sigma.map { "\($0)" } ?? "") + ","
      var bounds: [Int: String] = [:]
      for radius in Set(run.curve.radii + radii).sorted() {
        let share = run.curve.share(atRadius: radius)
        if bounds[share.count] == nil {
          let (near, wide) = (pointwise.interval(share), simultaneous.interval(share))
          bounds[share.count] =
            "\(DecimalText.down(near.lowerBound, digits: 6)),\(DecimalText.up(near.upperBound, digits: 6)),"
            + "\(DecimalText.down(wide.lowerBound, digits: 6)),\(DecimalText.up(wide.upperBound, digits: 6))"
        }
        text += prefix + "\(radius),\(share.count),\(share.total),\(share.fraction()),\(bounds[share.count] ?? "")\n"
      }
    }
    return text
  }
}
