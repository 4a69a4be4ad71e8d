/**
 * The chat's window. The conversation is kept in this browser: a reload and a second tab show the same.
 * A message has its id before it is sent: sent again it is the same.
 */
(function () {
	'use strict';

	const ui = window.escbridgeBoot; // Of launcher.js.
	const { cfg, h, icon } = ui;
	const T = cfg.text;
	const CLOCK = 'M12 7v5.2l3.3 2M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17z';
	const KEY = 'escbridge:' + cfg.site;
	const RETRY_SECONDS = [3, 8, 20, 35, 60];
	const STALE_SENDING = 70000; // Longer than for an answer.
	const MAX_ITEMS = 300;
	const LATE = { status: 0, data: {} };
	const tab = uuid();

	/* ---------- what is kept ---------- */

	let full = false;
	let c = fresh(); // Alone where storage is refused or full.
	let nonce = cfg.nonce || '';
	let opened = false;
	let busy = false;
	let starting = null;
	let pollTimer = 0;
	let pollFails = 0;
	let retryTimer = 0;
	let retries = 0;
	ui.nodes = {};

	/** What is stored, unless somebody's who was logged in. */
	function load() {
		try {
			const kept = !full && JSON.parse(localStorage.getItem(KEY));
			return kept && (!kept.who || kept.who === cfg.who) ? kept : c;
		} catch (e) {
			return c;
		}
	}

	function save() {
		try {
			localStorage.setItem(KEY, JSON.stringify(c));
			full = false;
		} catch (e) {
			full = true; // What is there is older.
		}
	}

	function fresh() {
		return { sid: '', token: '', until: 0, who: cfg.who || '', state: 'open', last: 0, items: [], unread: 0, poll: 5000 };
	}

	/** Another tab may have written since. */
	function change(fn) {
		const before = c.state + c.sid;
		const stored = load();
		if (!c.sid || stored.sid === c.sid) {
			c = stored;
		}
		fn();
		c.items = c.items.slice(-MAX_ITEMS);
		save();
		render();
		if (c.sid && before !== c.state + c.sid) {
			tell('state', { state: c.state });
		}
	}

	/** To the page's scripts, without text. */
	function tell(what, detail) {
		document.dispatchEvent(new CustomEvent('escbridge:' + what, { detail: { session_id: c.sid, ...detail } }));
	}

	function usable(stored) {
		return stored.until > Date.now() + 5000;
	}

	function undelivered(item) {
		return item.st && item.st !== 'sent';
	}

	/** Words that have not arrived outlive the token. */
	function current() {
		const stored = load();
		return usable(stored) || stored.items.some(undelivered) ? stored : fresh();
	}

	/** A visitor's clock may be days off. */
	function hold(d) {
		if (d.token) {
			c.token = d.token;
			c.until = Date.now() + d.expires_in * 1000;
		}
	}

	function add(item) {
		if (!c.items.some((i) => i.id === item.id)) {
			c.items.push({ at: Date.now(), ...item });
			if (item.k !== 'me') {
				c.unread += 1;
				announce(item);
			}
		}
	}

	function note(text) {
		add({ id: uuid(), k: 'note', text });
	}

	/* ---------- talking to the site ---------- */

	async function api(path, body) {
		const headers = { 'Content-Type': 'application/json' };
		if (c.token && path !== '/sessions') {
			headers['X-Escbridge-Token'] = c.token;
		}
		const sent = nonce;
		if (sent) {
			headers['X-WP-Nonce'] = sent;
		}
		const stop = new AbortController();
		const timer = setTimeout(() => stop.abort(), /events$/.test(path) ? 15000 : 65000); // Bots may be slow.
		try {
			const response = await fetch(cfg.root + path, { method: 'POST', credentials: 'same-origin', headers, body: JSON.stringify({ ...body, barred: c.barred }), signal: stop.signal });
			const data = await response.json().catch(() => null) || {};
			if (response.status === 403 && data.code === 'rest_cookie_invalid_nonce' && sent) {
				const renewed = await (await fetch(cfg.renew)).text(); // The page is older.
				nonce = renewed === sent || /\W/.test(renewed) ? '' : renewed; // Else the log-in has ended: on as a guest.
				return api(path, body);
			}
			const { ok, status } = response;
			const ours = ok ? data.state || data.sent || data.slots : /^(escb|bridge|rest_inv)/.test(data.code); // Else another's.
			return ours ? { status, data, wait: +response.headers.get('Retry-After') } : { status: ok ? 0 : status, data: {} };
		} catch (e) {
			return { status: 0, data: {} };
		} finally {
			clearTimeout(timer);
		}
	}

	/** LATE is what comes when the next conversation has begun. */
	async function ask(what, body) {
		const sid = c.sid;
		const got = await api('/sessions/' + sid + what, body);
		return c.sid === sid ? got : LATE;
	}

	function start() {
		starting = starting || begin().finally(() => { starting = null; });
		return starting;
	}

	async function begin() {
		const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || '';
		const got = await api('/sessions', { page_url: location.href.slice(0, 2000), locale: cfg.locale, timezone: zone });
		const down = got.status !== 201;
		const d = down ? got.data.data || {} : got.data;
		if (d.token) {
			change(() => {
				c = { ...fresh(), sid: d.session_id, items: c.items };
				take(d);
				c.down = down;
				say(down && got.data.message);
			});
		}
		schedule();
		return got;
	}

	function take(d) {
		c.down = false;
		c.left = false;
		c.barred = 0;
		hold(d);
		if (d.state && d.state !== 'unknown' && c.state !== 'closed') {
			c.state = d.state;
		}
		c.poll = d.poll_after_ms || c.poll;
		if ('needs_contact' in d) {
			c.need = !!d.needs_contact && c.state === 'escalated';
		}
		if ('channel' in d) {
			c.channel = c.state === 'escalated' ? d.channel : '';
			c.call = c.channel === 'callback' ? c.call : '';
		}
		if (c.state === 'open') {
			c.promise = null;
		}
		const say = d.notice || '';
		const was = c.promise;
		const promised = c.state === 'escalated' ? d.commitment : null;
		c.promise = promised || was; // "Tomorrow" becomes "today".
		if (!promised || (was && was.due_at === promised.due_at)) {
			if (say) {
				c.items = c.items.filter((i) => i.k !== 'note' || i.text !== say); // One standing line, not one a message.
				note(say);
			}
			return;
		}
		const inOne = say.includes(promised.text);
		if (say && !inOne) {
			note(say);
		}
		add({ id: uuid(), k: 'promise', text: inOne ? say : promised.text, core: promised.text, again: !!was });
	}

	/** What did not get through goes before it. */
	function send(text) {
		change(() => {
			c.who = c.who || cfg.who || '';
			c.items.push({ id: uuid(), k: 'me', text, at: Date.now(), st: 'failed' });
		});
		toNewest();
		again(true);
	}

	function going(item) {
		return item.st === 'sending' && item.tab === tab;
	}

	async function pump() {
		if (busy) {
			return;
		}
		busy = true;
		while (c.items.some(going)) {
			await deliver(c.items.find(going));
		}
		busy = false;
		render();
		schedule();
	}

	async function deliver(item) {
		let got = usable(c) ? await turn(item) : { status: 401 };
		if (got.status === 401) {
			c.until = 0;
			const begun = await start();
			got = begun.status === 201 ? await turn(item) : begun;
		}
		for (let n = 30; got.data.code === 'escbridge_turn_in_progress' && n; n--) {
			await new Promise((done) => setTimeout(done, 2000));
			got = await turn(item);
		}
		if (got.status !== 200 && got.status !== 202) {
			return failed(item, got);
		}
		const d = got.data;
		change(() => {
			mark((i) => i.id === item.id, d.state === 'closed' ? 'refused' : d.kept ? 'kept' : d.undelivered ? 'failed' : 'sent', { tries: 0 });
			const repeats = d.undelivered && c.items.some((i) => i.text === d.notice && i.at > Date.now() - 300000);
			take(repeats ? { ...d, notice: '' } : d);
			c.waiting = got.status === 202;
			if (d.reply) {
				add({ id: 'r' + item.id, k: 'bot', text: d.reply });
			}
			markEnd();
		});
		if (d.undelivered) {
			return retryLater();
		}
		again(); // The way is free for the others.
		return d.last_event > c.last && poll();
	}

	function turn(item) {
		change(() => mark(going, 'sending'));
		return c.items.some((i) => i.id === item.id) ? ask('/turns', { client_turn_id: item.id, message: item.text }) : LATE;
	}

	/** What nobody reads any more is for the next conversation. */
	function markEnd() {
		if (c.state === 'closed') {
			mark(undelivered, 'refused', { tries: 0 });
			add({ id: 'closed' + c.sid, k: 'mark', text: T.closed });
		}
	}

	function mark(which, st, more) {
		c.items.filter(which).forEach((i) => Object.assign(i, { st, tab, since: Date.now(), ...more }));
	}

	function failed(item, got) {
		const kept = (got.data.data || {}).kept;
		const barred = !got.data.code && /40[^148]|41|501/.test(got.status); // By a firewall that minds a word.
		const tries = barred ? (item.tries || 0) + 1 : 0;
		const forGood = [400, 413].includes(got.status) || got.data.code === 'escbridge_turn_conflict' || tries > 2;
		const st = forGood ? 'refused' : kept ? 'kept' : 'failed';
		const all = st === 'failed' && got !== LATE && (!got.status || got.status === 429 || got.status > 501); // What follows it waits.
		change(() => {
			mark((i) => i.id === item.id || (all && going(i)), st, { tries });
			c.barred = barred ? got.status : c.barred; // The owner is told with the next call that passes.
			if (got !== LATE) {
				if (!retries) {
					read(T[st] || T.notSent);
				}
				c.down = got.data.code === 'bridge_unavailable';
				say(barred ? T.barred : got.status || navigator.onLine ? !(kept && c.left) && got.data.message : T.offline);
			}
		});
		if (!forGood) {
			retryLater(got.wait);
		}
	}

	/** Not twice in a row. */
	function say(text) {
		const last = c.items.filter((i) => i.k === 'note').pop();
		if (text && !(last && last.text === text && last.at > Date.now() - 300000)) {
			note(text);
		}
	}

	function retryLater(told) {
		const seconds = told || RETRY_SECONDS[retries] || 120;
		const next = retries + 1;
		clearTimeout(retryTimer);
		retryTimer = setTimeout(() => { again(); retries = next; }, 1000 * seconds);
	}

	/** Under the same id; what WordPress keeps too: only its answer tells. */
	function again(butKept) {
		clearTimeout(retryTimer);
		retries = 0;
		if (c.items.length) {
			change(() => mark((i) => i.st === 'failed' || (i.st === 'kept' && !butKept) || (i.st === 'sending' && !(i.since > Date.now() - STALE_SENDING)), 'sending'));
			if (c.items.some((i) => i.st === 'sending' && !going(i))) { // That tab may be gone.
				retryTimer = setTimeout(again, STALE_SENDING);
			}
			pump();
		}
	}

	/* ---------- what a person, or a late reply, adds ---------- */

	function awaited() {
		return c.sid && (c.state === 'escalated' || c.waiting) && !document.hidden;
	}

	function schedule() {
		clearTimeout(pollTimer);
		if (awaited()) {
			pollTimer = setTimeout(poll, Math.min(60000, Math.max(1000, c.poll) * 2 ** pollFails * (opened ? 1 : 3)));
		}
	}

	async function poll() {
		clearTimeout(pollTimer);
		if (!usable(c)) {
			return;
		}
		const { due_at: due } = c.promise || {};
		const got = await ask('/events', { after: c.last });
		if (got.status === 200) {
			pollFails = 0;
			const late = (c.promise || {}).due_at !== due; // Older than c.
			change(() => {
				got.data.events.forEach((e) => happened(e, got.data));
				late || take({ ...got.data, notice: '' });
			});
		} else if (got.status === 401) {
			change(() => { c.until = 0; });
		} else if (got !== LATE) {
			pollFails = Math.min(4, pollFails + 1);
		}
		schedule();
	}

	function happened(e, page) {
		if (e.n <= c.last) {
			return;
		}
		c.last = e.n;
		c.waiting = c.waiting && e.kind === 'agent'; // All else is the answer, or came of it.
		const item = { id: 'e' + c.sid + e.n, text: e.text, at: Date.parse(e.at) || Date.now() };
		if (e.kind === 'agent') {
			add({ ...item, k: 'agent', name: e.author || '' });
		} else if (e.kind === 'reply') {
			add({ ...item, k: 'bot' });
		} else if (e.kind === 'commitment') {
			if (!c.items.some((i) => i.k === 'promise' && i.text.includes(e.text))) { // The first came with its verdict.
				add({ ...item, k: 'promise', core: e.text, again: !!c.promise });
				c.promise = page.commitment || c.promise;
			}
		} else if (e.kind === 'released' || e.kind === 'closed') {
			c.promise = null;
			c.need = false;
			add({ ...item, k: 'mark', text: e.text || (e.kind === 'closed' ? T.closed : T.released) });
		} else if (e.text && !c.items.slice(-6).some((i) => i.text === e.text)) {
			add({ ...item, k: 'note' });
		}
	}

	/* ---------- the form ---------- */

	async function sendContact(body, told = [...c.items]) {
		if (!usable(c)) {
			await start();
		}
		do {
			body.transcript = told.map((i) => ({ who: (i.name || author(i)).slice(0, 80), text: i.text }));
		} while (new Blob([JSON.stringify(body)]).size > 60000 && told.splice(told.findIndex((i) => i.st !== 'failed'), 1));
		const got = await ask('/contact', body);
		if (got.status > 400 && !got.data.code && told[0]) {
			return sendContact(body, []);
		}
		if (got.status !== 200) {
			return got === LATE ? '' : got.data.message || T.formFailed;
		}
		const byMail = !!got.data.mail;
		change(() => {
			mark((i) => byMail && i.st === 'failed' && told.some(({ id }) => id === i.id), 'sent', { tries: 0 }); // By that mail.
			mark((i) => i.tries, 'refused', { tries: 0 });
			if (byMail || got.data.kept) {
				c.left = true; // The form is offered once an outage.
				c.down = false;
				c.need = false;
				note(got.data.notice);
				return;
			}
			take(got.data);
			c.need = false;
			c.phone = c.phone || !!body.phone;
			if (!got.data.notice) {
				note(T.formSaved);
			}
		});
		if (!byMail) {
			again();
		}
		return '';
	}

	/* ---------- a time for a call ---------- */

	async function chooseTime(error) {
		ui.callOpen.disabled = true;
		const got = await ask('/slots', {});
		ui.callOpen.disabled = false;
		if (got === LATE) {
			return;
		}
		const slots = got.data.slots || [];
		ui.callError.textContent = error || (got.status !== 200 ? got.data.message || T.formFailed : slots.length ? '' : T.callNone);
		ui.callForm.before(ui.callError);
		ui.days.replaceChildren(...byDay(slots, got.data.timezone));
		choosing(slots.length > 0);
		(ui.days.querySelector('input') || ui.callOpen).focus();
	}

	function choosing(on) {
		ui.callForm.hidden = !on;
		ui.callOpen.hidden = on;
	}

	/** Under the visitor's own days, beside the team's time where that differs. */
	function byDay(slots, zone) {
		const shift = ({ starts_at: at }) => new Date(at).getTimezoneOffset();
		const turned = slots.some((slot) => shift(slot) !== shift(slots[0])); // Then one time may come twice.
		const time = { hour: 'numeric', minute: '2-digit', timeZoneName: turned ? 'short' : undefined };
		const date = { weekday: 'long', month: 'long', day: 'numeric' };
		const days = new Map();
		try {
			Intl.DateTimeFormat('en', { timeZone: zone });
		} catch (e) {
			zone = undefined;
		}
		slots.forEach((slot) => {
			const say = (how, timeZone) => new Date(slot.starts_at).toLocaleString(cfg.locale, { timeZone, ...how });
			const day = say(date);
			const weekday = say(date, zone) === day ? {} : { weekday: 'short' };
			const theirs = day + say(time) !== say(date, zone) + say(time, zone) && h('small', {}, ' ' + say({ ...time, timeZoneName: 'short', ...weekday }, zone));
			const label = h('label', {}, h('input', { type: 'radio', name: 'slot', value: slot.id }), h('span', {}, say(time), theirs));
			days.set(day, (days.get(day) || []).concat(label));
		});
		return Array.from(days, ([day, labels], i) => h('details', { open: i === 0 }, h('summary', {}, day), h('div', { className: 'times', role: 'group', 'aria-label': day }, ...labels)));
	}

	async function book(e) {
		e.preventDefault();
		const slot = ui.callForm.querySelector(':checked');
		const phone = ui.callPhone.value.trim();
		if (!slot) {
			return amiss(T.callNeed, ui.days.querySelector('summary'));
		}
		if (!c.phone && phone.length < 5) {
			return amiss(T.callPhone, ui.callPhone);
		}
		ui.callBook.disabled = true;
		const got = await ask('/contact', { callback_slot: slot.value, ...(phone && { phone }) });
		ui.callBook.disabled = false;
		if (got === LATE) {
			return;
		}
		if (got.data.code === 'escbridge_slot_taken') {
			return chooseTime(got.data.message);
		}
		if (got.status !== 200) {
			change(() => { c.phone = c.phone && got.data.code !== 'escbridge_phone'; });
			return amiss(got.data.message || T.formFailed, c.phone ? ui.callBook : ui.callPhone);
		}
		choosing(false);
		ui.callError.textContent = '';
		change(() => {
			c.call = slot.value;
			c.phone = true;
			take(got.data);
		});
		return ui.input.focus(); // The form is gone.
	}

	function amiss(text, where) {
		ui.callError.textContent = text;
		where.closest('form > *').before(ui.callError); // In sight.
		where.focus();
	}

	function saveTranscript() {
		const when = (at) => new Date(at).toLocaleString(cfg.locale, { dateStyle: 'medium', timeStyle: 'short' });
		const lines = c.items.map((i) => when(i.at) + '  ' + author(i) + ': ' + i.text);
		const href = URL.createObjectURL(new Blob([lines.join('\n\n') + '\n'], { type: 'text/plain;charset=utf-8' }));
		h('a', { href, download: (cfg.title || T.dialog) + '.txt' }).click();
		setTimeout(() => URL.revokeObjectURL(href), 10000);
	}

	async function end() {
		const got = await ask('/close', {});
		if (got === LATE) {
			return;
		}
		change(() => {
			if (got.status === 200) {
				take(got.data);
			} else if (got.status === 401) {
				c.state = 'closed';
			} else {
				say(T.formFailed);
			}
			markEnd();
		});
		if (ui.end.hidden) {
			(ui.again.hidden ? ui.input : ui.again).focus(); // The pressed button is gone.
		}
	}

	/* ---------- the window ---------- */

	/** On http browsers have no randomUUID. */
	function uuid() {
		const digit = () => (crypto.getRandomValues(new Uint8Array(1))[0] % 16).toString(16);
		return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, digit);
	}

	/** Never markup. */
	function withLinks(text) {
		const out = document.createDocumentFragment();
		String(text).split(/(https?:\/\/(?:\([^\s<>"()]*\)|[^\s<>"()])*(?:\([^\s<>"()]*\)|[^\s<>"()'.,;:!?\]]))/).forEach((part, i) => {
			out.append(i % 2 ? h('a', { href: part, rel: 'noopener nofollow', target: '_blank' }, part) : part);
		});
		return out;
	}

	function author(item) {
		return { me: T.you, bot: T.assistant, agent: item.name || T.agent }[item.k] || T.service;
	}

	/** Out loud, and only once. */
	function read(text) {
		const line = h('p', {}, text);
		ui.live.append(line);
		setTimeout(() => line.remove(), 1000);
	}

	function announce(item) {
		read(author(item) + ': ' + item.text);
		tell('message', { from: { bot: 'assistant', agent: 'agent' }[item.k] || 'service' });
	}

	function panel() {
		const input = h('textarea', { id: 'message', rows: 1, value: remembered().slice(1), autocomplete: 'off', oninput: grow, onkeydown: onKey });
		ui.label = h('label', { className: 'sr', htmlFor: 'message' });
		ui.input = input;
		ui.status = h('span');
		ui.log = h('div', { className: 'log', role: 'log', 'aria-live': 'off', 'aria-label': T.log });
		ui.typing = h('div', { className: 'typing' }, h('span', { className: 'sr' }, T.typing), h('i'), h('i'), h('i'));
		ui.form = contactForm();
		ui.call = callForm();
		ui.pinText = h('span');
		ui.pin = h('div', { className: 'pin' }, icon(CLOCK), ui.pinText);
		ui.scroll = h('div', { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': T.log, onscroll: showPin }, ui.log, ui.typing, ui.call, ui.form);
		ui.person = h('button', { type: 'button', className: 'link', onclick: (e) => { e.detail > 1 || send(T.person); input.focus(); } }, T.person);
		ui.end = h('button', { type: 'button', className: 'link', onclick: end }, T.end);
		ui.again = h('button', { type: 'button', className: 'primary again', onclick: anew }, T.again);
		ui.composer = h('form', { className: 'composer', onsubmit: (e) => { e.preventDefault(); submit(); } }, ui.label, input,
			h('button', { type: 'submit', className: 'send', 'aria-label': T.send }, icon('M4.5 12L20 4.5 15.5 20l-3.7-6.3z')));
		ui.keep = h('button', { type: 'button', className: 'link', onclick: saveTranscript }, T.save);
		ui.foot = h('div', { className: 'foot' }, ui.person, ui.keep, ui.end);
		ui.panel = h('section', { id: 'panel', className: 'panel', role: 'dialog', 'aria-labelledby': 'title', hidden: true, onkeydown: onPanelKey },
			h('div', { className: 'head' },
				h('span', { className: 'logo' }, ui.button.firstChild.cloneNode(true)),
				h('div', { className: 'names' }, h('h2', { id: 'title' }, cfg.title || T.dialog), h('p', { className: 'status' }, h('i', { className: 'dot' }), ui.status)),
				h('button', { type: 'button', className: 'close', 'aria-label': T.close, onclick: close }, ui.button.children[1].cloneNode(true))),
			ui.pin, ui.scroll, ui.again, ui.composer, ui.foot);
		ui.root.append(ui.panel);
		ui.button.setAttribute('aria-controls', 'panel');
		const fit = () => ui.panel.style.setProperty('--viewport', visualViewport.height + 'px');
		visualViewport.addEventListener('resize', fit);
		fit();
		return new Promise((done) => ui.root.append(h('link', { rel: 'stylesheet', href: cfg.css, onload: done, onerror: done })));
	}

	function field(name, type, label, auto, optional) {
		return h('label', { className: name }, h('span', {}, label, optional && h('small', {}, ' ' + T.optional)), h('input', { name, type, autocomplete: auto, maxLength: { email: 254, name: 120, phone: 32 }[name] }));
	}

	function callForm() {
		ui.callOpen = h('button', { type: 'button', className: 'primary', onclick: () => chooseTime('') });
		ui.callError = h('p', { className: 'error', role: 'alert' });
		ui.days = h('div');
		ui.callTel = field('phone', 'tel', T.formPhone, 'tel');
		ui.callPhone = ui.callTel.querySelector('input');
		ui.callBook = h('button', { type: 'submit', className: 'primary' }, T.callBook);
		ui.callForm = h('form', { hidden: true, noValidate: true, 'aria-labelledby': 'call-title', onsubmit: book }, ui.days, ui.callTel, ui.callBook);
		ui.callTitle = h('h3', { id: 'call-title' });
		ui.callHint = h('p', {}, T.callHint);
		return h('section', { className: 'contact call' }, ui.callTitle, ui.callHint, ui.callError, ui.callForm, ui.callOpen);
	}

	function contactForm() {
		ui.formTitle = h('h3', { id: 'form-title' });
		ui.formError = h('p', { className: 'error', role: 'alert' });
		const form = h('form', { className: 'contact', noValidate: true, 'aria-labelledby': 'form-title' }, ui.formTitle, h('p', {}, T.formHint),
			field('email', 'email', T.formEmail, 'email'), field('phone', 'tel', T.formPhone, 'tel', true), field('name', 'text', T.formName, 'name', true),
			ui.formError, h('button', { type: 'submit', className: 'primary' }, T.formSend));
		form.addEventListener('submit', async (e) => {
			e.preventDefault();
			const given = Object.fromEntries([...new FormData(form)].filter(([, text]) => text.trim()));
			const bad = form.elements.email.validity.valid ? !(given.email || given.phone) && T.formNeed : T.formWrong;
			ui.formError.textContent = bad || '';
			if (bad) {
				return form.elements.email.focus();
			}
			form.lastChild.disabled = true;
			ui.formError.textContent = await sendContact(given);
			form.lastChild.disabled = false;
			if (!ui.formError.textContent) {
				ui.input.focus(); // The form is gone.
			}
		});
		return form;
	}

	function bubble(item) {
		const state = h('p', { className: 'state' });
		const clock = new Date(item.at).toLocaleTimeString(cfg.locale, { hour: 'numeric', minute: '2-digit' });
		const who = h('p', { className: 'who' }, h('b', {}, author(item)), h('time', {}, clock));
		const text = h('div', { className: 'text' });
		const parts = item.k === 'promise' && item.core ? item.text.split(item.core) : [item.text];
		parts.forEach((part, i) => text.append(i ? h('strong', {}, item.core) : '', withLinks(part)));
		const node = h('div', { className: 'item ' + item.k });
		if (item.k === 'promise') {
			node.append(h('span', { className: 'face' }, icon(CLOCK)), h('div', {}, h('h3', {}, item.again ? T.promiseNew : T.promise), text));
		} else if (item.k === 'mark') {
			node.append(text);
		} else if (item.k === 'note') {
			node.append(h('span', { className: 'sr' }, T.service + ': '), text);
		} else {
			if (item.k === 'agent') {
				node.append(h('span', { className: 'face', 'aria-hidden': 'true' }, [...author(item).trim().toUpperCase()][0]));
			}
			node.append(h('div', { className: 'body' }, who, text, state));
		}
		return { node, state, st: null };
	}

	function showState(entry, { st, tries }) {
		const now = [st, tries].join();
		if (entry.st === now) {
			return;
		}
		entry.st = now;
		const lost = st === 'failed' || st === 'refused';
		entry.node.classList.toggle('pending', st === 'sending');
		entry.node.classList.toggle('failed', lost);
		entry.state.replaceChildren(lost ? T.notSent + ' ' : T[st] || '',
			st === 'failed' || (lost && tries) ? h('button', { type: 'button', className: 'link', onclick: onRetry }, T.retry) : '');
	}

	function onRetry() {
		change(() => mark((i) => i.tries, 'failed', { tries: 0 }));
		again();
		ui.input.focus();
	}

	function render() {
		if (opened && c.unread) {
			c.unread = 0;
			save();
		}
		ui.badge.hidden = !c.unread;
		ui.badge.textContent = Math.min(c.unread, 9);
		ui.button.setAttribute('aria-label', (opened ? T.close : T.open) + (c.unread ? ', ' + T.unread : ''));
		if (!ui.panel) {
			return;
		}
		const newest = ui.log.lastChild;
		const stick = newest && topOf(newest) < ui.scroll.scrollTop + ui.scroll.clientHeight;
		const items = [{ id: 'greeting', k: 'bot', text: cfg.greeting, at: c.items.length ? c.items[0].at : Date.now() }].concat(c.items);
		const keep = {};
		let previous = '';
		items.forEach((item) => {
			const entry = ui.nodes[item.id] || bubble(item);
			keep[item.id] = entry;
			entry.node.classList.toggle('follows', previous === item.k + (item.name || ''));
			previous = item.k + (item.name || '');
			showState(entry, item);
			if (!entry.node.parentNode) {
				ui.log.append(entry.node);
			}
		});
		Object.keys(ui.nodes).forEach((id) => keep[id] || ui.nodes[id].node.remove());
		ui.nodes = keep;
		const escalated = c.state === 'escalated';
		const closed = c.state === 'closed';
		ui.panel.dataset.state = c.down ? 'down' : c.state;
		ui.status.textContent = closed ? T.statusEnd : escalated ? T.statusWait : c.down ? T.statusDown : T.statusOpen;
		const card = c.items.filter((i) => i.k === 'promise').pop();
		ui.card = escalated && c.promise && card ? ui.nodes[card.id] : null;
		ui.answered = !!card && c.items.slice(c.items.indexOf(card)).some((i) => i.k === 'agent');
		ui.pinText.textContent = c.promise ? c.promise.text : '';
		ui.label.textContent = escalated ? T.labelTeam : T.label;
		ui.input.placeholder = escalated ? T.hintTeam : T.hint;
		ui.typing.hidden = escalated || !(c.waiting || c.items.some((i) => i.st === 'sending'));
		ui.form.hidden = closed || !(c.need || c.items.some((i) => i.tries) || (c.down && !c.left));
		ui.call.hidden = !escalated || c.down || c.channel !== 'callback' || ui.answered;
		ui.callTitle.textContent = c.call ? T.callBooked : T.callTitle;
		ui.callHint.hidden = !!c.call;
		ui.callOpen.textContent = c.call ? T.callOther : T.callOpen;
		ui.callOpen.className = c.call ? 'link' : 'primary';
		ui.callTel.hidden = !!c.phone;
		ui.formTitle.textContent = c.down ? T.formDown : T.formTitle;
		ui.again.hidden = !closed;
		ui.composer.hidden = closed;
		ui.person.hidden = escalated || closed || c.down;
		ui.end.hidden = ui.person.hidden || !c.items.length;
		ui.keep.hidden = !c.items.length;
		if (ui.card && !ui.card.shown) {
			ui.card.shown = true;
			ui.scroll.scrollTop = topOf(ui.card.node);
		} else if (stick && ui.scroll.scrollHeight !== ui.height) {
			toNewest();
		}
		ui.height = ui.scroll.scrollHeight;
		showPin();
	}

	/** The promise stays in sight until a person has answered; nothing moves for it. */
	function showPin() {
		const card = ui.card && (ui.card.node.querySelector('strong') || ui.card.node).getBoundingClientRect();
		const view = ui.scroll.getBoundingClientRect();
		ui.pin.hidden = !(c.promise && c.state === 'escalated') || ui.answered || !!(card && card.top >= view.top - 4 && card.bottom <= view.bottom);
		const moved = ui.scroll.getBoundingClientRect().top - view.top;
		if (moved) {
			ui.scroll.scrollTop += moved;
		}
	}

	function topOf(node) {
		return node.offsetTop - ui.scroll.offsetTop - 12;
	}

	/** From its first line on. */
	function toNewest() {
		ui.scroll.scrollTop = topOf(ui.log.lastChild);
	}

	function grow() {
		ui.input.style.blockSize = 'auto';
		ui.input.style.blockSize = Math.min(140, ui.input.scrollHeight) + 'px';
	}

	function composing(e) {
		return e.isComposing || e.keyCode === 229;
	}

	function onKey(e) {
		if (e.key === 'Enter' && !e.shiftKey && !composing(e)) {
			e.preventDefault();
			submit();
		}
	}

	function onPanelKey(e) {
		if (e.key === 'Escape' && !composing(e)) {
			close();
		} else if (e.key === 'Tab' && covers()) { // The focus stays in it.
			const buttons = [...ui.panel.querySelectorAll('button')].filter((one) => one.offsetParent);
			const ends = e.shiftKey ? buttons : buttons.reverse();
			if (ui.root.activeElement === ends[0]) {
				e.preventDefault();
				ends.pop().focus();
			}
		}
	}

	function submit() {
		const text = ui.input.value.trim();
		if (text) {
			ui.input.value = '';
			grow();
			text.match(/[^]{1,4000}(?!\S)|[^]{1,4000}/gu).forEach(send); // No more at once passes.
		}
	}

	function anew() {
		ui.input.value = [...c.items.filter(undelivered).map((i) => i.text), ui.input.value].join('\n').trim();
		c = fresh();
		save();
		render();
		grow();
		start();
		ui.input.focus();
	}

	async function open(byHand) {
		if (opened) {
			return ui.input.focus();
		}
		opened = true;
		ui.from = document.activeElement;
		tell('open');
		if (!ui.panel) {
			c = current();
			await panel();
		}
		showOrHide();
		toNewest();
		if (byHand) {
			ui.input.focus();
		}
		usable(c) ? poll() : start();
		again();
	}

	function close() {
		if (!opened) {
			return;
		}
		opened = false;
		tell('close');
		showOrHide();
		ui.button.focus();
		ui.from.focus();
	}

	function showOrHide() {
		ui.panel.hidden = !opened;
		ui.panel.setAttribute('aria-modal', covers());
		(opened ? ui.panel : ui.root).prepend(ui.live); // Nothing else is read out.
		ui.button.setAttribute('aria-expanded', opened);
		ui.root.host.classList.toggle('open', opened);
		remember();
		render();
	}

	function covers() {
		return opened && innerWidth <= 600;
	}

	/** What is being written, and if the window is open. */
	function remember() {
		try {
			sessionStorage.setItem(KEY, (opened && !covers() ? 1 : 0) + ui.input.value);
		} catch (e) {}
	}

	function remembered() {
		try {
			return sessionStorage.getItem(KEY) || '';
		} catch (e) {
			return '';
		}
	}

	/** After a reload. */
	function resume() {
		c = current();
		if (!c.sid && !c.items.length) {
			try {
				localStorage.removeItem(KEY);
				sessionStorage.removeItem(KEY);
			} catch (e) {}
			return;
		}
		const mine = remembered(); // A new tab leaves to the other what it sends.
		change(() => mark((i) => mine && i.st === 'sending', 'sending'));
		if (mine[0] === '1') {
			open(false);
		} else {
			schedule();
			again();
		}
	}

	resume();
	ui.ready({ toggle: () => (opened ? close() : open(true)), open, close });
	addEventListener('storage', (e) => {
		if (e.key === KEY && (c.sid || opened)) {
			const seen = new Set(c.items.map((i) => i.id));
			c = load();
			c.items.filter((i) => !seen.has(i.id) && i.k !== 'me').forEach(announce);
			render();
			schedule();
		}
	});
	document.addEventListener('visibilitychange', () => {
		remember();
		if (!document.hidden) {
			c = load(); // A page that the browser kept has heard nothing.
			again();
		}
		awaited() ? poll() : schedule();
	});
	addEventListener('online', () => again());
}());
