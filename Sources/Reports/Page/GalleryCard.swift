import Basics
import Foundation

/// One image with everything that explains its answer.
public struct GalleryCard: Sendable {
  public var title: String
  /// The answer in words: class and radius, or what an abstention was between.
  public var answer: String
  public var reasons: [GallerySelection.Reason]
  public var votes: [Int]
  public var explanation: ImageExplanation?
  /// "7", or "7 (horse)".
  public var className: @Sendable (Int) -> String
  /// Smoothing noise in pixels, for the captions.
  public var sigma: Double?

  public init(
    title: String, answer: String, reasons: [GallerySelection.Reason] = [], votes: [Int],
    explanation: ImageExplanation?, sigma: Double?, className: @escaping @Sendable (Int) -> String = { "\($0)" }
  ) {
    self.title = title
    self.answer = answer
    self.reasons = reasons
    self.votes = votes
    self.explanation = explanation
    self.sigma = sigma
    self.className = className
  }

  /// Classes shown beyond which only those with votes or small losses are.
  private static let mostClasses = 12

  /// The card as an `<li>`.
  public func html(headingLevel: Int = 4) -> Markup {
    let classes = Markup(stringLiteral: reasons.map(\.rawValue).joined(separator: " "))
    let level = Markup(stringLiteral: "h\(headingLevel)")
    var html: Markup = """
      <li class="card \(classes)">
      <\(level)>\(title)</\(level)>
      <p>\(answer)</p>

      """
    if let explanation { html += pictures(explanation) }
    html += bars()
    html += "</li>\n"
    return html
  }

  private func pictures(_ explanation: ImageExplanation) -> Markup {
    func figure(_ pixels: [Float], _ caption: String, _ alternative: String) -> Markup {
      guard let file = PNG.encode(pixels, shape: explanation.shape) else { return "" }
      let data = Markup(stringLiteral: Data(file).base64EncodedString())
      return """
        <figure><img width="\(explanation.shape.width)" height="\(explanation.shape.height)" alt="\(alternative)" \
        src="data:image/png;base64,\(data)"><figcaption>\(caption)</figcaption></figure>

        """
    }
    let noise = sigma.map { "σ = \(Decimals.radius($0))" } ?? "noisy"
    let told = explanation.denoisedLabel.map { "told class \(className($0))" } ?? "told no class"
    return """
      <div class="pictures">
      \(figure(explanation.image, "image", "\(title): the image"))\
      \(figure(explanation.noisy, "first noisy copy, \(noise)", "\(title): a noisy copy"))\
      \(figure(explanation.denoised, "denoised in one step, \(told)", "\(title): the noisy copy denoised"))\
      </div>

      """
  }

  private func bars() -> Markup {
    let losses = explanation?.losses ?? []
    let classes = max(votes.count, losses.count)
    guard classes > 0 else { return "" }
    let finite = losses.filter(\.isFinite)
    let least = finite.min() ?? 0
    let most = finite.max() ?? 0
    func vote(_ label: Int) -> Int { votes.indices.contains(label) ? votes[label] : 0 }
    func loss(_ label: Int) -> Double { losses.indices.contains(label) ? losses[label] : .infinity }
    var shown = Array(0..<classes)
    if classes > Self.mostClasses {
      shown.sort { (-vote($0), loss($0), $0) < (-vote($1), loss($1), $1) }
      shown = shown.prefix(Self.mostClasses).sorted()
    }
    let total = max(1, votes.reduce(0, +))
    var html: Markup = "<table><caption>"
    html += losses.isEmpty ? "Votes per class" : "Loss at the first vote’s noise, above the smallest, and votes"
    if classes > shown.count { html += " (\(shown.count) of \(classes) classes)" }
    html += "</caption><thead><tr><th scope=\"col\">Class</th>"
    if !losses.isEmpty { html += "<th scope=\"col\" class=\"n\">Loss</th><th scope=\"col\">Bar</th>" }
    html += "<th scope=\"col\" class=\"n\">Votes</th><th scope=\"col\">Bar</th></tr></thead><tbody>\n"
    for label in shown {
      html += "<tr><th scope=\"row\">\(className(label))</th>"
      if !losses.isEmpty {
        let value = loss(label)
        let text = value.isFinite ? "+" + Self.short(value - least) : value.isNaN ? "not a number" : "dropped"
        let width = value.isFinite && most > least ? (value - least) / (most - least) * 100 : 0
        html += "<td class=\"n\">\(text)</td><td class=\"bars\">\(bar("", width))</td>"
      }
      html += "<td class=\"n\">\(vote(label))</td>"
      html += "<td class=\"bars\">\(bar(" votes", Double(vote(label)) / Double(total) * 100))</td></tr>\n"
    }
    html += "</tbody></table>\n"
    return html
  }

  private func bar(_ style: Markup, _ width: Double) -> Markup {
    width > 0 ? "<span class=\"bar\(style)\" style=\"--w:\(Coordinate.text(width))%\"></span>" : ""
  }

  private static func short(_ value: Double) -> String { String(format: "%.3g", value) }
}
