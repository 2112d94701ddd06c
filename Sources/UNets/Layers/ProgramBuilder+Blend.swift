import CKernels

extension ProgramBuilder {
  /// destination = a·x + b·y, elementwise; `y` nil counts as zero. `destination` may be `x` itself.
  func blend(_ name: String, _ x: Activation, _ a: Float, _ y: Activation?, _ b: Float, into destination: Activation) {
    precondition(x.imageBytes == destination.imageBytes && x.type == destination.type)
    let second = y ?? x
    let secondScale = y == nil ? 0 : b
    add(name, reads: [x.buffer, second.buffer], writes: [destination.buffer]) { [batch, kernels] memory in
      let run = kernels[x.type].blend
      let count = Int64(batch * x.channels * x.positions)
      let (first, second, to) = (
        memory.pointer(x.buffer), memory.pointer(second.buffer), memory.pointer(destination.buffer)
      )
      return { run?(first, a, second, secondScale, to, count) }
    }
  }
}
