import Foundation
import FuzzEntries

/// libFuzzer's entry: the target is named by NDC_FUZZ_TARGET.
private let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["NDC_FUZZ_TARGET"] ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
    FileHandle.standardError.write(Data("NDC_FUZZ_TARGET: one of \(names)\n".utf8))
    exit(64)
  }
  return target
}()

private let folder: FuzzFolder = {
  guard let folder = try? FuzzFolder() else { fatalError("no folder to work in") }
  atexit { cleanUp() }
  return folder
}()

private func cleanUp() { folder.remove() }

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  do {
    // Refused inputs are kept too: how an error is found is worth exploring.
    _ = try target.accepts(UnsafeRawBufferPointer(start: start, count: count), in: folder)
    return 0
  } catch {
    fatalError("\(target.rawValue): an error of an unexpected type: \(error)")
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafeRawPointer?, Int) -> CInt
) -> CInt

/// The name under which the package manager looks for an executable's main function.
@_cdecl("ndc_fuzz_main")
public func runFuzzer(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  var count = count
  var arguments = arguments
  return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}
