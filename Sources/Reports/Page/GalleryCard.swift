import Certification
import Basics
import Foundation

/// One image with everything that explains its answer.
public struct GalleryCard: Sendable {
  public var title: String
  /// The answer in words: class and radius, or what an abstention was between.
  public var answer: String
  public var reasons: [GallerySelection.Reason]
  public var votes: [Int]
  /// What the model calls the classes of votes and losses; nil for 0 ..< K.
  public var classes: ClassSet?
  public var explanation: ImageExplanation?
  /// "7", or "7 (horse)".
  public var className: @Sendable (Int) -> String
  /// Smoothing noise in pixels, for the captions.
  public var sigma: Double?
  /// The class that the data give the image, where there is one.
  public var label: Int?

  public init(
    title: String, answer: String, reasons: [GallerySelection.Reason] = [], votes: [Int], classes: ClassSet? = nil,
    explanation: ImageExplanation?, sigma: Double?, label: Int? = nil,
    className: @escaping @Sendable (Int) -> String = { "\($0)" }
  ) {
    self.title = title
    self.answer = answer
    self.reasons = reasons
    self.votes = votes
    self.classes = classes
    self.explanation = explanation
    self.sigma = sigma
    self.label = label
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
    if !reasons.isEmpty {
      let tags = reasons.map { "<li class=\"\($0.rawValue)\">\($0.rawValue)</li>" as Markup }
      html += "<ul class=\"tags\" aria-label=\"Shown because\">\(tags)</ul>\n"
    }
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
    let noisy = sigma.map { "noisy, σ = \(DecimalText.radius($0))" } ?? "noisy"
    let told = explanation.denoisedLabel.map { ", told class \(className($0))" } ?? ""
    return """
      <div class="pictures">
      \(figure(explanation.image, "image", "\(title): the image"))\
      \(figure(explanation.noisy, noisy, "\(title): a noisy copy"))\
      \(figure(explanation.denoised, "denoised\(told)", "\(title): the noisy copy denoised"))\
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
    let digits = Self.digits(most - least)
    var html: Markup = "<table><caption>"
    html += losses.isEmpty ? "Votes" : "Loss above the smallest, and votes"
    if classes > shown.count { html += " (\(shown.count) of \(classes) classes)" }
    html += "</caption><thead><tr><th scope=\"col\">Class</th>"
    if !losses.isEmpty { html += "<th scope=\"col\" class=\"n\">Loss</th>" }
    html += "<th scope=\"col\" class=\"n\">Votes</th></tr></thead><tbody>\n"
    for row in shown {
      let name = self.classes?[row] ?? row
      html += name == label ? "<tr class=\"own\">" : "<tr>"
      html += "<th scope=\"row\">\(className(name))</th>"
      if !losses.isEmpty {
        let value = loss(row)
        let text = value.isFinite ? DecimalText.nearest(value - least, digits: digits) : value.isNaN ? "NaN" : "dropped"
        html += meter("", value.isFinite && most > least ? (value - least) / (most - least) * 100 : 0, text)
      }
      html += meter(" votes", Double(vote(row)) / Double(total) * 100, "\(vote(row))")
      html += "</tr>\n"
    }
    html += "</tbody></table>\n"
    return html
  }

  /// A number and a bar of its size.
  private func meter(_ style: Markup, _ width: Double, _ text: String) -> Markup {
    let bar: Markup = width > 0 ? "<span class=\"bar\(style)\" style=\"--w:\(Coordinate.text(width))%\"></span>" : ""
    return "<td><div class=\"meter\"><span class=\"track\">\(bar)</span><span>\(text)</span></div></td>"
  }

  /// Decimals with which the largest of the losses has four digits.
  private static func digits(_ most: Double) -> Int {
    guard most > 0, most.isFinite else { return 2 }
    return min(9, max(0, 3 - Int(log10(most).rounded(.down))))
  }
}
