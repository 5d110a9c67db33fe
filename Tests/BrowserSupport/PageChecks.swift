import LedgerJSON

extension BrowserPage {
    /// What keeps people out: names, contrast, structure, sizes. One line a problem; empty where there is none.
    package func accessibilityProblems() async throws -> [String] {
        try await evaluate(Self.checks).elements.compactMap(\.string)
    }

    /// Walks the page by the Tab key; returns what has the focus at each step, and whether one can see it.
    package func tabStops(_ count: Int) async throws -> [(name: String, isVisible: Bool)] {
        var stops: [(String, Bool)] = []
        for _ in 0..<count {
            try await press("Tab")
            let stop = try await evaluate(
                """
                (() => { const e = document.activeElement; const s = getComputedStyle(e);
                return {name: (e.id ? '#' + e.id : e.tagName.toLowerCase()) + ' ' + (e.innerText ?? '').trim().slice(0, 30),
                visible: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1}; })()
                """)
            stops.append((stop["name"]?.string ?? "", stop["visible"]?.bool ?? false))
        }
        return stops
    }

    private static let checks = #"""
        (() => {
          const problems = [];
          const say = (element, text) => problems.push(`${element.tagName.toLowerCase()}${element.id ? '#' + element.id : ''}.${element.className?.baseVal ?? element.className} "${(element.innerText ?? '').trim().slice(0, 40)}": ${text}`);
          const shown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && element.getBoundingClientRect().width > 0;
          const name = (element) => {
            const by = element.getAttribute('aria-labelledby');
            if (by) return by.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
            return (element.getAttribute('aria-label') ?? [...(element.labels ?? [])].map((label) => label.textContent).join(' ')).trim()
              || (element.matches('button, a, summary') ? element.textContent.trim() : '') || (element.getAttribute('title') ?? '').trim();
          };
          if (!document.documentElement.lang) problems.push('html has no lang');
          if (!document.title) problems.push('no title');
          if (document.querySelectorAll('h1').length !== 1) problems.push('expected one h1');
          if (document.querySelectorAll('main').length !== 1) problems.push('expected one main');
          let level = 1;
          for (const heading of document.querySelectorAll('main :is(h1, h2, h3, h4)')) {
            const own = Number(heading.tagName[1]);
            if (own > level + 1) say(heading, `heading level ${own} after ${level}`);
            level = own;
          }
          const ids = new Set();
          for (const element of document.querySelectorAll('[id]')) {
            if (ids.has(element.id)) say(element, 'id twice');
            ids.add(element.id);
          }
          for (const element of document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a[href], summary')) {
            if (!shown(element)) continue;
            if (!name(element)) say(element, 'no accessible name');
            if (element.tabIndex > 0) say(element, 'positive tabindex');
            const box = element.getBoundingClientRect();
            if (element.matches('button, select, input') && element.type !== 'checkbox' && (box.width < 24 || box.height < 24)) say(element, `target ${Math.round(box.width)} by ${Math.round(box.height)}`);
          }
          for (const element of document.querySelectorAll('label[for]')) if (!document.getElementById(element.htmlFor)) say(element, 'label of nothing');
          for (const element of document.querySelectorAll('[role=region], nav, svg[role=img], progress, pre[tabindex]')) if (!name(element)) say(element, 'no label');
          for (const table of document.querySelectorAll('table')) {
            if (!table.caption && !table.closest('[aria-label]')) say(table, 'no caption');
            for (const head of table.querySelectorAll('th')) if (!head.scope) say(head, 'no scope');
          }
          for (const element of document.querySelectorAll('*')) {
            for (const attribute of element.attributes) {
              if (attribute.name === 'style' || attribute.name.startsWith('on')) say(element, `attribute ${attribute.name}`);
            }
          }
          if (document.querySelector('script:not([src])')) problems.push('inline script');
          if (document.documentElement.scrollWidth > innerWidth) {
            const wide = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('.scroll, pre'));
            problems.push(`wider than the window: ${document.documentElement.scrollWidth} of ${innerWidth}: ${wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(' | ')}`);
          }
          // Contrast (WCAG 2.2, 1.4.3) of each element that has text of its own.
          const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          const known = new Map();
          const colour = (text) => {
            if (!known.has(text)) {
              canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
              known.set(text, [...canvas.getImageData(0, 0, 1, 1).data]);
            }
            return known.get(text);
          };
          const luminance = (parts) => { const [r, g, b] = parts.map((part) => { part /= 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const ground = (element) => {
            for (let at = element; at; at = at.parentElement) {
              const found = colour(getComputedStyle(at).backgroundColor);
              if (found[3] === 255) return found;
            }
            return [255, 255, 255, 255];
          };
          const told = new Set();
          for (const element of document.querySelectorAll('body *')) {
            const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
            const isField = element.matches('input[type=text], input[type=password], select');
            if (!(own || isField) || !shown(element) || element.closest('template') || element.disabled || element.matches('option')) continue;
            const style = getComputedStyle(element);
            const inkText = element instanceof SVGElement ? style.fill : isField && !element.value ? getComputedStyle(element, '::placeholder').color : style.color;
            const [a, b] = [luminance(colour(inkText)), luminance(ground(element))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
            const key = `${inkText} ${ground(element)} ${large}`;
            if (ratio < (large ? 3 : 4.5) && !told.has(key)) { told.add(key); say(element, `contrast ${ratio.toFixed(2)} of ${inkText} on ${ground(element).slice(0, 3)}`); }
          }
          return problems;
        })()
        """#
}
