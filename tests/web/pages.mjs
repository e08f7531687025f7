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
const check = async (page, name) => {
	await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
	await page.evaluate(source);
	const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	for (const violation of found.violations)
		problems.push(`${name}: ${violation.id}: ${violation.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	if (wide > 0)
		problems.push(`${name}: ${wide} pixels too wide`);
};

const expect = (good, what) => {
	if (!good)
		problems.push(what);
};

// The main task of each page, by clicking.
const page = await open({});
await page.goto(base + "/");
await page.getByRole("button", { name: "Stop steady" }).click();
await page.locator("tr", { hasText: "steady" }).getByText("STOPPED").waitFor();
await page.getByRole("button", { name: "Start steady" }).click();
await page.locator("tr", { hasText: "steady" }).getByText("RUNNING").waitFor();
await page.getByRole("link", { name: "steady" }).click();
await page.locator(".log").waitFor();
await page.getByRole("link", { name: "Jobs", exact: true }).click();
await page.getByLabel("State").selectOption("dead");
await page.getByRole("button", { name: "Show" }).click();
expect(await page.locator("tbody tr").count() === 2, "two dead jobs are shown");
await page.locator("tbody input[type=checkbox]").first().check();
await page.getByRole("button", { name: "Delete" }).click();
await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
await page.locator("tbody a").first().click();
await page.getByRole("heading", { name: "Attempt 1" }).waitFor();
await page.getByRole("link", { name: "Schedules" }).click();
await page.getByRole("button", { name: "Pause nightly" }).click();
await page.getByText("paused").waitFor();
await page.getByRole("button", { name: "Run now nightly" }).click();
await page.getByRole("link", { name: "Queues" }).click();
await page.getByRole("button", { name: "Pause default" }).click();
await page.getByText("paused").waitFor();
await page.getByRole("button", { name: "Resume default" }).click();
await page.getByRole("button", { name: "Pause default" }).waitFor();
await page.getByRole("link", { name: "Workers" }).click();

// It is live: what others do is seen without a click.
await page.goto(base + "/jobs?type=seen_live");
await page.getByText("No job fits.").waitFor();
await fetch(base + "/api/v1/jobs", { method: "POST", body: '{"type":"seen_live"}' });
await page.locator("tbody tr").waitFor();
const job = await page.locator("tbody a").first().getAttribute("href");

const pages = { overview: "/", program: "/programs/steady", jobs: "/jobs", job, schedules: "/schedules", queues: "/queues", workers: "/workers", login: "/login", missing: "/jobs/nosuchjobatall" };
for (const [look, options] of Object.entries({
	light: { colorScheme: "light", viewport: { width: 1280, height: 800 } },
	dark: { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
	phone: { colorScheme: "light", viewport: { width: 375, height: 720 }, isMobile: true },
	plain: { javaScriptEnabled: false },
})) {
	const view = await open(options);
	for (const [name, path] of Object.entries(pages)) {
		await view.goto(base + path);
		if (look === "plain")
			expect(await view.locator("main h1").count() === 1, `${name} without a script`);
		else
			await check(view, `${name}-${look}`);
	}
	await view.context().close();
}
await browser.close();
console.log(problems.join("\n"));
process.exit(problems.length > 0 ? 1 : 0);
