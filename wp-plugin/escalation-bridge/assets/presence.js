/** Escalation Bridge in wp-admin: who has the switch on is seen as here for as long as the Heartbeat of an open page says so. */
(function () {
	'use strict';

	const cfg = window.escbridgePresence;
	const box = document.getElementById('escbridge-available'); // On the Escalations page only.
	const out = document.getElementById('escbridge-presence-text');
	let on = cfg.on;

	function show(report) {
		on = report.on;
		if (box) {
			box.checked = on;
			out.textContent = report.text;
		}
	}

	async function turn() {
		try {
			const response = await fetch(cfg.url, {
				method: 'POST',
				credentials: 'same-origin',
				headers: { 'Content-Type': 'application/json', 'X-WP-Nonce': cfg.nonce },
				body: JSON.stringify({ available: box.checked }),
			});
			const report = await response.json();
			show(response.ok ? report : { on: box.checked, text: report.message });
		} catch (e) {
			out.textContent = e.message;
		}
	}

	wp.hooks.addAction('heartbeat.send', 'escalation-bridge', (data) => {
		if (on || box) {
			data.escbridge = 1;
		}
	});
	wp.hooks.addAction('heartbeat.tick', 'escalation-bridge', (data) => {
		if (data.escbridge) {
			show(data.escbridge);
		}
	});
	if (box) {
		box.disabled = false;
		box.addEventListener('change', turn);
		show(cfg);
	}
	if (on) {
		jQuery(() => wp.heartbeat.connectNow()); // WordPress reads each answer with what it looks up once the page stands.
	}
}());
