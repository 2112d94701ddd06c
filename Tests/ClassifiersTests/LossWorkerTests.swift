import Testing
@Suite struct LossWorkerTests { @Test func `x`() {} }
