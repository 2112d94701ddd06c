import Foundation
import TestSupport
import Testing

@Suite(
  "Models served over https, and tokens",
  .enabled(
    if: Program.isBuilt && ReferenceServer.isBuilt && TLSFront.isPossible,
    "ndc, the reference server, openssl or python3 is absent"))
struct EncryptedServerTests {
  private static let path = "/v2/models/model"
  /// Nothing of the tests' own surroundings.
  private static let plain = ["CURL_CA_BUNDLE": "", "SSL_CERT_FILE": "", "NDC_BEARER_TOKEN": ""]
  private static let inspect = ["inspect", "--classes", "10", "--patience", "30"]

  private func inspect(_ address: String, _ environment: [String: String]) throws -> Program.Ending {
    try Program.run(
      Self.inspect + [address], environment: Self.plain.merging(environment) { _, named in named })
  }

  @Test("a certificate is trusted where its authority is named, and refused at once where it is not")
  func authorities() throws {
    try TemporaryFolder.with { folder in
      let server = try ReferenceServer(["--shape", "1x4x4"])
      let front = try TLSFront(before: server, in: folder)
      let address = "https://127.0.0.1:\(front.port)\(Self.path)"
      for name in ["CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
        let ending = try inspect(address, [name: front.authority.path])
        #expect(ending.status == 0 && ending.output.contains("reference-server"), "\(ending.errors)")
      }
      let stranger = try inspect(address, [:])
      #expect(stranger.status == 69 && stranger.errors.contains("certificate"), "\(stranger.errors)")
      // The certificate is for addresses, and this is a name.
      let other = try inspect(
        "https://localhost:\(front.port)\(Self.path)", ["SSL_CERT_FILE": front.authority.path])
      #expect(other.status == 69, "\(other.output)")
      let absent = try inspect(address, ["SSL_CERT_FILE": folder.file("absent.pem")])
      #expect(absent.status == 69 && absent.errors.contains("absent.pem"), "\(absent.errors)")
    }
  }

  @Test("digits are certified over https as in the process")
  func votes() throws {
    try TemporaryFolder.with { folder in
      let server = try ReferenceServer(["--model", "analytic:mnist"])
      let front = try TLSFront(before: server, in: folder)
      let here = RunFiles(folder: folder.appendingPathComponent("here"))
      let there = RunFiles(folder: folder.appendingPathComponent("there"))
      let rule = [
        "--count", "2", "--sigma", "0.5", "--timesteps", "3", "--selection-samples", "4", "--samples", "10", "--stop",
        "fixed", "--alpha", "0.01", "--out",
      ]
      let near = try Program.run(["certify", "--model", "analytic:mnist"] + rule + [here.folder.path])
      #expect(near.status == 0, "\(near.errors)")
      let far = try Program.run(
        ["certify", "--model", "https://127.0.0.1:\(front.port)\(Self.path)", "--classes", "10"] + rule
          + [there.folder.path],
        environment: Self.plain.merging(["SSL_CERT_FILE": front.authority.path]) { _, named in named })
      #expect(far.status == 0, "\(far.errors)")
      #expect(try there.timelessResults() == here.timelessResults())
    }
  }

  @Test("a token goes over https anywhere, over http to this machine only, and into no file")
  func tokens() throws {
    try TemporaryFolder.with { folder in
      let secret = "a-token-of-tests"
      let server = try ReferenceServer(["--shape", "1x4x4", "--token", secret])
      let front = try TLSFront(before: server, in: folder)
      let trusted = ["SSL_CERT_FILE": front.authority.path]
      // 0.0.0.0 leads here too, but by its name it is not this machine.
      for (address, token, status) in [
        ("http://127.0.0.1:\(server.port)", secret, 0), ("http://127.0.0.1:\(server.port)", "another", 65),
        ("http://127.0.0.1:\(server.port)", "", 65), ("http://0.0.0.0:\(server.port)", secret, 65),
        ("https://0.0.0.0:\(front.port)", secret, 0), ("https://127.0.0.1:\(front.port)", secret, 0),
        ("https://127.0.0.1:\(front.port)", "", 65),
      ] as [(String, String, Int32)] {
        let ending = try inspect(
          address + Self.path, trusted.merging(["NDC_BEARER_TOKEN": token]) { _, named in named })
        #expect(ending.status == status, "\(address) \(token): \(ending.errors)")
        #expect(status == 0 || ending.errors.contains("NDC_BEARER_TOKEN"), "\(ending.errors)")
        #expect(!ending.output.contains(secret) && !ending.errors.contains(secret))
      }
      let injected = try inspect(
        "http://127.0.0.1:\(server.port)\(Self.path)", ["NDC_BEARER_TOKEN": "a\nb: c"])
      #expect(injected.status == 65 && injected.errors.contains("control character"), "\(injected.errors)")
    }
  }
}
