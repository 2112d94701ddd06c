/// The page's style sheet: system fonts, both colour schemes, paper.
enum PageStyle {
  static let text: String = ChartStyle.variables(":root") + ChartStyle.rules + base + figures + tables + cards + media

  private static let base = """
    :root{color-scheme:light dark;scroll-padding-top:4rem}
    *{box-sizing:border-box}
    body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:break-word}
    .skip{position:absolute;left:-99em}
    .skip:focus{left:1em;top:1em;background:var(--ground);padding:.4em .8em;z-index:3}
    header,main,footer,nav ul{max-width:66rem;margin:0 auto;padding:0 1.5rem}
    header{padding-top:2.5rem;padding-bottom:.6rem}
    h1{font-size:2rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 .3rem}
    header p{margin:0}
    h2{font-size:1.4rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 .8rem}
    h3{font-size:1.08rem;line-height:1.4;margin:1.8rem 0 .4rem;overflow-wrap:anywhere}
    section{padding:1.8rem 0 1.6rem}
    section+section{border-top:1px solid var(--rule)}
    p,li{max-width:46rem}
    a{color:var(--link);text-underline-offset:.15em}
    :focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
    nav{position:sticky;top:0;z-index:2;background:var(--ground);border-bottom:1px solid var(--rule)}
    nav ul{display:flex;gap:.2rem 1.4rem;list-style:none;overflow-x:auto}
    nav li{flex:none}
    nav a{display:block;padding:.65rem 0;text-decoration:none;font-size:.94rem;font-weight:500}
    nav a:hover{text-decoration:underline}
    .soft{color:var(--soft)}
    .warn{border-left:4px solid var(--warn);border-radius:4px;background:var(--panel);padding:.6rem 1rem;margin:.8rem 0;max-width:48rem}
    .warn p,.warn li{font-size:.94rem;line-height:1.5}
    .warn p{margin:0}
    .warn ul{margin:.2rem 0;padding-left:1.2rem}
    figure{margin:1rem 0}
    figcaption{max-width:52rem;font-size:.9rem}
    details{margin:.8rem 0}
    summary{cursor:pointer;color:var(--link);padding:.2em 0;font-weight:500;width:fit-content}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.4rem;font-size:.92rem;margin:.8rem 0}
    dt{color:var(--soft)}
    dd{margin:0;overflow-wrap:anywhere}
    code{font:.88em ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
    footer{color:var(--soft);font-size:.85rem;padding-top:1rem;padding-bottom:2.5rem}

    """

  private static let figures = """
    .figures{grid-template-columns:repeat(auto-fit,minmax(7.8rem,1fr));gap:.6rem;margin:0 0 1.6rem;font-size:.85rem}
    .figures div{background:var(--panel);border:1px solid var(--rule);border-radius:10px;padding:.6rem .75rem}
    .figures strong{display:block;color:var(--ink);font-size:1.3rem;line-height:1.4;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
    .figures dd{color:var(--soft)}
    svg.chart{width:100%;height:auto;display:block}
    .side-name{display:none;margin:0;font-size:.85rem}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.6rem;margin:.4rem 0 1rem;padding:0;font-size:.92rem}
    .legend li{display:flex;gap:.6rem;align-items:baseline;max-width:none}
    .legend svg.chart{flex:none;width:40px;height:14px;align-self:start;margin-top:.35rem}
    fieldset{border:0;margin:1rem 0 .6rem;padding:0;display:flex;flex-wrap:wrap;gap:.4rem;align-items:center;min-width:0}
    legend{float:left;color:var(--soft);font-size:.9rem;padding:0;margin-right:.6rem}
    fieldset label{display:flex;align-items:center;gap:.4rem;border:1px solid var(--rule);border-radius:99px;padding:.15rem .8rem .15rem .55rem;font-size:.9rem;cursor:pointer}
    fieldset label:has(:checked){border-color:var(--link);background:var(--panel)}
    fieldset input{margin:0;accent-color:var(--link)}
    .chooser:has(.choose-pointwise:checked) .bands-simultaneous,
    .chooser:has(.choose-simultaneous:checked) .bands-pointwise,
    .chooser:has(.choose-none:checked) :is(.bands-pointwise,.bands-simultaneous){display:none}

    """

