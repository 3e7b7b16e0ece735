"""The page's CSS: system fonts, one measure, light and dark, A4 in print; nothing is loaded."""

from __future__ import annotations

from angelshare.report.palette import DARK, LIGHT, Palette, figure_rules

_SANS = 'system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,"DejaVu Sans",sans-serif'
_SERIF = 'Charter,"Iowan Old Style","Palatino Linotype",Palatino,"Source Serif 4",Georgia,"DejaVu Serif",serif'
_MONO = 'ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace'

_TEXT = f"""
*{{box-sizing:border-box}}
html{{font-size:17px;-webkit-text-size-adjust:100%}}
body{{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.6 {_SERIF};font-variant-numeric:lining-nums;
text-rendering:optimizeLegibility;overflow-wrap:break-word}}
main,header,footer,nav{{max-width:64rem;margin:0 auto;padding:0 2rem}}
h1,h2,h3,p,ul,ol,dl,figure,table,pre{{margin:0}}
a{{color:inherit;text-decoration-color:var(--accent);text-underline-offset:.18em}}
a:focus-visible,[tabindex]:focus-visible,summary:focus-visible{{outline:2px solid var(--accent);outline-offset:3px}}
.sans,.kicker,nav,dt,figcaption,table,.threat,.small,summary{{font-family:{_SANS}}}
.muted{{color:var(--muted)}}.small{{font-size:.82rem;line-height:1.5}}
.kicker{{font-size:.78rem;letter-spacing:.02em;color:var(--accent);font-weight:600}}
code,pre{{font-family:{_MONO};font-size:.82rem}}
pre{{background:var(--wash);padding:1rem 1.2rem;overflow-x:auto;white-space:pre-wrap;line-height:1.55}}
"""

_HEAD = """
header{padding-top:3rem}
h1{font-size:2.3rem;line-height:1.2;font-weight:500;letter-spacing:-.012em;max-width:24em;margin:.55rem 0 0;
text-wrap:balance}
.facts{display:grid;grid-template-columns:repeat(4,1fr);gap:1rem 2rem;margin:1.8rem 0 0;padding:1.2rem 0 0;
border-top:1px solid var(--hairline)}
.facts>div{min-width:0;overflow-wrap:anywhere}.facts>.wide{grid-column:span 2}
dt{font-size:.76rem;color:var(--muted);line-height:1.4}.facts dd{margin:.1rem 0 0;line-height:1.4;font-size:.86rem}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.5rem;font-size:.82rem;margin-top:1.6rem;color:var(--muted)}
.learned{display:grid;grid-template-columns:repeat(auto-fill,minmax(24rem,1fr));gap:.35rem 2.4rem;margin-top:1.3rem;
max-width:54rem}
.learned div{display:grid;grid-template-columns:8.4rem 1fr}.learned dt{font-weight:600;color:var(--ink);
font-size:.82rem;line-height:1.5}
.learned dd{margin:0;font-size:.86rem;line-height:1.45;color:var(--muted)}
"""

_VERDICT = """
.verdict{margin:2.2rem 0 0;border-top:3px solid var(--ink);border-bottom:1px solid var(--ink);padding:1.6rem 0 1.4rem}
.verdict h2{font-size:.86rem;font-weight:600;margin:0}
.sentence{font-size:1.5rem;line-height:1.4;max-width:33em;margin:.5rem 0 1.7rem;text-wrap:pretty}
.numbers{list-style:none;padding:0}
.numbers li{display:grid;grid-template-columns:12.5rem 13.5rem 1fr;gap:0 2rem;align-items:center;padding:.6rem 0;
border-top:1px solid var(--hairline)}
.numbers .name{font-weight:600;font-size:.94rem;line-height:1.35}
.numbers .value{font-size:1.62rem;line-height:1.15;font-variant-numeric:lining-nums tabular-nums}
.numbers .interval{display:block;font-size:.86rem;color:var(--muted);margin-top:.12rem}
.numbers .refused .value{font-size:1.1rem;font-style:italic}
.numbers .meaning{font-size:.86rem;line-height:1.45;color:var(--muted)}
.numbers svg{display:block;width:100%;max-width:25rem;height:auto;overflow:visible;margin-bottom:.1rem}
.change{margin-top:1.6rem;display:grid;grid-template-columns:12.5rem 1fr;gap:0 2rem}
.change h3{font-size:.94rem;line-height:1.6}.change ul{padding-left:1.1em;font-size:.94rem;line-height:1.55}
.banner{border:2px solid var(--accent);padding:1rem 1.3rem;margin:0 0 1.6rem}
.banner strong{display:block;font-size:1.2rem;line-height:1.4}
"""

