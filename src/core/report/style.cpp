#include "core/report/style.h"

namespace mlctl::report {

const char* const kStyle = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b1f27;--soft:#667085;--line:#e4e7ec;
--good:#12805c;--good-bg:#e6f4ee;--warning:#a15c07;--warning-bg:#fdf3e1;--bad:#b42318;--bad-bg:#fdecea;
--c1:#3b6fd4;--c2:#e0803a;--c3:#2a9d78;--c4:#b0489a;--c5:#8a6d3b;--c6:#5b6472}
@media (prefers-color-scheme:dark){:root{--bg:#0f1218;--card:#171b23;--ink:#e6e9ef;--soft:#98a2b3;--line:#2a303b;
--good:#4cc79b;--good-bg:#12301f;--warning:#e2ab56;--warning-bg:#33270f;--bad:#f28b82;--bad-bg:#3a1a18;
--c1:#7aa5f8;--c2:#f0a068;--c3:#58c9a3;--c4:#d884c5;--c5:#c9a86a;--c6:#9aa3b2}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"Noto Sans CJK SC",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:40px 20px 56px}
header h1{font-size:27px;line-height:1.2;font-weight:650;letter-spacing:-.015em;margin:0}
header p{color:var(--soft);margin:6px 0 0;overflow-wrap:anywhere}
.lead{margin:24px 0 0}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:22px 24px;margin:18px 0 0}
h2{font-size:17px;font-weight:620;margin:0 0 2px}
section>p.note{color:var(--soft);margin:0 0 14px;max-width:72ch}
section>p{max-width:72ch}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:14px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px;min-width:0}
section .tile{background:var(--bg)}
.tile b{display:block;font-size:24px;line-height:1.25;font-weight:640;font-variant-numeric:tabular-nums;
letter-spacing:-.01em;overflow-wrap:anywhere}
.tile span,.tile small{color:var(--soft);font-size:13px;display:block}
.tile.good b{color:var(--good)}.tile.warning b{color:var(--warning)}.tile.bad b{color:var(--bad)}
.badge{display:inline-block;border-radius:99px;padding:2px 11px;font-size:13px;font-weight:560;margin:0 6px 6px 0;
background:var(--bg);border:1px solid var(--line)}
.badge.good{color:var(--good);background:var(--good-bg);border-color:transparent}
.badge.warning{color:var(--warning);background:var(--warning-bg);border-color:transparent}
.badge.bad{color:var(--bad);background:var(--bad-bg);border-color:transparent}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{color:var(--soft);font-weight:540;font-size:13px}
th,td{text-align:right;padding:6px 10px;border-bottom:1px solid var(--line);white-space:nowrap;
font-variant-numeric:tabular-nums;vertical-align:top}
th.t,td.t{text-align:left;white-space:normal;overflow-wrap:anywhere}
tr:last-child td{border-bottom:0}
th:first-child,td:first-child{padding-left:0}
td.good{color:var(--good)}td.warning{color:var(--warning)}td.bad{color:var(--bad)}
td i{display:inline-block;vertical-align:middle;margin-left:10px;width:72px;height:6px;border-radius:3px;background:var(--line);
overflow:hidden}
td i u{display:block;height:100%;background:var(--c1)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(380px,100%),1fr));gap:20px 28px;align-items:start}
.columns>*{min-width:0}
figure{margin:8px 0 0}
figure.chart{max-width:640px}
figcaption{font-weight:560;font-size:14px;margin-bottom:4px}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font:11px system-ui,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
svg .axis{stroke:var(--line);stroke-width:1}
svg .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
svg .dash{stroke-dasharray:4 4;stroke-width:1.3}
svg .dot{fill-opacity:.55}
svg .cell{fill:var(--c1)}
svg .on{fill:#fff}
svg .cell-text{fill:var(--ink)}
svg .cell-text.on{fill:#fff}
@media (prefers-color-scheme:dark){svg .cell-text.on{fill:#0f1218}}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--soft);margin:0 0 4px}
.legend s{display:inline-block;width:14px;height:3px;border-radius:2px;vertical-align:middle;margin-right:6px}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(128px,1fr));gap:14px}
.gallery figure{margin:0;border:1px solid var(--line);border-radius:10px;overflow:hidden;background:var(--bg)}
.gallery img{display:block;width:100%;aspect-ratio:1;object-fit:contain;image-rendering:auto;background:var(--line)}
.gallery img.tiny{image-rendering:pixelated}
.gallery figcaption{padding:8px 10px 0;font-size:13px;overflow-wrap:anywhere;margin:0}
.gallery small{display:block;padding:0 10px 9px;color:var(--soft);font-size:12px;overflow-wrap:anywhere}
.gallery .bad figcaption{color:var(--bad)}.gallery .good figcaption{color:var(--good)}
.gallery .warning figcaption{color:var(--warning)}
details{margin:12px 0 0}summary{cursor:pointer;color:var(--soft)}
footer{color:var(--soft);font-size:13px;margin:22px 2px 0}
@media print{body{background:#fff}main{padding:0}section,.tile,.gallery figure{break-inside:avoid}}
)css";

}  // namespace mlctl::report
