#if canImport(CommonCrypto)
  import CommonCrypto
#else
  import COpenSSL
#endif

/// An incremental SHA-256 (OpenSSL's; on macOS the system's own), for the digests that tie a record to its model and data.
public struct SHA256Digest: ~Copyable {
  #if canImport(CommonCrypto)
    private var context = CC_SHA256_CTX()

    public init() { CC_SHA256_Init(&context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
      // Its lengths have 32 bits.
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
        CC_SHA256_Update(&context, part.baseAddress, CC_LONG(part.count))
        rest = rest.dropFirst(part.count)
      }
    }

    /// The digest's 32 bytes.
    private consuming func bytes() -> [UInt8] {
      var digest = [UInt8](repeating: 0, count: 32)
      CC_SHA256_Final(&digest, &context)
      return digest
    }
  #else
    private let context: OpaquePointer

    public init() {
      guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
        preconditionFailure("libcrypto has no SHA-256")
      }
      self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
      let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
      precondition(status == 1, "EVP_DigestUpdate failed")
    }

    /// The digest's 32 bytes.
    private consuming func bytes() -> [UInt8] {
      var digest = [UInt8](repeating: 0, count: 32)
      var length: UInt32 = 0
      let status = EVP_DigestFinal_ex(context, &digest, &length)
      precondition(status == 1 && length == 32, "EVP_DigestFinal_ex failed")
      return digest
    }
  #endif

  /// The digest in lower-case hexadecimal; the value must not be updated afterwards.
  public consuming func finish() -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text = [UInt8]()
    for byte in bytes() {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The digest of one block of bytes.
  public static func hexadecimal(of bytes: UnsafeRawBufferPointer) -> String {
    var digest = SHA256Digest()
    digest.update(bytes)
    return digest.finish()
  }
}
