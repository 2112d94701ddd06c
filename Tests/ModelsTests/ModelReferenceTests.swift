import Models
import Testing

@Suite struct ModelReferenceTests {
  @Test("A model is named as a file or as the data of an analytic one, and says its name again")
  func text() {
    let file = ModelReference("runs/model.pkl")
    #expect(file.source == .file("runs/model.pkl") && file.text == "runs/model.pkl")
    let analytic = ModelReference("analytic:npy:x.npy,y.npy", precision: .bf16)
    #expect(analytic.source == .analytic(data: "npy:x.npy,y.npy") && analytic.precision == .bf16)
    #expect(analytic.text == "analytic:npy:x.npy,y.npy")
  }
}
