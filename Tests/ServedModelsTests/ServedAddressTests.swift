import Basics
import ServedModels
import Testing

@Suite("Addresses of served models")
struct ServedAddressTests {
  @Test(
    "what the protocol calls a model's address is one",
    arguments: [
      "http://localhost:8000/v2/models/edm", "https://models.example.org/v2/models/edm/versions/3",
      "http://[::1]:8000/v2/models/a%20b", "http://127.0.0.1/v2/models/edm",
    ])
  func addresses(text: String) throws {
    #expect(ServedAddress.isAddress(text))
    #expect(try ServedAddress(text).text == text)
  }

  @Test(
    "everything else is refused with what was expected",
    arguments: [
      "http://localhost:8000", "http://localhost:8000/v2/models/", "http://localhost:8000/v2/models/a/versions/",
      "http://localhost:8000/v2/models/a/infer", "http://localhost:99999/v2/models/a", "http:///v2/models/a",
      "ftp://localhost/v2/models/a", "http://me:secret@localhost/v2/models/a", "http://localhost/v2/models/a?x=1",
      "http://localhost/v2/models/a b", "http://localhost/v2/models/..", "http://localhost/v1/models/a",
    ])
  func refused(text: String) {
    let error = #expect(throws: UsageError.self) { try ServedAddress(text) }
    #expect(error?.description.contains("expected http") == true)
  }

  @Test("a path is none")
  func paths() {
    for path in ["model.pkl", "/http/model", "analytic:mnist", "http.safetensors"] {
      #expect(!ServedAddress.isAddress(path))
    }
  }
}
