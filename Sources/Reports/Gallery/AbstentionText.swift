import Basics

/// Why an image got no class, as its votes tell.
public enum AbstentionText {
  /// "the top two classes were 4 with 21 votes and 9 with 19 votes", or that one class alone had too few votes.
  ///
  /// - Parameters:
  ///   - votes: estimation votes by the places of `classes`.
  ///   - candidate: the class that the selection votes chose, the only one that could have been certified.
  ///   - classes: what the model calls the classes; nil for 0 ..< K.
  ///   - className: what a class is called.
  public static func reason(
    votes: [Int], candidate: Int, classes: ClassSet? = nil, className: (Int) -> String
  ) -> String {
    func label(_ place: Int) -> Int { classes?[place] ?? place }
    func counted(_ place: Int) -> String {
      "\(className(label(place))) with \(votes[place]) \(votes[place] == 1 ? "vote" : "votes")"
    }
    let ranked = votes.indices.filter { votes[$0] > 0 }.sorted { (-votes[$0], $0) < (-votes[$1], $1) }
    guard let first = ranked.first else { return "no class got a vote" }
    var reason: String
    if ranked.count > 1 {
      reason = "the top two classes were \(counted(first)) and \(counted(ranked[1]))"
    } else {
      reason = "the only class with votes was \(counted(first))"
      if label(first) == candidate { reason += ", too few to certify it" }
    }
    if label(first) != candidate { reason += "; the selection votes had chosen \(className(candidate))" }
    return reason
  }
}
