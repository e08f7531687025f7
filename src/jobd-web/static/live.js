// Makes the pages live: loads them anew when something happens and puts in the parts that changed, goes on with logs, asks
// before what can't be undone without leaving the page. Without it the pages work too.
"use strict";
(() => {
	const prefix = document.body.dataset.prefix;
	const one = (selector, from = document) => from.querySelector(selector);
	const all = (selector, from = document) => [...from.querySelectorAll(selector)];

	// On a narrow screen the tabs are a row that scrolls.
	one("header nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

	// The live parts: elements with data-live and an id.

	let waiting = 0, busy = false, again = false;

	// The old tree becomes the fresh one with as few changes as there are: what has the focus, is chosen, pointed at or scrolled
	// stays as it is. Rows of tables are known by their head.
	const nameOf = (row) => row.nodeName === "TR" ? one("th", row)?.textContent : undefined;
	const haveNames = (body) => new Set([...body.children].map(nameOf)).size === body.children.length;
	const inUse = (element) => element === document.activeElement && element.matches("input:not([type=checkbox]), select, textarea");

	const morphRows = (old, fresh) => {
		const known = new Map([...old.children].map((row) => [nameOf(row), row]));
		let at = old.firstElementChild;
		for (const row of fresh.children) {
			const same = known.get(nameOf(row));
			known.delete(nameOf(row));
			if (same && same === at)
				at = at.nextElementSibling;
			else
				old.insertBefore(same || document.importNode(row, true), at);
			if (same)
				morph(same, row);
		}
		known.forEach((row) => row.remove());
	};

	const morph = (old, fresh) => {
		if (old.isEqualNode(fresh) || (old.dataset && "own" in old.dataset) || inUse(old))
			return;
		if (old.nodeName !== fresh.nodeName) {
			old.replaceWith(document.importNode(fresh, true));
			return;
		}
		if (old.nodeType !== Node.ELEMENT_NODE) {
			old.data = fresh.data;
			return;
		}
		[...old.attributes].filter((attribute) => !fresh.hasAttribute(attribute.name)).forEach((attribute) => old.removeAttribute(attribute.name));
		[...fresh.attributes].forEach((attribute) => old.setAttribute(attribute.name, attribute.value));
		if (old.nodeName === "TBODY" && haveNames(old) && haveNames(fresh)) {
			morphRows(old, fresh);
			return;
		}
		const before = [...old.childNodes], after = [...fresh.childNodes];
		after.forEach((node, i) => before[i] ? morph(before[i], node) : old.append(document.importNode(node, true)));
		before.slice(after.length).forEach((node) => node.remove());
	};

	const load = async () => {
		waiting = 0;
		if (document.hidden || one("dialog") || busy) {
			again = busy;
			return;
		}
		busy = true;
		try {
			const response = await fetch(location.href, { headers: { Accept: "text/html" } });
			if (response.ok && !response.redirected) {
				const page = new DOMParser().parseFromString(await response.text(), "text/html");
				for (const old of all("[data-live]")) {
					const fresh = page.getElementById(old.id);
					if (fresh)
						morph(old, fresh);
				}
				choices(document);
			}
		} catch {
			// The next event tries again.
		}
		busy = false;
		if (again) {
			again = false;
			soon();
		}
	};

	const soon = () => {
		if (!waiting)
			waiting = setTimeout(load, 400);
	};

	// Only while somebody looks: a browser has few connections to one server, and each of its pages would keep some.
	const whileSeen = (begin, end) => {
		const look = () => document.hidden ? end() : begin();
		document.addEventListener("visibilitychange", look);
		window.addEventListener("pagehide", end);
		look();
	};

	if (one("[data-live]")) {
		let events;
		whileSeen(() => {
			events = new EventSource(prefix + "/api/v1/events");
			// The stream begins with a reset: something may have happened since the page was made.
			["program", "job", "reset"].forEach((name) => events.addEventListener(name, soon));
		}, () => events?.close());
		// A page with charts is what takes their samples.
		if (one("#samples"))
			setInterval(() => document.hidden || soon(), 5000);
	}

	// "5 min ago" grows older.

	const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
	const distance = (seconds) => {
		const [size, name] = units.find(([unit]) => seconds >= 2 * unit) || units[3];
		return `${Math.floor(seconds / size)} ${name}`;
	};
	const grow = () => all("time[datetime]").forEach((time) => {
		const seconds = Math.trunc((Date.now() - Date.parse(time.dateTime)) / 1000);
		time.textContent = seconds === 0 ? "now" : seconds > 0 ? `${distance(seconds)} ago` : `in ${distance(-seconds)}`;
	});
	setInterval(() => document.hidden || grow(), 10000);

	// One box for all boxes of a table.

	const choices = (from) => all("thead th:first-child", from).forEach((head) => {
		const boxes = () => all("tbody td.select input", head.closest("table"));
		if (!boxes().length || "own" in head.dataset)
			return;
		head.dataset.own = "";
		const box = document.createElement("input");
		box.type = "checkbox";
		box.setAttribute("aria-label", "Select all");
		box.addEventListener("change", () => boxes().forEach((other) => { other.checked = box.checked; }));
		head.replaceChildren(box);
	});
	choices(document);

	// The question that the server asks on a page of its own is asked here.

	const ask = (title, text, label) => new Promise((done) => {
		const dialog = document.createElement("dialog");
		const make = (name, content, more = {}) => Object.assign(document.createElement(name), { textContent: content }, more);
		const actions = make("form", "", { method: "dialog", className: "actions" });
		actions.append(make("button", "Go back", { value: "" }), make("button", label, { value: "yes", className: "danger" }));
		dialog.append(make("h2", title, { id: "question" }), make("p", text), actions);
		dialog.setAttribute("aria-labelledby", "question");
		dialog.addEventListener("close", () => { dialog.remove(); soon(); done(dialog.returnValue === "yes"); });
		document.body.append(dialog);
		dialog.showModal();
	});

	document.addEventListener("submit", async (event) => {
		const form = event.target, button = event.submitter;
		if (!form.dataset.sure || !button)
			return;
		event.preventDefault();
		if (!await ask(`${button.getAttribute("aria-label") || button.textContent}?`, form.dataset.sure, button.textContent))
			return;
		const sure = Object.assign(document.createElement("input"), { type: "hidden", name: "sure", value: "1" });
		form.append(sure);
		// Its row may have gone meanwhile.
		if (!form.isConnected)
			document.body.append(form);
		form.submit();
	});

	// The log goes on; the field above it shows only the lines with what is in it.

	const log = one("#log");
	if (log) {
		const lines_max = 5000, find = one("#find");
		let lines = log.textContent.split("\n"), rest = lines.pop();
		const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
		const show = (line) => {
			const wanted = find.value, piece = document.createDocumentFragment();
			if (wanted && !line.includes(wanted))
				return piece;
			(wanted ? line.split(wanted) : [line]).forEach((part, i) => {
				if (i > 0)
					piece.append(Object.assign(document.createElement("mark"), { textContent: wanted }));
				piece.append(part);
			});
			piece.append("\n");
			return piece;
		};
		const showAll = () => {
			const page = document.createDocumentFragment();
			lines.forEach((line) => page.append(show(line)));
			log.replaceChildren(page);
			log.scrollTop = log.scrollHeight;
		};
		const add = (text) => {
			const fresh = (rest + text).split("\n"), follows = atEnd(), page = document.createDocumentFragment();
			rest = fresh.pop();
			fresh.forEach((line) => page.append(show(line)));
			lines.push(...fresh);
			log.append(page);
			if (lines.length > lines_max + 500) {
				lines = lines.slice(-lines_max);
				showAll();
			}
			if (follows)
				log.scrollTop = log.scrollHeight;
		};
		let reading, known = true;
		const follow = async () => {
			const mine = reading = new AbortController();
			// Who comes back has missed some: the last ones are shown anew.
			const address = known ? log.dataset.follow : log.dataset.follow.replace("lines=0", "lines=500");
			try {
				const response = await fetch(address, { signal: mine.signal });
				if (!response.ok)
					throw new Error(response.statusText);
				if (!known) {
					lines = [];
					rest = "";
					showAll();
				}
				known = false;
				const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
				for (let piece; !(piece = await reader.read()).done;)
					add(piece.value);
			} catch {
				// The logger or the web side is being restarted, or nobody looks.
			}
			if (reading === mine && !mine.signal.aborted)
				setTimeout(() => reading === mine && follow(), 3000);
		};
		let typed = 0;
		find.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(showAll, 120); });
		log.scrollTop = log.scrollHeight;
		whileSeen(follow, () => reading?.abort());
	}
})();
