import CDNNL

/// What oneDNN is on this machine; part of every record's identity (Docs/Mathematics.md, Randomness and streams).
public enum Engine {
  /// The library's version, such as `2.6.3`.
  public static let version: String = {
    var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
    ndc_dnnl_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }()

  /// The instruction set oneDNN dispatches to, such as `AVX2` or `AVX-512-BF16`.
  public static let instructionSet = String(cString: ndc_dnnl_instruction_set())

  /// Whether the machine has bfloat16 instructions that oneDNN uses.
  public static let hasBFloat16 = ndc_dnnl_has_bf16() != 0

  /// Whether the machine sums products of bytes in 32 bits at once (VNNI).
  ///
  /// Without it, pairs of products u·w meet in 16 bits first, where their sum saturates: a convolution over bytes is
  /// right only where 2·max(u)·max|w| ≤ 32767.
  public static let hasByteProducts = ndc_dnnl_has_vnni() != 0

  /// Makes every primitive created or run on the calling thread use that thread alone.
  ///
  /// The setting belongs to the thread, and a task may wake on another one: call it wherever work begins.
  public static func useOneThread() { ndc_dnnl_use_one_thread() }
}

/// oneDNN refused something; a bug or a lack of memory, never the user's input.
public struct EngineError: Error, CustomStringConvertible {
  public var action: String
  public var status: Int32

  public var description: String { "oneDNN could not \(action) (status \(status))" }

  static func check(_ result: ndc_dnnl_result) throws {
    guard result.status == 0 else {
      throw EngineError(action: String(cString: result.action), status: result.status)
    }
  }
}
