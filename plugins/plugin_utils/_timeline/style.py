# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a report looks, in light and in dark. Private to stemedb.cluster. Pure."""

from __future__ import annotations

STYLE = """
:root{--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--panel:#f6f8fa;--alive:#2da44e;
--suspect:#bf8700;--dead:#cf222e;--other:#6a737d;--led:#54aeff;--wait:#0969da;--change:#8250df;
--task:#8c959f;--heat0:#eef1f4;--heat1:#cfe4ff;--heat2:#9ac7ff;--heat3:#5aa2f2;--heat4:#2a78cf;
--heat5:#0b4f9e;--lead:#fff}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9198a1;--line:#30363d;
--panel:#161b22;--alive:#3fb950;--suspect:#d29922;--dead:#f85149;--other:#8b949e;--led:#1f6feb;
--wait:#58a6ff;--change:#a371f7;--task:#6e7681;--heat0:#161b22;--heat1:#12335f;--heat2:#164d94;
--heat3:#2169c7;--heat4:#5a9bee;--heat5:#a9d0ff;--lead:#0d1117}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
main{max-width:1064px;margin:0 auto;padding:24px 32px 64px}
@media (max-width:640px){main{padding:16px 12px 48px}}
h1{font-size:24px;line-height:1.25;margin:0 0 12px;overflow-wrap:anywhere}
h2{font-size:18px;margin:36px 0 8px;border-bottom:1px solid var(--line);padding-bottom:4px}
header.failed h1,header.aborted h1{color:var(--dead)}
header.succeeded h1{color:var(--alive)}
.cause{border-left:4px solid var(--dead);background:var(--panel);padding:8px 12px;margin:0 0 16px;
overflow-wrap:anywhere;white-space:pre-wrap}
dl{display:flex;flex-wrap:wrap;gap:8px 28px;margin:0}
dt{font-size:12px;color:var(--soft)}dd{margin:0;font-weight:600;overflow-wrap:anywhere}
p{margin:8px 0;color:var(--soft)}.cause{color:var(--fg)}
.scroll{overflow-x:auto;border-radius:6px}
.scroll:focus-visible{outline:2px solid var(--wait);outline-offset:2px}
svg{display:block;font:12px system-ui,sans-serif;fill:var(--fg)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:8px 0;
font-size:13px}
.legend li{display:flex;align-items:center;gap:6px}
table{border-collapse:collapse;width:100%;font-size:13px}
caption{text-align:left;color:var(--soft);padding:4px 0}
th,td{text-align:left;vertical-align:top;padding:4px 10px 4px 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600}tbody th{font-weight:600}
td{overflow-wrap:break-word;max-width:520px}td:last-child{min-width:140px}
tbody th{min-width:90px}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.head{font-weight:600;font-size:13px}
.tick,.note{fill:var(--soft);font-size:11px}
.grid{stroke:var(--line);stroke-width:1;fill:none}
.alive{fill:var(--alive)}.suspect{fill:var(--suspect)}.dead{fill:var(--dead)}
.other{fill:var(--other)}.led{fill:var(--led)}
.step,.task{fill:var(--task)}.wait{fill:var(--wait)}.change{fill:var(--change)}
.failed,.unreachable{fill:var(--dead)}.unfinished{fill:var(--suspect)}
.line{fill:none;stroke-width:2}.good{stroke:var(--alive)}.have{stroke:var(--wait)}
.goal{stroke:var(--soft);stroke-dasharray:4 3;stroke-width:1.5}
.factor{stroke:var(--soft);stroke-dasharray:2 3}
.needed{stroke:var(--dead);stroke-dasharray:6 3;stroke-width:1.5}
.heat0{fill:var(--heat0)}.heat1{fill:var(--heat1)}.heat2{fill:var(--heat2)}
.heat3{fill:var(--heat3)}.heat4{fill:var(--heat4)}.heat5{fill:var(--heat5)}
.cells{fill:none}.stroke1{stroke:var(--heat1)}.stroke2{stroke:var(--heat2)}
.stroke3{stroke:var(--heat3)}.stroke4{stroke:var(--heat4)}.stroke5{stroke:var(--heat5)}
.met{fill:var(--alive)}.unmet{fill:var(--suspect)}.silent{fill:var(--dead)}
.why{fill:#fff;font-size:11px}@media (prefers-color-scheme:dark){.why{fill:#0d1117}}
.lead{fill:var(--lead)}.total{fill:var(--task)}
@media (forced-colors:active){svg{forced-color-adjust:none}}
"""
