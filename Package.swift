// swift-tools-version: 6.0
import Foundation
import PackageDescription

// NDC_STRICT=1 (set by .ci/run) turns warnings into errors; a plain build stays usable with newer compilers.
let strict = ProcessInfo.processInfo.environment["NDC_STRICT"] != nil
let warnings = strict ? ["-Wall", "-Wextra", "-Werror"] : []

// Homebrew's folder, on macOS.
#if os(macOS)
  let homebrew = ["/opt/homebrew", "/usr/local"].first {
    FileManager.default.fileExists(atPath: $0 + "/include/oneapi")
  }
#else
  let homebrew: String? = nil
#endif

// NDC_PREFIX=FOLDER: the C libraries under FOLDER (include, lib) come before the system's, and what is built finds them
// there without an environment.
let prefix = ProcessInfo.processInfo.environment["NDC_PREFIX"] ?? homebrew
let headers = prefix.map { ["-I", "\($0)/include"] } ?? []
let libraries = prefix.map { ["-L\($0)/lib", "-Xlinker", "-rpath", "-Xlinker", "\($0)/lib"] } ?? []

let swiftFlags = (strict ? ["-warnings-as-errors"] : []) + headers.flatMap { ["-Xcc", $0] }
let swiftSettings: [SwiftSetting] = swiftFlags.isEmpty ? [] : [.unsafeFlags(swiftFlags)]
let cSettings: [CSetting] = (warnings + headers).isEmpty ? [] : [.unsafeFlags(warnings + headers)]
let cxxSettings: [CXXSetting] = (warnings + headers).isEmpty ? [] : [.unsafeFlags(warnings + headers)]
let linkerSettings: [LinkerSetting] = libraries.isEmpty ? [] : [.unsafeFlags(libraries)]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], hasFixtures: Bool = false) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies + ["TestSupport"], exclude: hasFixtures ? ["Fixtures"] : [],
    swiftSettings: swiftSettings)
}

// macOS has SHA-256 in its own library.
let openSSL = Target.Dependency.target(name: "COpenSSL", condition: .when(platforms: [.linux]))

