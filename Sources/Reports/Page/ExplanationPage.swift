/// A page of single images and their explanations: what `predict --explain` shows.
public enum ExplanationPage {
  /// - Parameters:
  ///   - cards: one for each image.
  ///   - program: the version that writes the page.
  public static func html(title: String, subtitle: String, cards: [GalleryCard], program: String) -> String {
    let list = cards.map { $0.html(headingLevel: 3) }
    return HTMLPage.render(
      title: title, subtitle: subtitle, navigation: [("images", "Images")],
      body: """
        <section id="images" aria-labelledby="images-title">
        <h2 id="images-title">Images</h2>
        <p>Losses are at the noise of one vote, the first.</p>
        <ul class="cards">
        \(list)</ul>
        </section>

        """,
      footer: "<p>Written by \(program). Radii are rounded down. This page loads nothing and runs nothing.</p>")
  }
}
