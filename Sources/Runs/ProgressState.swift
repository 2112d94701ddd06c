import Basics

/// How far a run is, and how that reads.
struct ProgressState: Hashable, Sendable {
  var plan = WorkPlan(images: 0, evaluationsPerVote: nil)
  var imagesDone = 0
  /// Of the images that are done.
  var imageEvaluations = 0
  var votesDone = 0
  /// Of the votes that are done.
  var voteEvaluations = 0
  /// Of images of this session, cast in earlier ones.
  var votesBefore = 0
  var evaluationsBefore = 0
  /// Ended, of whatever vote.
  var evaluated = 0
  /// Of evaluations that have not ended.
  var underWay = 0.0

  /// Images of all sessions.
  var totalImages: Int { plan.images + plan.imagesBefore }
  private var isDone: Bool { imagesDone >= plan.images }

  /// Evaluations carried out in this session, parts of one included.
  private var performed: Double { max(Double(evaluated) + max(0, underWay), Double(voteEvaluations)) }

  /// With those that earlier sessions carried out for images of this one.
  private var done: Double { performed + Double(evaluationsBefore) }

  /// Evaluations left in this session, and whether they may be fewer; nil where nobody can tell yet.
  private var left: (evaluations: Double, isLimit: Bool)? {
    if isDone { return (0, false) }
    if plan.isOpen, imagesDone > 0 {
      let each = Double(imageEvaluations) / Double(imagesDone)
      return (max(0, Double(plan.images) * each - done), false)
    }
    let perVote =
      votesDone + votesBefore > 0
      ? Double(voteEvaluations + evaluationsBefore) / Double(votesDone + votesBefore)
      : plan.evaluationsPerVote.map(Double.init)
    guard let perVote, perVote > 0 else { return nil }
    return (max(0, Double(plan.images) * Double(plan.votesPerImage) * perVote - done), plan.isOpen)
  }

  /// The finished share of this session.
  var sessionFraction: Double {
    if isDone { return 1 }
    guard let left, done + left.evaluations > 0 else { return Double(imagesDone) / Double(plan.images) }
    return done / (done + left.evaluations)
  }

  /// The finished share of the whole run.
  var fraction: Double {
    totalImages == 0
      ? 1 : (Double(plan.imagesBefore) + sessionFraction * Double(plan.images)) / Double(totalImages)
  }

  /// Evaluations a second so far.
  private func rate(after seconds: Double) -> Double { seconds > 0 ? performed / seconds : 0 }

  /// `0:00:42 left`; `at most …` where images may take fewer votes than they are allowed.
  private func leftText(after seconds: Double) -> String {
    let rate = rate(after: seconds)
    guard let left, left.evaluations == 0 || rate > 0 else { return "an unknown time left" }
    let time = left.evaluations == 0 ? 0 : left.evaluations / rate
    return (left.isLimit ? "at most " : "") + DecimalText.shortClock(time) + " left"
  }

  /// What there is to say, with what can be left out where there is no room: the higher the number, the sooner.
  private func parts(after seconds: Double) -> [(text: String, dispensable: Int)] {
    var parts = [("\(Int(fraction * 100)) %", 0)]
    if plan.unit == .images { parts.append(("\(plan.imagesBefore + imagesDone)/\(totalImages) images", 0)) }
    if plan.votesPerImage > 1 { parts.append(("\(votesDone + votesBefore) votes", 2)) }
    var evaluations = "\(Int(performed))"
    // Until a vote has ended, the plan says what there is to do.
    if votesDone == 0, let left {
      evaluations += " of " + (left.isLimit ? "at most " : "")
      evaluations += DecimalText.down(min(performed + left.evaluations, 1e15).rounded(), digits: 0)
    }
    parts.append((evaluations + " evaluations", 3))
    let rate = min(rate(after: seconds), 1e8)
    parts.append((DecimalText.down(rate, digits: rate < 10 && rate > 0 ? 2 : 0) + " evaluations/s", 1))
    parts.append((leftText(after: seconds), 0))
    return parts
  }

  private static func joined(_ parts: [(text: String, dispensable: Int)]) -> String {
    parts.map(\.text).joined(separator: "  ")
  }

  /// `17 %  3/20 images  1234 votes  56789 evaluations  1234 evaluations/s  0:00:42 left`
  func text(after seconds: Double) -> String { Self.joined(parts(after: seconds)) }

  /// As much of the text as fits behind a bar, together at most `width` characters.
  func bar(after seconds: Double, width: Int) -> String {
    let parts = parts(after: seconds)
    for dispensable in [3, 2, 1, 0] {
      let text = Self.joined(parts.filter { $0.dispensable <= dispensable })
      let space = min(40, width - text.count - 4)
      guard space >= 10 || dispensable == 0 else { continue }
      guard space >= 5 else { return String(text.prefix(max(0, width - 1))) }
      let filled = Int(fraction * Double(space))
      return "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: space - filled) + "] " + text
    }
    return ""
  }
}
