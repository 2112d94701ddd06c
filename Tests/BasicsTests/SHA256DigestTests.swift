import Basics
import Testing

@Suite("SHA-256")
struct SHA256DigestTests {
  private func digest(_ pieces: [[UInt8]]) -> String {
    var digest = SHA256Digest()
    for piece in pieces { piece.withUnsafeBytes { digest.update($0) } }
    return digest.finish()
  }

  // FIPS 180-4's examples (NIST, "SHA-256 examples") and the empty message.
  @Test(
    "published digests come out",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func published(message: String, expected: String) {
    let bytes = Array(message.utf8)
    #expect(digest([bytes]) == expected)
    #expect(digest(bytes.map { [$0] }) == expected)
    #expect(bytes.withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) } == expected)
  }

  @Test("a million a's in uneven pieces")
  func million() {
    let pieces = [1, 63, 64, 65, 999_807].map { [UInt8](repeating: 0x61, count: $0) }
    #expect(digest(pieces) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
