import Basics

/// certified.tsv, the table that the field's scripts read: `idx label predict radius correct time` (Docs/Files.md,
/// certified.tsv).
///
/// An abstention is predict −1 with radius 0; the radius has six decimals, rounded down.
public enum CertifiedTable {
  public static let header = "idx\tlabel\tpredict\tradius\tcorrect\ttime\n"

  public static func row(_ record: ImageRecord) -> String {
    let radius = DecimalText.down(record.outcome.radius ?? 0, digits: 6)
    let predicted = record.outcome.label ?? ImageRecord.abstention
    return "\(record.index)\t\(record.label)\t\(predicted)\t\(radius)\t\(record.correct ? 1 : 0)\t"
      + DecimalText.clock(record.seconds) + "\n"
  }

  public static func text(_ records: some Sequence<ImageRecord>) -> String {
    records.reduce(into: header) { $0 += row($1) }
  }
}
