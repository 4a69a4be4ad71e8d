/** The button. The window, chat.js, is loaded when opened, or where a conversation is under way. */
(function boot() {
	'use strict';

	const data = document.getElementById('escbridge-config');
	if (!data || window.escbridgeBoot) {
		return document.addEventListener('DOMContentLoaded', boot); // Loaded before the page.
	}
	const cfg = JSON.parse(data.textContent);

	const CSS = `:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483000!important;inset-block-end:0!important;
font:400 max(16px,1rem)/1.5 var(--escbridge-font,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif)!important}
.launcher{position:fixed;inset-block-end:max(20px,env(safe-area-inset-bottom));inset-inline-end:20px;inline-size:60px;block-size:60px;border:0;border-radius:30px;
padding:0;cursor:pointer;color:var(--escbridge-on-accent,#fff);background:var(--escbridge-accent,#1f5f5b);display:grid;place-items:center;
box-shadow:0 1px 2px rgba(16,32,32,.18),0 8px 24px rgba(16,32,32,.22)}
.launcher:hover{filter:brightness(1.1)}.launcher:focus-visible{outline:3px solid var(--escbridge-focus,#a06c0a);outline-offset:3px}
.launcher svg{inline-size:28px;block-size:28px;grid-area:1/1}:host(.open) .launcher svg:first-child,:host(:not(.open)) .launcher svg+svg{display:none}.badge{position:absolute;inset-block-start:0;inset-inline-end:0;min-inline-size:20px;block-size:20px;border-radius:10px;
background:#c2412d;color:#fff;font-size:12px;line-height:20px;font-weight:700;text-align:center;padding:0 3px;box-sizing:border-box}[hidden]{display:none!important}
.sr{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (forced-colors:active){.launcher{border:2px solid ButtonText}}@media print{:host{display:none!important}}`;

	function h(tag, props, ...children) {
		const node = document.createElement(tag);
		Object.keys(props || {}).forEach((k) => {
			if (k.slice(0, 2) === 'on') {
				node.addEventListener(k.slice(2), props[k]);
			} else if (k in node) {
				node[k] = props[k];
			} else {
				node.setAttribute(k, props[k]);
			}
		});
		node.append(...children.filter(Boolean));
		return node;
	}

	function icon(d) {
		const draw = (tag, set) => {
			const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
			Object.keys(set).forEach((k) => node.setAttribute(k, set[k]));
			return node;
		};
		const svg = draw('svg', { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linejoin': 'round', 'stroke-linecap': 'round', 'aria-hidden': true });
		svg.append(draw('path', { d }));
		return svg;
	}

	/** A strict CSP takes only a sheet. */
	function dress(root) {
		try {
			const sheet = new CSSStyleSheet();
			sheet.replaceSync(CSS);
			root.adoptedStyleSheets = [sheet];
		} catch (e) {
			root.append(h('style', {}, CSS));
		}
	}

	let chat = null;
	let wanted = ''; // Once the window is there.
	let script = null;

	function want(what) {
		wanted = what;
		if (chat) {
			chat[what](true);
		} else if (!script) {
			script = h('script', { src: cfg.js, onerror: () => { script = null; } }); // The next click tries again.
			document.head.append(script);
		}
	}

	function ready(made) {
		chat = made;
		if (wanted) {
			chat.open(true);
		}
	}

	const host = h('div', { id: 'escbridge-chat' });
	const root = host.attachShadow({ mode: 'open' });
	const badge = h('span', { className: 'badge', hidden: true });
	const button = h('button', { type: 'button', className: 'launcher', 'aria-expanded': 'false', 'aria-label': cfg.text.open, onclick: () => want('toggle') }, icon('M4 5.5h16v11h-8.5L7 20v-3.5H4z'), icon('M6 9l6 6 6-6'), badge);
	const live = h('div', { className: 'sr', 'aria-live': 'polite' });
	dress(root);
	root.append(button, live);
	document.body.append(host);
	document.addEventListener('click', (e) => {
		if (e.target.closest && e.target.closest('[data-escbridge-open]')) {
			want('open');
		}
	});
	window.escbridgeBoot = { cfg, h, icon, root, button, badge, live, ready };
	window.escbridge = { open: () => want('open'), close: () => chat && chat.close() };
	try {
		if (localStorage.getItem('escbridge:' + cfg.site)) {
			want('');
		}
	} catch (e) { /* refused */ }
}());
