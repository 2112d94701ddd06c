// Certifies a bundled digit with the bundled model, and shows how the certificate tightens.
import Foundation
import NoisedDiffusionClassifiers

let resources = URL(fileURLWithPath: CommandLine.arguments.dropFirst().first ?? "Resources")
let model = try DiffusionModel.load(resources.appendingPathComponent("models/edm-mnist-32x32-cond.safetensors").path)
let digits = try DataSource.open("mnist", resources: resources)

let smoothed = try SmoothedClassifier(model.classifier(sigma: 0.5))
let rule = try AnytimeTargets.fast([0.75])
let settings = CastingSettings(seed: 20_240_202, image: 0)

for try await bound in try smoothed.bounds(of: digits.picture(at: 0), rule: rule, settings: settings) {
  print("\(bound.successes) of \(bound.votes) votes for class \(bound.candidate): probability >= \(bound.lowerBound)")
  guard let result = bound.result else { continue }
  switch result.outcome {
  case .certified(let label, let radius): print("certified: class \(label) within L2 radius \(radius)")
  case .abstained: print("abstained")
  }
}
