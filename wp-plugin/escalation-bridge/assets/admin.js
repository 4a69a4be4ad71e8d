/** Escalation Bridge, its settings page: the connection test, the choice of pages, and sending the site's pages. */
(function () {
	'use strict';

	const cfg = window.escbridgeAdmin;

	async function post(url, body) {
		const response = await fetch(url, {
			method: 'POST',
			credentials: 'same-origin',
			headers: { 'Content-Type': 'application/json', 'X-WP-Nonce': cfg.nonce },
			body: JSON.stringify(body),
		});
		const data = await response.json().catch(() => ({}));
		if (response.status === 401 || data.code === 'rest_cookie_invalid_nonce') {
			throw new Error(cfg.text.nonce);
		}
		if (!response.ok) {
			throw new Error(data.message || 'HTTP ' + response.status);
		}
		return data;
	}

	/** A button comes disabled from the server: before this script stands, a click would do nothing and say nothing. */
	function onClick(button, action) {
		button.addEventListener('click', async () => {
			button.disabled = true;
			await action();
			button.disabled = false;
		});
		button.disabled = false;
	}

	function line(ok, text) {
		const p = document.createElement('p');
		p.className = ok ? 'escbridge-good' : 'escbridge-bad';
		p.textContent = text;
		return p;
	}

	function connectionTest(button) {
		const out = document.getElementById('escbridge-test-result');
		onClick(button, async () => {
			out.replaceChildren(line(true, cfg.text.testing));
			try {
				const result = await post(cfg.url, {});
				const [chat, admin] = result.lines;
				const same = !chat.ok && chat.text === admin.text; // What keeps both from working is said once.
				const told = result.lines.map((l) => line(l.ok, (same ? '' : cfg.text[l.scope] + ' ') + l.text));
				out.replaceChildren(...(same ? told.slice(1) : told));
			} catch (e) {
				out.replaceChildren(line(false, cfg.text.failed + ' ' + e.message));
			}
		});
	}

	function pages() {
		const list = document.getElementById('escbridge-pages');
		const radios = document.querySelectorAll('input[name="escbridge_settings[where]"]');
		const show = () => { list.hidden = !Array.from(radios).some((r) => r.checked && r.value === 'pages'); };
		radios.forEach((r) => r.addEventListener('change', show));
		show();
	}

	function sendPages(button) {
		const out = document.getElementById('escbridge-pages-result');
		onClick(button, async () => {
			try {
				let told = await post(cfg.pages, { all: true });
				while (told.left && !told.error) {
					out.textContent = told.text;
					told = await post(cfg.pages, {});
				}
				out.textContent = told.text;
			} catch (e) {
				out.textContent = cfg.text.again;
			}
		});
	}

	document.addEventListener('DOMContentLoaded', () => {
		const button = document.getElementById('escbridge-test');
		if (button) {
			connectionTest(button);
		}
		const send = document.getElementById('escbridge-send-pages');
		if (send) {
			sendPages(send);
		}
		pages();
	});
}());
