import Basics
import Datasets
import Testing

@Suite("Opening a data set by its name")
struct DataSourceTests {
  @Test(
    "what is no data set is an input error that names it",
    arguments: [
      "", "nonsense", "cifar11:/x", "npz:/nonexistent.npz", "npy:/nonexistent.npy,y.npy", "idx:/nonexistent",
      "folder:/nonexistent", "cifar10:/nonexistent", "mnist-train:/nonexistent",
    ])
  func unknown(source: String) {
    #expect(throws: InputError.self) { try DataSource.open(source, resources: nil) }
  }

  @Test(
    "one picture, a script and a labels file are not data sets",
    arguments: [
      "grey8.png", "grey.jpg", "make_fixtures.py", "tiny-labels-idx1-ubyte", "expected.npz",
    ])
  func notASet(name: String) throws {
    let error = try #require(throws: InputError.self) {
      try DataSource.open(FixtureFolder.path(name), resources: nil)
    }
    #expect(error.description.contains(name))
  }
}
