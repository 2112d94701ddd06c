import Basics
import Foundation
import Records
import Statistics

/// Whether two runs can be held against each other, and if not, why.
public struct Comparability: Hashable, Sendable, Codable {
  /// Different images: nothing can be paired.
  public var mismatches: [String] = []
  /// The same images, but the numbers do not mean the same.
  public var obstacles: [String] = []
  /// How many images both have, where not all of either: `RunComparison` can be of these alone.
  public var commonImages: Int?
  /// What to bear in mind.
  public var cautions: [String] = []
  /// Whether a difference of radii says anything.
  public var radiiAreComparable = true

  public var isComparable: Bool { mismatches.isEmpty && obstacles.isEmpty }

  /// A radius of more σ than this would take more than ten million votes for one class and none for another.
  static let largestRadiusInSigma = NormalDistribution.quantile(pow(0.001, 1e-7))

  /// - Parameter common: whether it is about the images that both have, alone.
  public init(_ a: ReportedRun, _ b: ReportedRun, common: Bool = false) {
    compareImages(a, b, common: common)
    compareLevels(a, b)
    compareClasses(a, b)
    for run in [a, b] { examine(run) }
    if let first = a.voteBudget, let second = b.voteBudget, first != second {
      cautions.append(
        "An image gets at most \(first) votes in A and \(second) in B: radii, their average and certified accuracy at large "
          + "radii grow with the votes.")
    }
    compareExecution(a, b)
  }

  /// What makes times incomparable, by what differs: who computes the votes, the machine, or the engine.
  private mutating func compareExecution(_ a: ReportedRun, _ b: ReportedRun) {
    guard let first = a.origin, let second = b.origin, let host = first.host, let other = second.host else { return }
    if host.machine != other.machine {
      cautions.append("The runs were made on different machines: their times are not comparable.")
    }
    if first.servers != second.servers {
      func text(_ servers: [String]) -> String {
        servers.isEmpty ? "the program itself" : servers.joined(separator: " and ")
      }
      cautions.append(
        "The models of A are computed by \(text(first.servers)), those of B by \(text(second.servers)): their times are "
          + "not comparable.")
    } else if !host.hasSameEngine(as: other) {
      cautions.append(
        "The runs were computed by different engines (\(host.engineText); \(other.engineText)): their times are not "
          + "comparable.")
    }
  }

  private mutating func compareImages(_ a: ReportedRun, _ b: ReportedRun, common: Bool) {
    if let difference = Self.otherPicture(a, b) {
      mismatches.append(difference)
    } else if !(a.tellsPictures && b.tellsPictures), let first = a.origin?.data?.digest,
      let second = b.origin?.data?.digest,
      first != second
    {
      mismatches.append("the data sets have different digests (\(first.prefix(12))… and \(second.prefix(12))…)")
    }
    let labels = Dictionary(a.images.map { ($0.index, $0.label) }, uniquingKeysWith: { first, _ in first })
    let others = Set(b.images.map(\.index))
    let onlyA = a.images.filter { !others.contains($0.index) }.map(\.index)
    let onlyB = b.images.filter { labels[$0.index] == nil }.map(\.index)
    if !onlyA.isEmpty || !onlyB.isEmpty {
      func some(_ indices: [Int]) -> String {
        indices.isEmpty ? "none" : "\(indices.count) (such as image \(indices[0]))"
      }
      let shared = a.images.count - onlyA.count
      commonImages = shared
      if common, shared > 0 {
        cautions.append(
          "Only the \(shared) images that both have are compared, of \(a.images.count) in A and \(b.images.count) in B."
        )
      } else {
        mismatches.append(
          "images only in A: \(some(onlyA)); only in B: \(some(onlyB)); \(shared == 0 ? "none" : "\(shared)") in both")
      }
    }
    if let image = b.images.first(where: { labels[$0.index] != nil && labels[$0.index] != $0.label }) {
      mismatches.append(
        "image \(image.index) has label \(labels[image.index] ?? -1) in A and \(image.label) in B")
    }
  }

  /// The first image that shows another picture in the second run.
  private static func otherPicture(_ a: ReportedRun, _ b: ReportedRun) -> String? {
    let known = Dictionary(a.images.map { ($0.index, $0.record) }, uniquingKeysWith: { first, _ in first })
    for image in b.images {
      guard let picture = image.record?.picture, case let record?? = known[image.index], let other = record.picture,
        picture.digest != other.digest
      else { continue }
      return "\(record.identity.place) is another picture in B (\(image.record?.identity.place ?? ""))"
    }
    return nil
  }

  private mutating func compareLevels(_ a: ReportedRun, _ b: ReportedRun) {
    switch (a.origin?.alpha, b.origin?.alpha) {
    case (let first?, let second?):
      if first != second { obstacles.append("α is \(first) in A and \(second) in B") }
    default:
      cautions.append("A table does not record α: that it is the same in both is taken on trust.")
    }
  }

  private mutating func compareClasses(_ a: ReportedRun, _ b: ReportedRun) {
    guard let first = a.origin, let second = b.origin, first.classes != second.classes else { return }
    func text(_ classes: ClassSet?) -> String { classes.map { "\($0)" } ?? "all classes" }
    obstacles.append("A chooses among \(text(first.classes)), B among \(text(second.classes)): the questions differ")
  }

  private mutating func examine(_ run: ReportedRun) {
    if let sigma = run.sigma, run.curve.largestRadius > sigma * Self.largestRadiusInSigma {
      let largest = DecimalText.down(run.curve.largestRadius, digits: 3)
      obstacles.append(
        "\(run.name) has radii up to \(largest), more than σ = \(DecimalText.radius(sigma)) can certify: σ or the radii are "
          + "in another unit than pixels in [0, 1]")
    }
    if let caveat = run.caveat {
      radiiAreComparable = false
      cautions.append("\(run.name) \(caveat.comparison)")
    }
    if run.origin == nil { cautions.append("\(run.name): the unit of its radii is taken to be pixels in [0, 1].") }
    for note in run.notes {
      switch note {
      case .quirk(.roundedRadii), .partial, .shard: cautions.append("\(run.name): \(note)")
      default: continue
      }
    }
  }
}
