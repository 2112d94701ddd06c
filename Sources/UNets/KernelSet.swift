import CKernels
import OneDNN

/// One build of the fused kernels.
public enum KernelSet: String, Sendable, CaseIterable {
  case portable
  case avx2
  case avx512
  /// AVX-512 with bfloat16 instructions.
  case avx512bf16
  case neon
  /// NEON with dot products of bytes.
  case neondot
  /// NEON with dot products of bytes and of bfloat16.
  case neonbf16

  private var instructions: ndc_instruction_set {
    switch self {
    case .portable: NDC_PORTABLE
    case .avx2: NDC_AVX2
    case .avx512: NDC_AVX512
    case .avx512bf16: NDC_AVX512_BF16
    case .neon: NDC_NEON
    case .neondot: NDC_NEON_DOT
    case .neonbf16: NDC_NEON_BF16
    }
  }

  public var isSupportedHere: Bool { ndc_has_instructions(instructions) != 0 }

  /// The widest set this machine can run.
  public static let best = KernelSet.allCases.last { $0.isSupportedHere } ?? .portable

  /// The functions; the set must be supported here.
  var table: KernelTable {
    guard let table = ndc_kernels(instructions) else { preconditionFailure("\(self) kernels need another processor") }
    return KernelTable(table)
  }
}

/// A constant table of C functions; safe to share because nothing ever writes to it.
struct KernelTable: @unchecked Sendable {
  private let pointer: UnsafePointer<ndc_kernel_table>

  init(_ pointer: UnsafePointer<ndc_kernel_table>) { self.pointer = pointer }

  var functions: ndc_kernel_table { pointer.pointee }

  /// The kernels of activations of a type: the one place that chooses by it.
  subscript(type: ElementType) -> ndc_element_kernels {
    switch type {
    case .float32: functions.f32.pointee
    case .bfloat16: functions.bf16.pointee
    case .uint8: preconditionFailure("bytes go into convolutions alone")
    }
  }
}

extension KernelSet {
  /// The C functions themselves, for tests.
  package var functions: ndc_kernel_table { table.functions }

  package subscript(type: ElementType) -> ndc_element_kernels { table[type] }
}
