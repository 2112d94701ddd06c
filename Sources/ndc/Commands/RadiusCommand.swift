import ArgumentParser
import NoisedDiffusionClassifiers

struct RadiusCommand: ParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "radius",
    abstract: "The certified radius of given vote counts.",
    discussion: """
      A lower bound on the probability of the class, and sigma times the normal quantile of it. With --stop fixed it is the \
      one-sided Clopper-Pearson bound, and the number of votes must have been fixed beforehand. With --stop anytime it is \
      the confidence sequence, valid at every number of votes: give the counts that a record's "bound" names. Either way \
      the votes must not be the ones that chose the class.

      Example: ndc radius --successes 9990 --samples 10000 --sigma 0.5
      """)

  @Option(help: ArgumentHelp("Votes for the class.", valueName: "k"))
  var successes: Int

  @Option(help: ArgumentHelp("Estimation votes.", valueName: "n"))
  var samples: Int

  @Option(help: ArgumentHelp("The probability of a wrong certificate.", valueName: "a"))
  var alpha = 0.001

  @Option(help: ArgumentHelp("The smoothing noise in pixels.", valueName: "sigma"))
  var sigma: Double

  @Option(help: ArgumentHelp("fixed or anytime: how the number of votes came about.", valueName: "rule"))
  var stop = StopOption.fixed

  @Flag(help: "Print {\"pLower\",\"radius\",\"abstained\"} in full precision.")
  var json = false

  private struct Result: Encodable {
    var pLower: Double
    var radius: Double
    var abstained: Bool
  }

  var files: FilePlan { FilePlan() }

  func run() throws {
    Hints.tell(sigma: sigma)
    let certificate = try Certificate.bound(
      successes: successes, samples: samples, alpha: alpha, sigma: PixelNoise(sigma),
      kind: stop == .fixed ? .clopperPearson : .betaMixture)
    if json {
      try Output.json(
        Result(
          pLower: certificate.pLower, radius: certificate.radius ?? 0, abstained: certificate.abstained))
    } else if let radius = certificate.radius {
      Output.line("probability of the class >= \(roundedDown(certificate.pLower, digits: 6))")
      Output.line("certified radius         \(roundedDown(radius, digits: 6))")
    } else {
      Output.line("probability of the class >= \(roundedDown(certificate.pLower, digits: 6))")
      Output.line("abstain: the bound does not exceed 1/2")
    }
  }
}
