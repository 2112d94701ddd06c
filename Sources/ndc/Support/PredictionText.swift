import NoisedDiffusionClassifiers
import Reports

/// A prediction in words: class, probability, votes and radius, or what an abstention was between.
enum PredictionText {
  /// - Parameters:
  ///   - names: what the classes are called.
  ///   - classes: what the classifier chose among, where not among all of the model's.
  static func answer(_ prediction: Prediction, _ names: ClassNames, among classes: ClassSet?) -> String {
    let among = classes.map { " among \($0)" } ?? ""
    guard let label = prediction.label, let radius = prediction.radius, let bound = prediction.pLower else {
      let reason = AbstentionText.reason(
        votes: prediction.votes, candidate: prediction.candidate, classes: prediction.classes, className: names.text)
      return "abstain\(among): \(reason)"
    }
    return "class \(names.text(label)), probability >= \(roundedDown(bound, digits: 4))\(among), "
      + "certified radius \(roundedDown(radius, digits: 4)); \(votes(prediction, names))"
  }

  /// The answer as a page shows it.
  static func sentence(_ prediction: Prediction, _ names: ClassNames, among classes: ClassSet?) -> String {
    let text = answer(prediction, names, among: classes)
    return text.prefix(1).uppercased() + text.dropFirst().replacing(">=", with: "≥")
  }

  /// "37 of 40 votes (3: 2, 8: 1)": the class's, then the others'.
  private static func votes(_ prediction: Prediction, _ names: ClassNames) -> String {
    let counts = prediction.votes
    let labels = prediction.classes
    let rivals = counts.indices.filter { labels[$0] != prediction.candidate && counts[$0] > 0 }
      .sorted { (-counts[$0], $0) < (-counts[$1], $1) }
    var others = rivals.map { "\(names.text(labels[$0])): \(counts[$0])" }
    if prediction.invalidVotes > 0 { others.append("not a number: \(prediction.invalidVotes)") }
    let rest = others.isEmpty ? "" : " (\(others.joined(separator: ", ")))"
    let own = labels.place(of: prediction.candidate).map { counts[$0] } ?? 0
    return "\(own) of \(prediction.samples) votes\(rest)"
  }
}
