// swift-tools-version: 6.0
import PackageDescription

let library = Target.Dependency.product(name: "NoisedDiffusionClassifiers", package: "ndc")

let package = Package(
  name: "Examples",
  // A project of your own names the repository's address here.
  dependencies: [.package(name: "ndc", path: "..")],
  targets: [
    .executableTarget(name: "certify-digit", dependencies: [library]),
    .executableTarget(name: "own-denoiser", dependencies: [library]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
