// Looks at every page in a real browser: main task by clicking, axe-core, console, dark and light, phone width.
//   node pages.mjs BASE SHOTS CHROMIUM     exits 1 and says what is wrong; NODE_MODULES names the folder with the packages
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const [base, shots, executablePath] = process.argv.slice(2);
const require = createRequire(join(process.env.NODE_MODULES, "x.js"));
const { chromium } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");
const problems = [];
mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

const open = async (options) => {
	const context = await browser.newContext({ bypassCSP: false, ...options });
	const page = await context.newPage();
	page.on("console", (message) => {
		// What the browser says about a 4xx that a step asks for is no fault of the page.
		if (message.type() === "error" && !message.text().includes("status of 4"))
			problems.push(`${page.url()}: console: ${message.text()}`);
	});
	page.on("pageerror", (error) => problems.push(`${page.url()}: ${error}`));
	return page;
};

// axe is put in by the debugger, not by the page: the page allows no script but its own.
const source = await import("node:fs").then((fs) => fs.readFileSync(axe, "utf8"));
const check = async (page, name, colours) => {
	await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true, animations: "disabled" });
	if (colours)
		await page.evaluate(source);
	const found = colours && await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	for (const violation of found ? found.violations : [])
		problems.push(`${name}: ${violation.id}: ${violation.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	if (wide > 0)
		problems.push(`${name}: ${wide} pixels too wide`);
};

const expect = (good, what) => {
	if (!good)
		problems.push(what);
};

// The pages forbid eval, which waitForFunction() needs.
const until = async (where, what) => {
	for (const end = Date.now() + 15000; !await where.evaluate(what);)
		if (Date.now() > end)
			throw new Error(`${where.url()}: this did not come true: ${what}`);
		else
			await new Promise((next) => setTimeout(next, 50));
};

// The main task of each page, by clicking.
const page = await open({});
const sure = async (label) => page.getByRole("dialog").getByRole("button", { name: label, exact: true }).click();
const row = (name) => page.locator("tr", { hasText: name });
const tab = (name) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name, exact: true }).click();
await page.goto(base + "/");
await page.getByRole("img", { name: /by the hour of the last day/ }).waitFor();
await page.getByRole("list", { name: "Jobs by state" }).getByRole("link", { name: /dead/ }).click();
await page.getByRole("heading", { name: "Jobs", exact: true }).waitFor();
expect(await page.locator("tbody tr").count() === 2, "two dead jobs are shown");

await tab("Programs");
await page.getByRole("button", { name: "Stop steady" }).click();
await page.getByRole("dialog").getByRole("button", { name: "Go back" }).click();
expect(await row("steady").getByText("RUNNING").count() === 1, "a question that was answered with no stops nothing");
await page.getByRole("button", { name: "Stop steady" }).click();
await sure("Stop");
await page.getByText("steady is stopping.").waitFor();
await row("steady").getByText("STOPPED").waitFor();
await page.getByRole("button", { name: "Start steady" }).click();
await row("steady").getByText("RUNNING").waitFor();
await page.getByRole("link", { name: "talker" }).click();
await page.getByRole("img", { name: /Memory over the last 10 minutes, now \d/ }).waitFor();
await page.getByLabel("Find", { exact: true }).fill("needle <b>");
await until(page, () => document.querySelectorAll("#log mark").length === 1 && !document.querySelector("#log").textContent.includes("hay"));
await page.getByLabel("Find", { exact: true }).fill("");
await until(page, () => document.querySelector("#log").textContent.includes("hay"));
// The log goes on without anybody doing anything.
await until(page, () => { const now = document.querySelector("#log").textContent.length; window.first ??= now; return now > window.first; });

await tab("Jobs");
await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /^dead/ }).click();
await page.locator("tbody input[type=checkbox]").first().check();
await page.getByRole("button", { name: "Delete" }).click();
await page.getByRole("button", { name: "Delete" }).click();
await page.getByText("1 job was deleted.").waitFor();
await until(page, () => document.querySelectorAll("tbody tr").length === 1);
await page.getByLabel("Select all").check();
expect(await page.locator("tbody input:checked").count() === 1, "one box chooses all");
await page.locator("tbody th a").first().click();
await page.getByRole("heading", { name: "Attempt 1" }).waitFor();
await page.getByRole("link", { name: "Push one like it" }).click();
await page.getByLabel("Type", { exact: true }).fill("hello");
await page.getByLabel(/^Arguments/).fill("[1, {\"a\": \"<i>\"}]");
await page.getByLabel(/^Tags/).fill("tenant:7");
await page.getByRole("button", { name: "Push" }).click();
await page.getByText("The job was pushed.").waitFor();
await page.getByText("done", { exact: true }).first().waitFor();
await page.getByRole("link", { name: "tenant:7" }).click();
expect(await page.locator("tbody tr").count() === 1, "a tag finds its job");
await page.getByLabel("Find jobs").fill("failing");
await page.getByLabel("Find jobs").press("Enter");
await page.waitForURL(/type=failing/);

await tab("Schedules");
await page.getByRole("button", { name: "Pause nightly" }).click();
await row("nightly").getByText("paused").waitFor();
await page.getByRole("button", { name: "Resume nightly" }).click();
await page.getByRole("img", { name: "1 time today" }).waitFor();
await page.getByRole("link", { name: "nightly" }).click();
await page.getByLabel(/^Arguments/).fill("[\"by hand\"]");
await page.getByRole("button", { name: "Run with these arguments" }).click();
await page.getByRole("region", { name: "Arguments" }).getByText("by hand").waitFor();

await tab("Queues");
await page.getByRole("button", { name: "Pause default" }).click();
await page.getByText("paused", { exact: true }).waitFor();
await page.getByRole("button", { name: "Resume default" }).click();
await page.getByRole("button", { name: "Pause default" }).waitFor();
await page.getByRole("button", { name: "Clear default" }).click();
await sure("Clear");
await page.getByText("default was cleared.").waitFor();
await page.getByRole("link", { name: "default", exact: true }).click();
await page.getByLabel(/^At a time/).fill("9");
await page.getByRole("button", { name: "Set limits" }).click();
await page.getByText("default has these limits now.").waitFor();
await page.getByText("9 at a time, 50/s").waitFor();
await page.getByText("95 % are within").waitFor();
await tab("Workers");
await page.getByText("jobd-runner").waitFor();
await tab("Breakers");
await page.getByRole("heading", { name: "Breakers" }).waitFor();

await tab("Webhooks");
await row("sale").getByText("nothing yet").waitFor();
await fetch(base + "/hooks/sale", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } });
await page.reload();
await row("sale").getByText("1 signature").waitFor();
await tab("Alerts");
await row("too_many").getByText("firing").waitFor();
await tab("Audit");
await page.getByLabel("What", { exact: true }).fill("QUEUE CLEAR");
await page.getByRole("button", { name: "Show" }).click();
await until(page, () => document.querySelectorAll("tbody tr").length === 1);
await row("QUEUE CLEAR").getByText("default").waitFor();
await tab("Overview");
await page.getByText(/^Alert too_many/).waitFor();

// The theme is chosen, and stays chosen.
const theme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
await page.getByRole("button", { name: "Theme: automatic" }).click();
await page.getByRole("button", { name: "Theme: dark" }).waitFor();
expect(await theme() === "dark", "the dark theme");
await tab("Jobs");
await page.getByRole("heading", { name: "Jobs", exact: true }).waitFor();
expect(await theme() === "dark", "the dark theme on the next page");
await page.getByRole("button", { name: "Theme: dark" }).click();
await page.getByRole("button", { name: "Theme: light" }).waitFor();
expect(await theme() === "light", "the light theme");

// With keys alone: the first one leads to the content, and what has the focus is seen.
await page.goto(base + "/programs");
await page.keyboard.press("Tab");
expect(await page.evaluate(() => document.activeElement.textContent) === "To the content", "the first key leads to the content");
await page.keyboard.press("Enter");
await page.keyboard.press("Tab");
await page.keyboard.press("Tab");
expect(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none" && document.querySelector("main").contains(document.activeElement)),
	"what has the focus in the content is seen");

// Who does not look keeps no connection: more pages are open than a browser has connections to one server.
const many = [];
for (let i = 0; i < 8; i++) {
	many.push(await page.context().newPage());
	await many[i].goto(base + "/programs/talker");
	// A browser without a window has all its pages in front.
	await many[i].evaluate(() => {
		Object.defineProperty(document, "hidden", { get: () => true });
		document.dispatchEvent(new Event("visibilitychange"));
	});
}
await Promise.all(many.map((other) => other.close()));

// It is live: what others do is seen without a click, and what is chosen stays chosen.
await page.goto(base + "/jobs?type=seen_live");
await page.getByText("No job fits.").waitFor();
const push = () => fetch(base + "/api/v1/jobs", { method: "POST", body: '{"type":"seen_live"}' });
await push();
await page.locator("tbody tr").waitFor();
await page.locator("tbody input").first().check();
await push();
await until(page, () => document.querySelectorAll("tbody tr").length === 2);
expect(await page.locator("tbody input:checked").count() === 1, "a choice outlives what happens");
const job = await page.locator("tbody th a").first().getAttribute("href");

const pages = {
	overview: "/", programs: "/programs", program: "/programs/talker", jobs: "/jobs", job, dead: "/jobs?state=dead", push: "/jobs/new", queues: "/queues", queue: "/queues/default",
	schedules: "/schedules", schedule: "/schedules/nightly", workers: "/workers", breakers: "/breakers", webhooks: "/webhook-status", alerts: "/alerts", audit: "/audit", login: "/login", missing: "/jobs/nosuchjobatall",
};
const looks = {
	light: { colorScheme: "light", width: 1280, height: 800 },
	dark: { colorScheme: "dark", width: 1280, height: 800 },
	phone: { colorScheme: "light", width: 375, height: 720 },
};
const view = await open({});
const plain = await open({ javaScriptEnabled: false });
for (const [name, path] of Object.entries(pages)) {
	await view.goto(base + path);
	for (const [look, { colorScheme, ...size }] of Object.entries(looks)) {
		await view.emulateMedia({ colorScheme });
		await view.setViewportSize(size);
		await check(view, `${name}-${look}`, look !== "phone");
	}
	await plain.goto(base + path);
	expect(await plain.locator("main h1").count() === 1, `${name} without a script`);
}

// Without a script the question has a page of its own.
await plain.goto(base + "/programs");
await plain.getByRole("button", { name: "Restart steady" }).click();
await plain.getByRole("heading", { name: "Restart steady?" }).waitFor();
await plain.getByRole("button", { name: "Restart" }).click();
await plain.getByText("steady is restarting.").waitFor();
expect(new URL(plain.url()).pathname === "/programs", "back on the page that it was asked on");
await browser.close();
console.log(problems.join("\n"));
process.exit(problems.length > 0 ? 1 : 0);
