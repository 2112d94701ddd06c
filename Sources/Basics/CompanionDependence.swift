/// How a row's answer of a served model depends on the other rows that the server works on, from the least to the most
/// harm (Docs/Serving.md, Companions).
public enum CompanionDependence: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
  case none
  /// On the rows of its own request.
  case withinRequests = "within requests"
  /// On other requests' rows: nothing that the client sends keeps votes apart.
  case acrossRequests = "across requests"
  /// The same request is answered differently each time.
  case unrepeatable

  public static func < (first: CompanionDependence, second: CompanionDependence) -> Bool {
    (allCases.firstIndex(of: first) ?? 0) < (allCases.firstIndex(of: second) ?? 0)
  }
}
