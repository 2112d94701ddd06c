import Basics
import Foundation

/// What a table's path says about σ, where nothing else does: only a form that cannot be meant otherwise is believed.
///
/// `sigma_0.25`, `noise_0.50`, `sigma=0.5` and `sd=0.5` are; `sigma_025`, `noise_64_255` and `sigma_25` may be σ on
/// another scale, `sd1.5` is the name of a model, `denoise_0.5` and `train_noise_0.5` speak of other noise.
package enum SigmaInName: Hashable, Sendable {
  /// σ in pixels, and the words that say so.
  case said(Double, String)
  /// Words that may speak of σ, but do not say which.
  case unclear(String)
  case absent

  /// How many of a path's last components are read.
  private static let depth = 3
  /// A larger number is on another scale than [0, 1], or no noise.
  private static let largest = 4.0
  /// A larger whole number counts something, or is on another scale.
  private static let largestWhole = 2.0
  /// What noise is called that is not the smoothing noise.
  private static let others: Set = [
    "train", "training", "trained", "label", "labels", "max", "min", "diffusion", "data",
  ]

  package init(path: String) {
    let mentions = path.split(separator: "/").suffix(Self.depth).flatMap { Self.mentions(String($0)) }
    // The noise of the training is often named beside σ itself.
    let decisive = mentions.contains { $0.isSigma } ? mentions.filter(\.isSigma) : mentions
    guard let first = decisive.last else {
      self = .absent
      return
    }
    let values = Set(decisive.map(\.value))
    if values.count == 1, let value = first.value {
      self = .said(value, first.text)
    } else {
      self = .unclear(Array(Set(decisive.map(\.text))).sorted().joined(separator: " and "))
    }
  }

  package var value: Double? { if case .said(let value, _) = self { value } else { nil } }

  private struct Mention {
    var text: String
    /// Whether it is called σ, and not noise.
    var isSigma: Bool
    /// nil where the number is not one plainly.
    var value: Double?
  }

  /// A word, at most one separator, and what may be a number.
  private static func mentions(_ component: String) -> [Mention] {
    var name = component
    for ending in [".tsv", ".csv", ".txt", ".log", ".gz", ".dat"] where name.lowercased().hasSuffix(ending) {
      name = String(name.dropLast(ending.count))
    }
    let pattern = /(?i)(sigma|noise|σ|sd)( *= *|[_\- ]|)([0-9.][0-9.,a-zA-Z]*(?:[_\/\-][0-9.]+)*)/
    return name.matches(of: pattern).compactMap { match in
      let before = name[..<match.range.lowerBound]
      guard before.last.map({ !$0.isLetter && !$0.isNumber }) ?? true else { return nil }
      let previous = before.split { !$0.isLetter && !$0.isNumber }.last.map { $0.lowercased() }
      guard previous.map({ !others.contains($0) }) ?? true else { return nil }
      let word = match.1.lowercased()
      let isAssigned = match.2.contains("=")
      // Also the name of a model: sd1.5, sd-2.1.
      guard word != "sd" || isAssigned else { return nil }
      return Mention(text: String(match.0), isSigma: word != "noise", value: number(String(match.3)))
    }
  }

  /// The number that a text plainly is; others that follow it may stand for something else, unless they make a fraction.
  private static func number(_ text: String) -> Double? {
    let parts = text.split { "_/-".contains($0) }.map(String.init)
    guard let first = parts.first, let value = Double(first), value > 0, value <= largest,
      first.allSatisfy({ $0.isNumber || $0 == "." }), first.last != "."
    else { return nil }
    if first.contains(".") { return parts.dropFirst().contains("255") ? nil : value }
    return parts.count == 1 && first.first != "0" && value <= largestWhole ? value : nil
  }
}

extension RunNote {
  /// Where σ comes from, or how to give it.
  init(_ said: SigmaInName) {
    switch said {
    case .said(let sigma, let words): self = .sigmaFromName(sigma, words: words)
    case .unclear(let words): self = .sigmaUnknown(words: words)
    case .absent: self = .sigmaUnknown(words: nil)
    }
  }
}
