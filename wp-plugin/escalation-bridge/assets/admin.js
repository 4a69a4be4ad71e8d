/** Escalation Bridge in wp-admin: the connection test, and presence for as long as a page of ours is open. */
(function () {
	'use strict';

	const cfg = window.escbridgeAdmin;
	const BEAT = 45000; // Presence lasts 120 s, so two beats may be lost.
	const KEY = 'escbridge:available';

	async function post(path, body) {
		const response = await fetch(cfg.root + path, {
			method: 'POST',
			credentials: 'same-origin',
			headers: { 'Content-Type': 'application/json', 'X-WP-Nonce': cfg.nonce },
			body: JSON.stringify(body),
		});
		const data = await response.json();
		if (!response.ok) {
			throw new Error(data.message || String(response.status));
		}
		return data;
	}

	function line(ok, text) {
		const p = document.createElement('p');
		p.className = ok ? 'escbridge-good' : 'escbridge-bad';
		p.textContent = text;
		return p;
	}

	function connectionTest(button) {
		const out = document.getElementById('escbridge-test-result');
		button.addEventListener('click', async () => {
			button.disabled = true;
			out.replaceChildren(line(true, cfg.text.testing));
			try {
				const result = await post('/test', {});
				out.replaceChildren(...result.lines.map((l) => line(l.ok, cfg.text[l.scope] + ' ' + l.text)));
			} catch (e) {
				out.replaceChildren(line(false, cfg.text.failed + ' ' + e.message));
			}
			button.disabled = false;
		});
	}

	function presence(box) {
		const out = document.getElementById('escbridge-presence-text');
		let timer = 0;
		async function beat() {
			clearTimeout(timer);
			try {
				await post('/presence', { available: box.checked });
				out.textContent = box.checked ? cfg.text.on : cfg.text.off;
			} catch (e) {
				out.textContent = e.message;
			}
			if (box.checked) {
				timer = setTimeout(beat, BEAT);
			}
		}
		box.addEventListener('change', () => {
			window.localStorage.setItem(KEY, box.checked ? '1' : '');
			beat();
		});
		box.checked = window.localStorage.getItem(KEY) === '1';
		out.textContent = box.checked ? '' : cfg.text.off;
		if (box.checked) {
			beat();
		}
	}

	function pages() {
		const list = document.getElementById('escbridge-pages');
		const radios = document.querySelectorAll('input[name="escbridge_settings[where]"]');
		const show = () => { list.hidden = !Array.from(radios).some((r) => r.checked && r.value === 'pages'); };
		radios.forEach((r) => r.addEventListener('change', show));
		show();
	}

	document.addEventListener('DOMContentLoaded', () => {
		const test = document.getElementById('escbridge-test');
		const box = document.getElementById('escbridge-available');
		if (test) {
			connectionTest(test);
		}
		if (box) {
			presence(box);
		}
		if (document.getElementById('escbridge-pages')) {
			pages();
		}
	});
}());
