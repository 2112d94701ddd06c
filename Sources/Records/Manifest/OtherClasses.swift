/// What becomes of selected images whose label is none of the classes that a restricted classifier chooses from; without
/// an answer they are refused. Raw values appear in `run.json`.
public enum OtherClasses: String, Hashable, Sendable, Codable {
  /// They are certified like others, and every answer counts as wrong.
  case countedWrong
  /// They are left out of the selection.
  case skipped
}