_BODY = """
section{margin-top:4.2rem}
section>h2,.part>h2{font-size:1.5rem;font-weight:500;line-height:1.3;letter-spacing:-.006em;text-wrap:balance}
section>h2 .no{display:block;font-size:.78rem;color:var(--accent);font-weight:600;letter-spacing:.02em;
margin-bottom:.15rem}
.lead{max-width:40em;margin-top:.5rem}
figure{margin-top:1.3rem}
.scroll{overflow-x:auto}
figure .fig{display:block;width:100%;max-width:54rem;height:auto}
figcaption{font-size:.82rem;line-height:1.55;color:var(--ink);max-width:54rem;margin-top:.6rem}
.threat{display:block;color:var(--muted);margin-top:.35rem}
table{border-collapse:collapse;min-width:min(34rem,100%);font-size:.8rem;line-height:1.4;
font-variant-numeric:lining-nums tabular-nums}
caption{text-align:left;padding:0 0 .8rem;max-width:54rem;font-size:.84rem;line-height:1.5}
caption b{display:block;font:500 1.2rem/1.4 var(--serif);margin-bottom:.15rem}
thead th{font-weight:600;text-align:left;vertical-align:bottom;border-bottom:1px solid var(--ink);
padding:.3rem 1.5rem .4rem 0}
.dense{font-size:.74rem;width:100%}.stacked .i{display:block}
.stacked td,.stacked tbody th,.stacked thead th{padding-right:.6rem!important}
.dense td,.dense tbody th,.dense thead th{padding-right:.75rem}
tbody th{font-weight:400;text-align:left;vertical-align:top}tbody th.arm{font-weight:600;white-space:nowrap}
td,tbody th{padding:.32rem 1.5rem .32rem 0;vertical-align:top;border-top:1px solid var(--hairline)}
tbody tr:first-child>*{border-top:0}
.r{text-align:right}td.n{white-space:nowrap}td .i,td .u{color:var(--muted)}td.words{white-space:normal;
min-width:18rem}
td:last-child,th:last-child{padding-right:0}
.notes{font-size:.7em;vertical-align:super;line-height:0;text-decoration:none;color:var(--accent);margin-left:.15em}
.tables>div{margin-top:3rem}.follow{margin-top:1.6rem!important}
.again pre,.again details{margin-top:1rem}.again .facts{margin-top:1.4rem}
.hash{font-size:.72rem;overflow-wrap:anywhere}.again td,.again th{overflow-wrap:anywhere}
.glossary{display:grid;grid-template-columns:12rem 1fr;gap:.55rem 2rem;margin-top:1.2rem;max-width:54rem}
.glossary dt{font-size:.88rem;font-weight:600;color:var(--ink);line-height:1.6}.glossary dd{margin:0;
font-size:.94rem;line-height:1.55}
footer{margin:4.6rem auto 4rem}
footer>div{border-top:3px solid var(--ink);padding-top:1.3rem}
footer p{max-width:40em;margin-top:.6rem}
"""

_NARROW = """
@media(max-width:46rem){
html{font-size:16px}main,header,footer,nav{padding:0 1.1rem}header{padding-top:2rem}h1{font-size:1.7rem}
.facts{grid-template-columns:1fr 1fr;gap:1rem 1.4rem}.learned{grid-template-columns:1fr}.sentence{font-size:1.22rem}
.numbers li{grid-template-columns:1fr;gap:.3rem}.change,.glossary{grid-template-columns:1fr}.glossary{gap:0}
.glossary dd{margin-bottom:.7rem}section{margin-top:3.2rem}
.scroll .fig{width:46rem;max-width:none}}
@media(max-width:24rem){.facts{grid-template-columns:1fr}.facts>.wide{grid-column:auto}}
"""

_PRINT = """
@page{size:A4;margin:17mm 15mm 18mm}
@media print{
html{font-size:10.4pt}body{background:none}main,header,footer,nav{max-width:none;padding:0}nav{display:none}
header{padding-top:0}
h1{font-size:20pt}.sentence{font-size:13.5pt}section{margin-top:9mm}.scroll{overflow:visible}
.facts{margin-top:6mm;gap:3mm 8mm}.verdict{margin-top:7mm}
figure,h2,.numbers li,tr,.banner,.glossary dd,.short,.change,.learned{break-inside:avoid}
h2,h3,caption,thead,dt{break-after:avoid}
section.figure,.short{display:inline-block;width:100%;vertical-align:top}figure .fig{max-width:150mm}
table{font-size:7pt}td,tbody th,thead th{padding-right:2mm}.dense{font-size:6.4pt}
.dense td,.dense th{padding-right:1.1mm!important}.stacked{font-size:6.2pt}
.stacked td,.stacked tbody th,.stacked thead th{padding-right:1.1mm!important}
.stacked td.n{white-space:nowrap}td.words{min-width:0}thead{display:table-header-group}
figcaption,.small{font-size:8pt}a{text-decoration:none}pre{font-size:8pt}}
"""


def page_rules() -> str:
    """Write the page's whole CSS."""
    schemes = f":root{{color-scheme:light dark;--serif:{_SERIF};{_variables(LIGHT)}}}"
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    parts = (schemes, dark, _TEXT, _HEAD, _VERDICT, _BODY, figure_rules(), _NARROW, _PRINT)
    return "\n".join(part.strip() for part in parts)


def _variables(palette: Palette) -> str:
    names = ("paper", "ink", "muted", "hairline", "wash", "accent")
    return ";".join(f"--{name}:{getattr(palette, name)}" for name in names)