let package = Package(
  name: "ndc",
  // What the standard library's lock needs.
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "ndc", targets: ["ndc"]),
    .library(
      name: "NoisedDiffusionClassifiers",
      targets: [
        "Basics", "NumPyFiles", "Datasets", "Noise", "Diffusion", "Checkpoints", "UNets", "Classifiers",
        "ServedModels", "Models", "Statistics", "Certification", "Records", "Runs", "Reports",
        "NoisedDiffusionClassifiers",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
  ],
  targets: [
    // C libraries and kernels.
    .systemLibrary(name: "CZlib"),
    .systemLibrary(name: "COpenSSL"),
    .systemLibrary(name: "CCurl"),
    .target(
      name: "CBoostMath", cxxSettings: cxxSettings),
    .target(
      name: "CPictures", cSettings: cSettings,
      linkerSettings: linkerSettings + [.linkedLibrary("png"), .linkedLibrary("turbojpeg")]),
    .target(name: "CDNNL", cSettings: cSettings, linkerSettings: linkerSettings + [.linkedLibrary("dnnl")]),
    .target(name: "CInstructionSets", cSettings: cSettings),
    .target(
      name: "CKernels", dependencies: ["CInstructionSets"], cSettings: cSettings + [.headerSearchPath(".")],
      linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "CNearest", dependencies: ["CInstructionSets"], cSettings: cSettings, linkerSettings: [.linkedLibrary("m")]),
    .target(name: "CMappings", cSettings: cSettings),
    .target(name: "CFolders", cSettings: cSettings),

    // Foundations and files.
    library("Basics", [openSSL, "CMappings", "CFolders"]),
    library("NumPyFiles", ["Basics", "CZlib"]),
    library("Pickles", ["Basics"]),
    library("Datasets", ["Basics", "NumPyFiles", "Pickles", "CPictures"]),
    library("Checkpoints", ["Basics", "NumPyFiles", "Pickles"]),

    // Mathematics: none of these links oneDNN.
    library("Noise"),
    library("Statistics", ["CBoostMath"]),
    library("Diffusion", ["Basics", "CNearest"]),
    library("Classifiers", ["Basics", "Diffusion", deque]),
    library("Certification", ["Basics", "Noise", "Statistics", "Classifiers"]),

    // Networks.
    library("OneDNN", ["Basics", "CDNNL"]),
    library("UNets", ["Basics", "Checkpoints", "Diffusion", "OneDNN", "CKernels"]),
    library("ServedModels", ["Basics", "Noise", "Diffusion", "Classifiers", "CCurl"]),
    library(
      "Models",
      ["Basics", "Checkpoints", "Classifiers", "Datasets", "Diffusion", "OneDNN", "ServedModels", "UNets"]),

    // The work itself, the library's one import, and the tool.
    library("Records", ["Basics", "Classifiers", "Certification", "Statistics"]),
    library(
      "Runs",
      ["Basics", "Datasets", "Noise", "Diffusion", "Classifiers", "Certification", "Statistics", "Records"]),
    library(
      "NoisedDiffusionClassifiers",
      [
        "Basics", "NumPyFiles", "Datasets", "Noise", "Diffusion", "Checkpoints", "UNets", "ServedModels", "Models",
        "Classifiers", "Statistics", "Certification", "Records", "Runs",
      ]),
    library("Reports", ["Basics", "CZlib", "Statistics", "Certification", "Records"]),
    .executableTarget(
      name: "ndc",
      dependencies: ["NoisedDiffusionClassifiers", "Reports", argumentParser],
      swiftSettings: swiftSettings),

    // What reads bytes from outside, as fuzz targets.
    .target(
      name: "FuzzEntries",
      dependencies: [
        "Basics", "NumPyFiles", "Pickles", "Datasets", "Checkpoints", "Classifiers", "Records", "Reports",
      ],
      path: "Fuzz/Entries", swiftSettings: swiftSettings),

    // Tests, one target per module.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swiftSettings),
    .executableTarget(
      name: "reference-server", dependencies: ["Basics", "Diffusion", "Models"], path: "Tests/ReferenceServer",
      exclude: ["tls-front.py"],
      swiftSettings: swiftSettings),
    tests("Basics", ["Basics"]),
    tests("NumPyFiles", ["NumPyFiles", "Basics"], hasFixtures: true),
    tests("Pickles", ["Pickles", "Basics"], hasFixtures: true),
    tests("Datasets", ["Datasets", "Basics", "NumPyFiles"], hasFixtures: true),
    tests("Checkpoints", ["Checkpoints", "Basics"], hasFixtures: true),
    tests("Noise", ["Noise", "Statistics"], hasFixtures: true),
    tests("Statistics", ["Statistics"], hasFixtures: true),
    tests("Diffusion", ["Diffusion", "Basics"], hasFixtures: true),
    tests("Classifiers", ["Classifiers", "Diffusion", "Basics"], hasFixtures: true),
    tests("Certification", ["Certification", "Classifiers", "Statistics", "Noise", "Basics"]),
    tests(
      "UNets", ["UNets", "Checkpoints", "Diffusion", "Classifiers", "OneDNN", "CKernels", "Basics", "NumPyFiles"],
      hasFixtures: true),
    tests("Records", ["Records", "Certification", "Classifiers", "Basics"]),
    tests(
      "Runs",
      [
        "Runs", "Records", "Certification", "Classifiers", "Datasets", "Diffusion", "Statistics", "Basics",
      ]),
    tests(
      "Reports",
      [
        "Reports", "Records", "Runs", "Certification", "Classifiers", "Datasets", "Diffusion", "Noise", "Statistics",
        "Basics",
      ],
      hasFixtures: true),
    tests("ServedModels", ["ServedModels", "Diffusion", "Classifiers", "Basics"]),
    tests("Models", ["Models", "Checkpoints", "Classifiers", "UNets", "Basics"]),
    tests("NoisedDiffusionClassifiers", ["NoisedDiffusionClassifiers"]),
    tests("Command", ["NumPyFiles", "NoisedDiffusionClassifiers"], hasFixtures: true),
    tests("Fuzz", ["FuzzEntries", "Basics"]),
    tests("Soundness", ["Certification", "Classifiers", "Diffusion", "Statistics", "Basics"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// Scripts/sanitize.sh sets this: what it tests, and not the rest.
if let sanitizer = ProcessInfo.processInfo.environment["NDC_SANITIZE"] {
  let tested: Set = [
    sanitizer == "threads" ? "Runs" : "Fuzz", sanitizer == "threads" ? "NoisedDiffusionClassifiers" : "UNets",
  ]
  package.targets.removeAll { target in
    target.type == .executable || target.type == .test && !tested.contains(String(target.name.dropLast(5)))
  }
  package.products.removeAll { $0.name == "ndc" }
}

// NDC_TESTS=Runs,Records swift test …: while working, these tests alone are compiled.
if let named = ProcessInfo.processInfo.environment["NDC_TESTS"] {
  let wanted = Set(named.split(separator: ",").map { String($0) + "Tests" })
  package.targets.removeAll { $0.type == .test && !wanted.contains($0.name) }
}

// Scripts/fuzz.sh sets this: the driver has no main function, libFuzzer brings it.
if ProcessInfo.processInfo.environment["NDC_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "ndc-fuzz", dependencies: ["FuzzEntries"], path: "Fuzz/Driver",
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
