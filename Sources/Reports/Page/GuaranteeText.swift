import Basics

/// What a run's numbers promise, in plain words.
struct GuaranteeText {
  let run: ReportedRun

  private func level(_ alpha: Double) -> String { DecimalText.radius(alpha) }

  private func confidence(_ alpha: Double) -> String { "1 − α = \(1 - alpha)" }

  func html(radii: [Double]) -> Markup {
    guard let origin = run.origin else {
      return """
        <p>\(run.name) is a table of another tool: it does not say α, the number of votes or the unit of σ. Its radii \
        are shown as they stand; what they guarantee is whatever the tool that wrote them guarantees.</p>

        """
    }
    let alpha = origin.alpha ?? .nan
    let count = run.images.count
    var html: Markup = """
      <p><strong>For one image.</strong> The smoothed classifier g(x) = arg max P(f(x + noise) = c) is what is \
      certified; the noise is Gaussian with σ = \(origin.sigma.map(DecimalText.radius) ?? "?") in pixels, and f is the \
      classifier exactly as it ran (precision \(origin.classifier?.precision ?? "unknown")). Where a class and a \
      radius R are given: with confidence \(confidence(alpha)), g gives this class for every picture within an L2 \
      distance of less than R. The error, at most α = \(level(alpha)), is over the noise that was drawn; it says that \
      the answer is stable, not that it is right. An abstention promises nothing.</p>

      """
    if let classes = origin.classes {
      html += """
        <p>f chooses among \(classes.description(run.className)) alone. That g keeps its class means that it keeps it against \
        the others of these; about the model’s other classes nothing is said.\
        \(origin.otherClasses.map { " \($0.sentence)" } ?? "")</p>

        """
    }
    if let seed = origin.smoothing?.seed {
      html += """
        <p>The noise comes from the fixed seed \(seed). The promise holds for images chosen without regard to it.</p>

        """
    }
    let atOnce = min(1, alpha * Double(count))
    html += """
      <p><strong>For the whole set.</strong> The radii above are not claimed to hold all at once: over \(count) images \
      up to α·N = \(DecimalText.up(alpha * Double(count), digits: 4)) certificates are expected to be wrong, and the chance \
      that at least one is can be as large as \(DecimalText.up(atOnce * 100, digits: 2)) %. \

      """
    do {
      let joint = try JointCertificate(run)
      let values = radii.map { "\(joint.curve.share(atRadius: $0).percent()) % at r = \(DecimalText.radius($0))" }
      let acr = DecimalText.down(joint.curve.averageCertifiedRadius, digits: 4)
      let beyond =
        joint.beyond == 0
        ? "" : " The run has grown by \(joint.beyond) images since it began: they carry no joint claim."
      let unfixed =
        joint.isFixed
        ? "" : " The run did not fix N when it began: this holds if N was decided before any result was seen."
      html += """
        A claim for \(joint.beyond == 0 ? "all of them" : "the first \(joint.images)") together: with every bound recomputed \
        at α/N = \(DecimalText.scientific(joint.level)), N = \(joint.images), all \(joint.results.count) certificates hold at \
        once with confidence \(confidence(alpha)), and certified accuracy is then \(values.joined(separator: ", ")); ACR \
        \(acr).\(unfixed)\(beyond)</p>

        """
    } catch {
      html += "A claim for all of them together is not made here: \(error.description).</p>\n"
    }
    return html
  }
}
