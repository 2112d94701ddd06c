/// A self-contained HTML page: nothing is loaded from anywhere, and nothing in it runs.
public enum HTMLPage {
  /// - Parameters:
  ///   - navigation: anchors and titles of the sections; a single one needs no menu.
  ///   - body: what `<main>` holds.
  public static func render(
    title: String, subtitle: String, navigation: [(anchor: String, title: String)], body: Markup, footer: Markup
  ) -> String {
    let style = Markup(stringLiteral: PageStyle.text)
    let links = navigation.map { "<li><a href=\"#\($0.anchor)\">\($0.title)</a></li>" as Markup }
    let menu: Markup = links.count > 1 ? "<nav aria-label=\"Sections\"><ul>\(links)</ul></nav>\n" : ""
    // The policy forbids what this page does not need, should anything ever slip through.
    let page: Markup = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width,initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none';img-src data:;style-src 'unsafe-inline'">
      <link rel="icon" href="data:,">
      <title>\(title)</title>
      <style>
      \(style)</style>
      </head>
      <body>
      <a class="skip" href="#content">Skip to the results</a>
      <header>
      <h1>\(title)</h1>
      <p class="soft">\(subtitle)</p>
      </header>
      \(menu)\
      <main id="content">
      \(body)</main>
      <footer>\(footer)</footer>
      </body>
      </html>

      """
    return page.text
  }
}
