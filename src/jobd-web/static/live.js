// Loads the page anew when something happens, and puts in what has changed. Without it the pages work too.
"use strict";
(() => {
	const prefix = document.body.dataset.prefix;
	let waiting = 0, busy = false, again = false;

	// Not under somebody's hands.
	const inUse = () => {
		const at = document.activeElement;
		return (at && at.matches("main input, main select")) || document.querySelector("main input:checked");
	};

	const load = async () => {
		waiting = 0;
		if (document.hidden || inUse())
			return;
		if (busy) {
			again = true;
			return;
		}
		busy = true;
		try {
			const response = await fetch(location.href, { headers: { Accept: "text/html" } });
			if (response.ok && !response.redirected) {
				const page = new DOMParser().parseFromString(await response.text(), "text/html");
				const fresh = page.querySelector("main"), old = document.querySelector("main");
				const focus = document.activeElement && document.activeElement.getAttribute("aria-label");
				if (fresh && !inUse() && fresh.innerHTML !== old.innerHTML) {
					old.replaceWith(fresh);
					const log = fresh.querySelector(".log");
					if (log)
						log.scrollTop = log.scrollHeight;
					if (focus)
						[...fresh.querySelectorAll("[aria-label]")].find((e) => e.getAttribute("aria-label") === focus)?.focus();
				}
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

	if (!document.querySelector(".login")) {
		const events = new EventSource(prefix + "/api/v1/events");
		events.addEventListener("program", soon);
		events.addEventListener("job", soon);
		// Also the first one: something may have happened since the page was made.
		events.addEventListener("reset", soon);
		document.addEventListener("visibilitychange", soon);
		window.addEventListener("pagehide", () => events.close());
	}
	const log = document.querySelector(".log");
	if (log)
		log.scrollTop = log.scrollHeight;
})();
