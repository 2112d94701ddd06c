import Basics

/// How far a run is, and how that reads.
struct ProgressState: Hashable, Sendable {
  var images = 0
  /// Images finished in earlier sessions: they count, but say nothing about the speed.
  var imagesBefore = 0
  var imagesDone = 0
  /// nil where it is not known beforehand.
  var votesPerImage: Int? = 1
  var votesDone = 0
  var evaluations = 0

  /// Images of all sessions.
  var totalImages: Int { images + imagesBefore }

  /// The finished share of this session's votes, of its images where their votes are not known beforehand.
  var sessionFraction: Double {
    if images == 0 { return 1 }
    guard let votesPerImage else { return Double(imagesDone) / Double(images) }
    return min(1, Double(votesDone) / (Double(images) * Double(votesPerImage)))
  }

  /// The finished share of the whole run.
  var fraction: Double {
    totalImages == 0 ? 1 : (Double(imagesBefore) + sessionFraction * Double(images)) / Double(totalImages)
  }

  /// Seconds left at the speed so far; nil before anything is known.
  func remaining(after seconds: Double) -> Double? {
    sessionFraction == 0 ? nil : seconds * (1 - sessionFraction) / sessionFraction
  }

  /// `17 %  3/20 images  1234 evaluations/s  0:00:42 left`
  func text(after seconds: Double) -> String {
    let rate = seconds > 0 ? Double(evaluations) / seconds : 0
    let left = remaining(after: seconds).map { "  \(DecimalText.shortClock($0)) left" } ?? ""
    return "\(Int(fraction * 100)) %  \(imagesBefore + imagesDone)/\(totalImages) images  "
      + "\(DecimalText.down(min(rate, 1e8), digits: 0)) evaluations/s\(left)"
  }

  /// The text behind a bar, together at most `width` characters.
  func bar(after seconds: Double, width: Int) -> String {
    let text = text(after: seconds)
    let space = min(40, width - text.count - 4)
    guard space >= 5 else { return String(text.prefix(max(0, width - 1))) }
    let filled = Int(fraction * Double(space))
    return "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: space - filled) + "] " + text
  }
}
