import NoisedDiffusionClassifiers

extension BenchmarkReport {
  /// The report for people.
  var table: String {
    var lines = ["\(engine), \(threads) threads, medians of \(rounds) rounds", ""]
    if !ceilings.isEmpty { lines.append("ceiling of 3x3 convolutions") }
    for (precision, ceiling) in ceilings.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "  " + padded(precision, 8) + padded(fixed(ceiling.operationsPerSecond / 1e9, 1) + " G/s", 14) + ceiling.shape)
    }
    lines.append("")
    lines.append("network: \(fixed(Double(operationsPerEvaluation) / 1e9, 3)) G operations per evaluation")
    lines.append("  precision  batch  evaluations/s  lowest   highest  of the ceiling")
    for network in networks {
      lines.append(
        "  " + padded(network.precision, 11) + padded("\(network.batch)", 7)
          + padded(fixed(network.evaluationsPerSecond, 2), 15) + padded(fixed(network.lowest, 2), 9)
          + padded(fixed(network.highest, 2), 9) + share(network))
    }
    for (precision, steps) in profiles.sorted(by: { $0.key < $1.key }) {
      lines += profileLines(precision, steps)
    }
    if !presets.isEmpty {
      lines.append("")
      lines.append("presets, on one image")
      lines.append("  preset   votes  evaluations/vote  votes/s   evaluations/s")
      for (name, preset) in presets.sorted(by: { $0.key < $1.key }) {
        lines.append(
          "  " + padded(name, 9) + padded("\(preset.votes)", 7) + padded(fixed(preset.evaluationsPerVote, 1), 18)
            + padded(fixed(preset.votesPerSecond, 3), 10) + fixed(preset.evaluationsPerSecond, 1))
      }
    }
    if !leftOut.isEmpty {
      lines.append("")
      lines.append("not measured")
      lines += leftOut.map { "  \($0.what): \($0.reason)" }
    }
    lines.append("")
    lines.append("peak memory: \(fixed(Double(peakMemoryBytes) / 1_048_576, 0)) MiB")
    return lines.joined(separator: "\n")
  }

  private func share(_ network: Network) -> String {
    ceilings[network.precision] == nil ? "" : fixed(network.share * 100, 1) + " %"
  }

  private func profileLines(_ precision: String, _ steps: [StepTime]) -> [String] {
    let total = steps.reduce(0) { $0 + $1.microseconds }
    let products = steps.filter { $0.operationsPerSecond != nil }.reduce(0) { $0 + $1.microseconds }
    var lines = ["", "\(precision), one sub-batch on one thread, the shortest time of every step"]
    lines.append("  us       G/s     step")
    for step in steps {
      lines.append(
        "  " + padded(fixed(step.microseconds, 1), 9)
          + padded(step.operationsPerSecond.map { fixed($0 / 1e9, 1) } ?? "", 8) + step.step + "  " + step.kernel)
    }
    lines.append(
      "  \(fixed(total, 0)) us in all, \(fixed(products / total * 100, 1)) % of it in convolutions and products")
    return lines
  }
}
