extension CertificationRule {
  /// More votes than anyone casts.
  private static let mostVotes = 1 << 24

  /// The fewest estimation votes that can certify anything at this rule's α: with one less, even votes that all agree
  /// leave the bound at ½ or below.
  ///
  /// nil where that takes more than any run casts.
  public var fewestVotes: Int? {
    func suffices(_ votes: Int) -> Bool {
      var parameters = behaviour.parameters
      parameters.samples = votes
      return ((try? CertificationRule(parameters))?.bestBound ?? 0) > 0.5
    }
    var enough = 1
    while !suffices(enough) {
      guard enough < Self.mostVotes else { return nil }
      enough *= 2
    }
    var tooFew = enough / 2
    while enough - tooFew > 1 {
      let middle = (tooFew + enough) / 2
      if suffices(middle) { enough = middle } else { tooFew = middle }
    }
    return enough
  }
}
