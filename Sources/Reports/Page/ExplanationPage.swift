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
        <p>The noisy copy is that of the first vote; its denoising takes one step. Losses are those of that vote, every \
        class evaluated to the end: the class with the smallest gets the vote. A run that drops classes early may vote \
        for another.</p>
        <ul class="cards">
        \(list)</ul>
        </section>

        """,
      footer: "<p>Written by \(program). Radii are rounded down. This page loads nothing and runs nothing.</p>")
  }
}