  private static let tables = """
    .scroll{overflow-x:auto;margin:.8rem 0}
    table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
    caption{text-align:left;color:var(--soft);padding:.3em 0}
    th,td{padding:.34em .65em;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top;font-weight:400}
    thead th{border-bottom:2px solid var(--soft);font-weight:600;white-space:nowrap;vertical-align:bottom}
    .scroll tbody tr:hover{background:var(--panel)}
    .scroll tbody th{min-width:6rem}
    tr.published th{min-width:10rem}
    .n{text-align:right;white-space:nowrap}
    .scroll td.n:last-child{white-space:normal}
    tr.envelope th,tr.envelope td,tr.published th,tr.published td{font-style:italic;color:var(--soft)}
    .confusion td{text-align:right;min-width:3.4rem;print-color-adjust:exact}

    """

  private static let cards = """
    .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(18rem,100%),1fr));gap:1.1rem;padding:0;margin:1rem 0;list-style:none}
    .card{display:flex;flex-direction:column;border:1px solid var(--rule);border-radius:10px;background:var(--panel);padding:.9rem 1rem;max-width:none;break-inside:avoid}
    .card :is(h3,h4){margin:0;font-size:1rem}
    .card p{margin:.15rem 0 .4rem;font-size:.92rem;line-height:1.45}
    .tags{display:flex;flex-wrap:wrap;gap:.3rem;list-style:none;margin:0 0 .5rem;padding:0}
    .tags li{border:1px solid var(--rule);border-radius:99px;padding:0 .6em;font-size:.76rem;color:var(--soft)}
    .tags :is(.wrong,.abstained){color:var(--warn);border-color:currentColor}
    .gallery:has(.show-wrong:checked) .card:not(.wrong),
    .gallery:has(.show-abstained:checked) .card:not(.abstained),
    .gallery:has(.show-hardest:checked) .card:not(.hardest),
    .gallery:has(.show-easiest:checked) .card:not(.easiest){display:none}
    .pictures{display:flex;gap:.5rem;margin:.4rem 0;margin-top:auto}
    .pictures figure{margin:0;flex:1 1 0;min-width:0}
    .pictures img{width:100%;aspect-ratio:1;height:auto;object-fit:contain;image-rendering:pixelated;display:block;background:#808080;border-radius:4px}
    .pictures figcaption{font-size:.76rem;line-height:1.35;color:var(--soft);padding-top:.25rem}
    .card table{width:100%;font-size:.82rem}
    .card th,.card td{padding:.08em .3em;border:0;vertical-align:middle}
    .card thead th{border-bottom:1px solid var(--rule);color:var(--soft)}
    .card tr.own :is(th,td){font-weight:700}
    .card tbody th{white-space:nowrap;max-width:9em;overflow:hidden;text-overflow:ellipsis}
    .card td{width:42%}
    .meter{display:grid;grid-template-columns:1fr 3.9em;align-items:center;text-align:right;white-space:nowrap}
    .bar{display:block;height:.55rem;border-radius:2px;background:var(--s0);min-width:1px;width:var(--w);print-color-adjust:exact}
    .bar.votes{background:var(--s2)}

    """

  private static let media = """
    @media (max-width:36rem){
    header,main,footer,nav ul{padding-left:1rem;padding-right:1rem}
    h1{font-size:1.6rem}
    dl{grid-template-columns:1fr;gap:.1rem}
    dd{margin-bottom:.45rem}
    .figures{grid-template-columns:1fr 1fr;gap:.6rem}
    .figures dd{margin:0}
    figure svg.chart text{font-size:24px}
    figure svg.chart .tick{transform:translateY(6px)}
    figure svg.chart .name{transform:translateY(16px)}
    figure svg.chart .side{display:none}
    figure svg.chart .line{stroke-width:4}
    nav{position:static}
    .side-name{display:block}
    tr.published th{min-width:9rem}
    }
    @media print{
    body{font-size:10pt}
    nav,.skip,fieldset,.screen{display:none}
    header,main,footer{max-width:none;padding:0}
    section{padding:.9em 0}
    h2,h3,h4,caption{break-after:avoid}
    figure,tr,.card,.warn,.figures,.confusion{break-inside:avoid}
    .scroll{overflow:visible}
    table{font-size:8.5pt}
    a{color:inherit;text-decoration:none}
    figure svg.chart{max-height:9cm}
    .legend{font-size:8.5pt}
    dl{font-size:8.5pt;line-height:1.4;gap:.1rem 1rem}
    .figures{grid-template-columns:repeat(auto-fit,minmax(3.4cm,1fr))}
    .figures strong{font-size:13pt}
    details:not([open]){display:none}
    .cards{grid-template-columns:repeat(3,1fr);gap:.3cm}
    .card{padding:.25cm;font-size:8.5pt}
    .card p,.card table{font-size:7.5pt}
    .card :is(h3,h4){font-size:8.5pt}
    .card :is(.tags li,figcaption){font-size:6.5pt}
    .confusion td{min-width:0}
    }

    """
}
