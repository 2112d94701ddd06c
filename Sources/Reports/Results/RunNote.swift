import Basics
import Certification
import Records

/// What a reader must know about a run's numbers.
public enum RunNote: Hashable, Sendable, CustomStringConvertible {
  /// Images are missing that the run was to certify.
  case unfinished(finished: Int, images: Int)
  /// Merged from some of its parts: of the whole's images these alone are there.
  case partial(images: Int, of: Int)
  /// One shard of a larger run.
  case shard(index: Int, of: Int, images: Int?)
  /// The classifier chose from some of the model's classes.
  case someClasses(ClassSet, others: OtherClasses?)
  /// Radii say where votes ended.
  case incomparable(RadiusCaveat)
  /// Records whose radius is larger than their votes certify: an edited file, or a fault.
  case overclaims(records: Int, firstLine: Int)
  /// Records that no counting of votes by the run's rule gives: an edited file, or a fault.
  case contradictory(records: Int, firstLine: Int)
  case invalidVotes(Int)
  /// A served model's rows depend on other rows, which its user accepted: on which.
  case companionDependence(CompanionDependence)
  /// The run is a table of another tool that differs from what Docs/Files.md describes.
  case quirk(TableQuirk)
  /// A table's σ is what its name says.
  case sigmaFromName(Double, words: String)
  /// Nothing says a table's σ plainly; the words that may be meant for it.
  case sigmaUnknown(words: String?)
  /// Put together from parts that share no image.
  case pooled(parts: [String])
  /// Parts were made from data sets that are not the same as wholes.
  case pooledData
  /// The run is a table.
  case tableAlone

  public var description: String {
    switch self {
    case .unfinished(let finished, let images): "The run is not finished: \(finished) of \(images) images."
    case .partial(let images, let whole):
      "The run is partial: \(images) of the whole's \(whole) images were merged; the others are missing."
    case .shard(let index, let count, let images):
      "The run is shard \(index) of \(count)\(images.map { " of a run of \($0) images" } ?? ""), counted from 0."
    case .someClasses(let classes, let others):
      "The classifier chooses among \(classes) only: probabilities and certificates are among those, and say nothing "
        + "about the model's other classes." + (others.map { " \($0.sentence)" } ?? "")
    case .incomparable(let caveat): caveat.note
    case .overclaims(let records, let line):
      "\(records) records claim a larger radius than their votes certify (first on line \(line) of records.jsonl)."
    case .contradictory(let records, let line):
      "\(records) records do not come of counting votes by the run’s rule (first on line \(line) of records.jsonl); `ndc "
        + "verify` says why."
    case .invalidVotes(let votes): "\(votes) votes ended in NaN; they count against the predicted class."
    case .companionDependence(.acrossRequests):
      "The served model's answers depend on other requests' rows: votes may depend on each other, and no certificate is claimed."
    case .companionDependence:
      "A row's answer of the served model depends on the other rows of its request; each vote had requests of its own."
    case .quirk(let quirk): quirk.description
    case .sigmaFromName(let sigma, let words): "σ = \(DecimalText.radius(sigma)) is taken from its name, “\(words)”."
    case .sigmaUnknown(let words):
      (words.map { "Its name does not say σ plainly (“\($0)”)" } ?? "Nothing says its σ")
        + "; a name or folder such as sigma_0.25 does."
    case .pooled(let parts):
      "Put together from \(parts.count) parts of one name and σ that share no image: \(parts.joined(separator: ", "))."
    case .pooledData:
      "Its parts’ data sets differ; every record says which picture it is about, and none is in two parts."
    case .tableAlone: "Read from a table that keeps neither votes, α nor σ’s unit."
    }
  }
}

extension OtherClasses {
  /// What became of images of other classes, as a sentence.
  var sentence: String {
    switch self {
    case .countedWrong: "Images of other classes are part of the set, and every answer to them counts as wrong."
    case .skipped: "Selected images of other classes were left out."
    }
  }
}
