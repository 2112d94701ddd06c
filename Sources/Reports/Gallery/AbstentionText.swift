/// Why an image got no class, as its votes tell.
public enum AbstentionText {
  /// "the top two classes were 4 with 21 votes and 9 with 19 votes", or that one class alone had too few votes.
  ///
  /// - Parameters:
  ///   - votes: estimation votes per class.
  ///   - candidate: the class that the selection votes chose, the only one that could have been certified.
  ///   - className: what a class is called.
  public static func reason(votes: [Int], candidate: Int, className: (Int) -> String) -> String {
    func counted(_ label: Int) -> String {
      "\(className(label)) with \(votes[label]) \(votes[label] == 1 ? "vote" : "votes")"
    }
    let ranked = votes.indices.filter { votes[$0] > 0 }.sorted { (-votes[$0], $0) < (-votes[$1], $1) }
    guard let first = ranked.first else { return "no class got a vote" }
    var reason: String
    if ranked.count > 1 {
      reason = "the top two classes were \(counted(first)) and \(counted(ranked[1]))"
    } else {
      reason = "the only class with votes was \(counted(first))"
      if first == candidate { reason += ", too few to certify it" }
    }
    if first != candidate { reason += "; the selection votes had chosen \(className(candidate))" }
    return reason
  }
}
