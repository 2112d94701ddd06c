/// The page's style sheet: system fonts, both colour schemes, paper.
enum PageStyle {
  static let text: String =
    ChartStyle.variables(":root") + ChartStyle.rules + """
      :root{color-scheme:light dark}
      *{box-sizing:border-box}
      body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:break-word}
      .skip{position:absolute;left:-99em}
      .skip:focus{left:1em;top:1em;background:var(--ground);padding:.4em .8em;z-index:2}
      header,main,footer,nav{max-width:62rem;margin:0 auto;padding:0 1.25rem}
      header{padding-top:2rem}
      h1{font-size:1.7rem;line-height:1.25;margin:.2em 0}
      h2{font-size:1.3rem;margin:2.4em 0 .5em;padding-top:.6em;border-top:1px solid var(--rule)}
      h3{font-size:1.05rem;margin:1.6em 0 .4em;overflow-wrap:anywhere}
      p,li{max-width:46rem}
      a{color:var(--link)}
      :focus-visible{outline:3px solid var(--link);outline-offset:2px}
      nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:.8rem 0}
      .soft{color:var(--soft)}
      .warn{border-left:4px solid var(--warn);background:var(--panel);padding:.5rem .9rem;margin:.8rem 0;max-width:48rem}
      .scroll{overflow-x:auto;margin:.8rem 0}
      table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
      caption{text-align:left;color:var(--soft);padding:.3em 0}
      th,td{padding:.28em .7em;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top;font-weight:400}
      thead th{border-bottom:2px solid var(--soft);font-weight:600;white-space:nowrap}
      tbody th{min-width:6rem}
      .card tbody th{min-width:0}
      .n{text-align:right;white-space:nowrap}
      tr.envelope th,tr.envelope td,tr.published th,tr.published td{font-style:italic;color:var(--soft)}
      figure{margin:1rem 0}
      svg.chart{width:100%;height:auto;display:block;min-width:34rem}
      fieldset{border:1px solid var(--rule);border-radius:6px;margin:.6rem 0;padding:.3rem .8rem .5rem;display:inline-block}
      legend{color:var(--soft);font-size:.9rem;padding:0 .3em}
      fieldset label{margin-right:1.1em;white-space:nowrap}
      .chooser:has(.choose-pointwise:checked) .bands-simultaneous,
      .chooser:has(.choose-simultaneous:checked) .bands-pointwise,
      .chooser:has(.choose-none:checked) :is(.bands-pointwise,.bands-simultaneous){display:none}
      details{margin:.6rem 0}
      summary{cursor:pointer;color:var(--link);padding:.2em 0}
      .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem;padding:0;list-style:none}
      .card{border:1px solid var(--rule);border-radius:8px;background:var(--panel);padding:.8rem;max-width:none;break-inside:avoid}
      .card h4{margin:0 0 .2rem;font-size:1rem}
      .card p{margin:.2rem 0;font-size:.92rem}
      .gallery:has(.show-wrong:checked) .card:not(.wrong),
      .gallery:has(.show-abstained:checked) .card:not(.abstained),
      .gallery:has(.show-hardest:checked) .card:not(.hardest),
      .gallery:has(.show-easiest:checked) .card:not(.easiest){display:none}
      .pictures{display:flex;gap:.5rem;margin:.5rem 0}
      .pictures figure{margin:0;flex:1 1 0;min-width:0}
      .pictures img{width:100%;aspect-ratio:1;height:auto;object-fit:contain;image-rendering:pixelated;display:block;background:#808080}
      .pictures figcaption{font-size:.78rem;color:var(--soft)}
      .card table{width:100%;font-size:.82rem}
      .card th,.card td{padding:.1em .35em}
      .bar{display:block;height:.42rem;background:var(--s0);min-width:1px;width:var(--w);print-color-adjust:exact}
      .bar.votes{background:var(--s2)}
      td.bars{width:34%}
      .confusion td{text-align:right;print-color-adjust:exact}
      dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;font-size:.92rem}
      dt{color:var(--soft)}
      dd{margin:0;overflow-wrap:anywhere}
      code{font:.88em ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
      footer{color:var(--soft);font-size:.85rem;padding-top:2rem;padding-bottom:2rem}
      @media (max-width:34rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}
      @media print{
      body{font-size:10pt}
      nav,.skip,fieldset,.screen{display:none}
      header,main,footer{max-width:none;padding:0}
      h2{break-after:avoid;margin-top:1.4em}
      h3,h4,caption{break-after:avoid}
      figure,tr,.card,.warn{break-inside:avoid}
      .scroll{overflow:visible}
      table{font-size:8.5pt}
      a{color:inherit;text-decoration:none}
      svg.chart{min-width:0;max-height:14cm}
      details:not([open]){display:none}
      .cards{grid-template-columns:repeat(3,1fr)}
      }

      """
}
