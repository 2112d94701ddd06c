import Reports
import Testing

@Suite("Markup") struct MarkupTests {
  @Test("Text is escaped and markup is not")
  func interpolation() {
    let text = "<b>&'\"\u{7}"
    let inner: Markup = "<i>\(text)</i>"
    #expect(inner.text == "<i>&lt;b&gt;&amp;&#39;&quot;\u{FFFD}</i>")
    let outer: Markup = "<p>\(inner)\(3)\([inner])</p>"
    #expect(outer.text == "<p>\(inner.text)3\(inner.text)</p>")
  }

  @Test("Tabs, newlines and letters of every script stay")
  func kept() {
    #expect(Markup.escaped("a\tσ\n漢") == "a\tσ\n漢")
  }
}
