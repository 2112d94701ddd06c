import Records
import Basics
import Runs
import Testing

@Suite struct ImageSelectionTests {
  @Test("Images are first, first + stride, …")
  func indices() throws {
    #expect(try ImageSelection(first: 3, stride: 4, count: 3).indices(inDatasetOf: 12) == [3, 7, 11])
    #expect(try ImageSelection(listed: [5, 1, 9], count: 2).indices(inDatasetOf: 10) == [5, 1])
  }

  @Test(
    "What the data set does not have is refused",
    arguments: [
      ImageSelection(first: 3, stride: 4, count: 4), ImageSelection(first: 12, count: 1),
      ImageSelection(first: -1, count: 1), ImageSelection(stride: 0, count: 2), ImageSelection(stride: -1, count: 2),
      ImageSelection(count: 0), ImageSelection(count: -3), ImageSelection(stride: .max, count: 2),
      ImageSelection(listed: [1, 12]), ImageSelection(listed: [1, -1]), ImageSelection(listed: [1, 1]),
      ImageSelection(listed: [1], count: 2), ImageSelection(listed: []),
    ])
  func impossible(selection: ImageSelection) {
    #expect(throws: UsageError.self) { try selection.indices(inDatasetOf: 12) }
  }

  @Test("A list is one index a line")
  func list() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/list"
      try TemporaryFolder.write("# mine\n4\n\n 17 \n0\n", to: path)
      #expect(try ImageSelection.readIndices(path) == [4, 17, 0])
      for text in [
        "# mine\r\n4\r\n\r\n 17 \r\n0\r\n", "\u{FEFF}4\r\n17\r\n0", "\u{FEFF}4\n17\n0\n", "4\r17\r0\r", "4\n17\n0",
      ] {
        try TemporaryFolder.write(text, to: path)
        #expect(try ImageSelection.readIndices(path) == [4, 17, 0], "\(text)")
      }
      for (text, place) in [("4\nfive\n", "line 2"), ("-1\n", "line 1"), ("", path), ("1 2\n", "line 1")] {
        try TemporaryFolder.write(text, to: path)
        let complaint = await message(of: InputError.self) { _ = try ImageSelection.readIndices(path) }
        #expect(complaint?.contains(place) == true)
      }
      let absent = await message(of: InputError.self) { _ = try ImageSelection.readIndices(folder + "/absent") }
      #expect(absent?.contains("absent") == true)
    }
  }
}
