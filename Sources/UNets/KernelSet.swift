import CKernels

/// One build of the fused kernels.
public enum KernelSet: String, Sendable, CaseIterable {
  case portable
  case avx2
  case avx512
  /// AVX-512 with bfloat16 instructions.
  case avx512bf16

  var code: ndc_kernel_set {
    switch self {
    case .portable: NDC_KERNELS_PORTABLE
    case .avx2: NDC_KERNELS_AVX2
    case .avx512: NDC_KERNELS_AVX512
    case .avx512bf16: NDC_KERNELS_AVX512_BF16
    }
  }

  public var isSupportedHere: Bool { ndc_kernels_supported(code) != 0 }

  /// The widest set this machine can run.
  public static let best = KernelSet.allCases.last { $0.isSupportedHere } ?? .portable

  /// The functions; the set must be supported here.
  var table: KernelTable {
    guard let table = ndc_kernels(code) else { preconditionFailure("\(self) kernels need another processor") }
    return KernelTable(table)
  }
}

/// A constant table of C functions; safe to share because nothing ever writes to it.
struct KernelTable: @unchecked Sendable {
  private let pointer: UnsafePointer<ndc_kernel_table>

  init(_ pointer: UnsafePointer<ndc_kernel_table>) { self.pointer = pointer }

  var functions: ndc_kernel_table { pointer.pointee }
}

extension KernelSet {
  /// The C functions themselves, for tests.
  package var functions: ndc_kernel_table { table.functions }
}
