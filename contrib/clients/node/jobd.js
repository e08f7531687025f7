// A client and a worker of jobd without further packages: many callers share one connection, many jobs one round trip.
// See README.md beside it, and jobd-protocol(7). Never keeps a job for later by itself: a push is on disk, or an error.
"use strict";

const { createHash, randomBytes } = require("node:crypto");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const tls = require("node:tls");

const BACKOFF_MS = [0, 50, 200, 500, 1000, 2000];
const BEAT_MS = 15000;
const READ_BYTES = 65536;
const ORDERS_WAIT_MS = 50; // so long a full worker waits before it asks for orders alone
const QUICK_MS = 10; // while jobs last less, some more are taken than can run
const STALE_MS = 1000; // so long they may wait here
const REFUSED_MS = 1000; // so long after a refusal the same is tried again
const LAST_WORDS_MS = 2000; // so long a worker that stops waits for jobd to hear of its jobs
const JOB = new Set(["queue", "at", "retry", "priority", "reserve_for"]);
const CUSTOM = new Set(["unique_for", "unique_until", "unique_key", "on_conflict", "expires_at", "concurrency_key", "after", "parent", "bid",
  "track", "tags"]);

/** jobd said no: code is NOTUNIQUE, STORE, DENIED or ERR. */
class Refused extends Error {
  constructor(text) {
    const [, code, message] = /^(\S+) ?(.*)/s.exec(text);
    super(message);
    Object.assign(this, { name: "Refused", code });
  }
}
/** Nobody answered in time: whether it was done is not known. */
class Unavailable extends Error {}
/** The connection was lost before the answer; it can be asked on the next one. */
class Lost extends Error {}

// Where jobd is.

function parseUrl(text) {
  const { JOBD_URL, FAKTORY_URL, JOBD_RUN_DIR } = process.env;
  text ||= JOBD_URL || FAKTORY_URL || (JOBD_RUN_DIR ? `unix:${JOBD_RUN_DIR}/queue.sock` : "tcp://127.0.0.1:7419");
  if (text.startsWith("unix:")) return { path: text.slice(5).replace(/^\/\/+/, "/"), password: "" };
  const url = new URL(text);
  if (!/^tcp(\+tls)?:$/.test(url.protocol)) throw new Error(`jobd: '${text}' is none of unix:, tcp:// and tcp+tls://`);
  const where = { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port) || 7419, password: decodeURIComponent(url.password) };
  if (url.protocol === "tcp:") return where;
  return { ...where, tls: true, servername: net.isIP(where.host) ? "" : where.host, ca: process.env.JOBD_CA && fs.readFileSync(process.env.JOBD_CA) };
}

function passwordHash(password, { s: salt, i: rounds }) {
  let hash = createHash("sha256").update(password + salt).digest();
  for (let i = 1; i < rounds; i++) hash = createHash("sha256").update(hash).digest();
  return hash.toString("hex");
}

// Replies.

/** One reply from here on, as [value, where the next one begins], or how long the buffer must be for it. A refusal is an Error. */
function parse(buffer, at) {
  if (buffer[at + 4] === 0x0a && buffer[at + 2] === 0x4b && buffer[at + 1] === 0x4f && buffer[at] === 0x2b) return ["OK", at + 5]; // mostly
  const end = buffer.indexOf("\r\n", at);
  if (end === -1) return buffer.length + 1;
  const text = buffer.toString("utf8", at + 1, end);
  switch (buffer[at]) {
    case 0x2b: return [text, end + 2];
    case 0x2d: return [new Refused(text), end + 2];
    case 0x24: {
      const next = end + 2 + Number(text);
      if (text === "-1") return [null, end + 2];
      return next + 2 > buffer.length ? next + 2 : [buffer.toString("utf8", end + 2, next), next + 2];
    }
    case 0x2a: {
      const list = [];
      for (at = end + 2; list.length < Number(text); ) {
        const item = parse(buffer, at);
        if (typeof item === "number") return item;
        list.push(item[0]);
        at = item[1];
      }
      return [list, at];
    }
  }
  throw new Error("jobd: the other side does not speak the protocol");
}

/** A request whose reply is one item. */
class Ask {
  constructor(line, expires, resolve, reject) {
    this.line = line;
    this.expires = expires;
    this.resolve = resolve;
    this.lost = reject;
  }

  reply(item) {
    if (item instanceof Error) this.lost(item);
    else this.resolve(item);
  }
}

/**
 * A connection that comes again. Requests wait for it; their replies come in order. Each is { line, expires, reply(value), lost(error) }, and
 * a reply that returns true has more to come.
 */
class Connection {
  #where; #hello; #onReady; #keep; #socket; #step; #ready = false; #closed = false; #attempt = 0; #rest = []; #restBytes = 0; #need = 0;
  #out = ""; #sent = []; #head = 0; #unsent = []; #flushing = false; #watch; #timer; #lastError;

  constructor({ url, hello = {}, onReady, keep = false }) {
    this.#where = parseUrl(url);
    this.#hello = hello;
    this.#onReady = onReady;
    this.#keep = keep; // the process stays for it, also while it waits for nothing
    if (keep) this.#open();
  }

  ask(line, expires) {
    return new Promise((resolve, reject) => this.send(new Ask(line, expires, resolve, reject)));
  }

  send(request) {
    if (this.#closed) return request.lost(new Unavailable("the client is closed"));
    if (!this.#socket && !this.#timer) this.#open();
    if (this.#ready) this.#write(request);
    else this.#unsent.push(request);
    if (request.expires && !this.#watch) this.#watch = setInterval(() => this.#expire(), 250).unref();
    if (this.#sent.length + this.#unsent.length === 1) this.#socket?.ref();
  }

  get isReady() {
    return this.#ready;
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    if (this.#ready) this.#flush();
    this.#socket?.end(this.#ready ? "END\r\n" : undefined);
    this.#forget(new Unavailable("the client is closed"), true);
  }

  /** What the callers of one turn of the loop ask goes out in one write. */
  #write(request) {
    this.#sent.push(request);
    this.#out += request.line;
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(() => this.#flush());
  }

  #flush() {
    this.#flushing = false;
    const lines = this.#out;
    this.#out = "";
    if (lines) this.#socket.write(lines);
  }

  #open() {
    this.#timer = undefined;
    const onread = { buffer: Buffer.allocUnsafe(READ_BYTES), callback: (length, bytes) => this.#came(bytes.subarray(0, length)) };
    const socket = (this.#where.tls ? tls : net).connect({ ...this.#where, onread });
    this.#step = (greeting) => {
      const told = JSON.parse(greeting.slice(3));
      const hello = { v: 2, hostname: os.hostname(), pid: process.pid, codes: true, kept: true, ...(typeof this.#hello === "function" ? this.#hello() : this.#hello) };
      if (told.s) hello.pwdhash = passwordHash(this.#where.password, told);
      socket.write(`HELLO ${JSON.stringify(hello)}\r\n`);
      this.#step = () => this.#begin();
    };
    this.#socket = socket;
    socket.setNoDelay?.(true);
    if (!this.#keep && this.#unsent.length === 0) socket.unref();
    socket.on("error", (error) => (this.#lastError = error));
    socket.on("close", () => this.#lose(socket));
  }

  #begin() {
    this.#ready = true;
    this.#attempt = 0;
    this.#onReady?.();
    const waiting = this.#unsent;
    this.#unsent = [];
    for (const request of waiting) this.#write(request);
  }

  #came(chunk) {
    this.#restBytes += chunk.length;
    // A long item comes in many pieces: they are not put together for each of them.
    if (this.#restBytes < this.#need) return this.#rest.push(Buffer.from(chunk));
    const buffer = this.#rest.length === 0 ? chunk : Buffer.concat([...this.#rest, chunk]);
    let at = 0;
    this.#need = 0;
    try {
      while (at < buffer.length && this.#need === 0) {
        const item = parse(buffer, at);
        if (typeof item === "number") this.#need = item - at;
        else {
          at = item[1];
          if (this.#ready) this.#reply(item[0]);
          else if (item[0] instanceof Error) throw item[0];
          else this.#step(item[0]);
        }
      }
    } catch (error) {
      this.#socket.destroy(error);
    }
    this.#rest = at < buffer.length ? [Buffer.from(buffer.subarray(at))] : []; // the next read comes to the same place
    this.#restBytes = buffer.length - at;
    return true;
  }

  #reply(value) {
    // jobd ends, and has done nothing of this: its successor is asked.
    if (value instanceof Refused && value.message === "shutdown in progress") throw value;
    const request = this.#sent[this.#head];
    if (request.reply(value)) return;
    this.#sent[this.#head++] = undefined;
    if (this.#head < this.#sent.length) return;
    this.#sent = [];
    this.#head = 0;
    if (!this.#keep && this.#unsent.length === 0) this.#socket.unref();
  }

  #expire() {
    const now = Date.now();
    const gone = new Unavailable(`jobd gave no answer in time${this.#lastError ? `: ${this.#lastError.message}` : ""}`);
    const late = (request) => request.expires <= now;
    this.#unsent = this.#unsent.filter((request) => !late(request) || request.lost(gone));
    if (this.#sent.slice(this.#head).some(late)) this.#socket.destroy(gone); // the others are asked on the next one
    else if (this.#unsent.length === 0 && this.#sent.length === 0) this.#watch = clearInterval(this.#watch);
  }

  #forget(error, all) {
    const lost = this.#sent.slice(this.#head);
    this.#sent = [];
    this.#head = 0;
    this.#out = "";
    for (const request of lost) request.lost(error);
    if (all) for (const request of this.#unsent.splice(0)) request.lost(error);
  }

  #lose(socket) {
    if (socket !== this.#socket) return;
    const error = this.#lastError;
    // What is wrong with our first words will be wrong the next time too.
    const refused = !this.#ready && error instanceof Refused && error.message !== "shutdown in progress";
    if (refused && this.#keep) console.error(`jobd: ${error.message}`);
    this.#socket = undefined;
    this.#ready = false;
    this.#rest = [];
    this.#restBytes = this.#need = 0;
    if (this.#closed) return;
    const pause = BACKOFF_MS[Math.min(this.#attempt++, BACKOFF_MS.length - 1)];
    this.#timer = setTimeout(() => (this.#keep || this.#unsent.length > 0 ? this.#open() : (this.#timer = undefined)), pause);
    this.#forget(refused ? error : new Lost("the connection to jobd was lost"), refused);
  }
}

// Jobs.

const handlers = new Map();

/** handler(job, ...args) does the jobs of this type, in workers of this process and inline. */
function register(type, handler) {
  handlers.set(type, handler);
}

function rfc3339(value) {
  if (typeof value === "number") return new Date(Date.now() + value * 1000).toISOString();
  return value instanceof Date ? value.toISOString() : value;
}

let pool = "";
let poolAt = 0;

function makeJid() {
  if (poolAt === pool.length) {
    pool = randomBytes(12 * 512).toString("hex");
    poolAt = 0;
  }
  return pool.slice(poolAt, (poolAt += 24));
}

/** The members of a job that its options are, said as JSON behind others. */
function optionText(options) {
  let text = "", custom;
  for (const name in options) {
    const value = options[name];
    if (value === undefined || name === "jid") continue;
    if (JOB.has(name)) text += `,"${name}":${JSON.stringify(name === "at" ? rfc3339(value) : value)}`;
    else if (name === "custom") custom ??= { ...value };
    else if (CUSTOM.has(name)) (custom ??= { ...options.custom })[name] = name === "expires_at" ? rfc3339(value) : value;
    else throw new TypeError(`jobd: unknown option '${name}'`);
  }
  return custom ? `${text},"custom":${JSON.stringify(custom)}` : text;
}

const payload = (jid, type, args, more) => `{"jid":${jid},"jobtype":${type},"args":${JSON.stringify(args)}${more}}`;

/** Whether jobs of a type are done in the caller: inline is true, a list of types, or text as in JOBD_INLINE. */
function inlineRule(inline = process.env.JOBD_INLINE ?? false) {
  if (typeof inline === "boolean") return () => inline;
  const types = Array.isArray(inline) ? inline : inline.split(",");
  return (type) => types.includes("1") || types.includes(type);
}

async function runInline(text) {
  const job = new Job(JSON.parse(text), null);
  const handler = handlers.get(job.type);
  if (!handler) throw new Error(`jobd: there is no handler for ${job.type}`);
  await handler(job, ...job.args);
}

class Client {
  #connection; #timeout; #isInline;

  constructor({ url, timeout = 30, inline } = {}) {
    this.#connection = new Connection({ url });
    this.#timeout = timeout * 1000;
    this.#isInline = inlineRule(inline);
  }

  /** The job's id, once it is on disk. */
  push(type, args = [], options = {}) {
    return new Promise((resolve, reject) => {
      const jid = options.jid ?? makeJid();
      const job = payload(JSON.stringify(jid), JSON.stringify(type), args, optionText(options));
      if (this.#isInline(type)) return resolve(runInline(job).then(() => jid));
      this.#store([jid], () => `PUSH ${job}\r\n`, (reply) => resolve(reply?.startsWith("KEPT ") ? reply.slice(5) : jid), reject);
    });
  }

  /** One job for each list of arguments: { jids, refused: { jid: reason } }. */
  async pushBulk(type, list, options = {}) {
    const more = optionText(options);
    const name = JSON.stringify(type);
    const jids = list.map(makeJid);
    const jobs = list.map((args, i) => payload(`"${jids[i]}"`, name, args, more));
    if (options.jid !== undefined) throw new TypeError("jobd: the jobs of a list have ids of their own");
    if (this.#isInline(type)) {
      for (const job of jobs) await runInline(job);
      return { jids, refused: {} };
    }
    const line = (known) => `PUSHB [${jobs.filter((_, i) => !known[i]).join(",")}]\r\n`;
    const refused = await new Promise((resolve, reject) => this.#store(jids, line, resolve, reject));
    return { jids, refused: JSON.parse(refused ?? "{}") };
  }

  /** Another verb of jobd-protocol(7): request("JOB", jid), request("JOBS", { tag: "x" }). */
  async request(verb, ...words) {
    const line = [verb, ...words.map((word) => (typeof word === "object" ? JSON.stringify(word) : word))].join(" ");
    if (/[\r\n]/.test(line)) throw new TypeError("jobd: a request is one line");
    const read = (item) => (Array.isArray(item) ? item.map(read) : typeof item === "string" && /^[[{]/.test(item) ? JSON.parse(item) : item);
    try {
      return read(await this.#connection.ask(`${line}\r\n`, Date.now() + this.#timeout));
    } catch (error) {
      throw error instanceof Lost ? new Unavailable(error.message) : error;
    }
  }

  close() {
    this.#connection.close();
  }

  async #knows(jid, expires) {
    try {
      return Boolean(await this.#connection.ask(`JOB ${jid}\r\n`, expires));
    } catch (error) {
      if (error instanceof Refused && error.code !== "STORE") return false;
      throw error;
    }
  }

  /** A push whose answer was lost is looked for on the next connection, and said again if it is not there; null is the answer if it is. */
  #store(jids, line, resolve, reject, known = [], expires = Date.now() + this.#timeout) {
    const again = (error) => {
      if (!(error instanceof Lost)) return reject(error);
      if (Date.now() >= expires) return reject(new Unavailable("jobd gave no answer in time; whether it has the job is not known"));
      Promise.all(jids.map((jid) => this.#knows(jid, expires))).then(
        (found) => (found.includes(false) ? this.#store(jids, line, resolve, reject, found, expires) : resolve(null)), again);
    };
    this.#connection.send(new Ask(line(known), expires, resolve, again));
  }
}

/** What a handler gets. */
class Job {
  #progress; #control;

  constructor(payload, progress) {
    this.payload = payload;
    this.#progress = progress;
  }

  get jid() { return this.payload.jid; }
  get type() { return this.payload.jobtype; }
  get args() { return this.payload.args; }
  /** Aborted when the job is to end: its reason is an Error with the word for it. */
  get signal() { return (this.#control ??= new AbortController()).signal; }
  get cancelled() { return this.#control?.signal.aborted ?? false; }

  /** For jobctl and whoever looks; the job needs track = 1 to keep it. */
  progress(percent, desc) {
    this.#progress?.({ jid: this.jid, percent, desc });
  }

  cancel(reason) {
    this.signal;
    this.#control.abort(new Error(reason));
  }
}

/** Takes jobs and does them. Each that came is acknowledged, failed or given back, over as many connections as it needs. */
class Worker {
  #options; #wid = randomBytes(8).toString("hex"); #takes; #reports; #state = "";
  #waiting = []; // { job, since }: taken, and not begun
  #running = new Map(); // jid: Job
  #unsaid = new Map(); // jid: the line that reports it, until it is answered
  #granted = 0; // so many jobs may come for what was asked
  #asked = 0; // TAKEs without their end
  #asking = false;
  #patience; #stale; #lasted = QUICK_MS; #timers = []; #ended;

  constructor(options = {}) {
    const stop = Number(process.env.JOBD_STOP_TIMEOUT_MS || 25000) / 1000;
    const known = { url: undefined, queues: ["default"], concurrency: 10, prefetch: 40, timeout: Math.max(stop - 2, stop / 2), labels: ["node"], release: true, signals: true };
    for (const name of Object.keys(options)) if (!(name in known)) throw new TypeError(`jobd: unknown option '${name}'`);
    this.#options = { ...known, ...options };
  }

  /** Fulfilled when it has stopped, by a signal, by jobd, or by stop(). */
  run() {
    const { url, labels, release } = this.#options;
    const hello = { wid: this.#wid, labels, release };
    const running = () => [...this.#waiting.map(({ job }) => job.jid), ...this.#running.keys(), ...this.#unsaid.keys()];
    this.#takes = new Connection({ url, keep: true, hello: () => ({ ...hello, running: running() }), onReady: () => this.#ask() });
    this.#reports = new Connection({ url, keep: true, hello, onReady: () => this.#sayAgain() });
    this.#timers = [setInterval(() => this.#beat(), BEAT_MS)];
    if (this.#options.signals) {
      for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => this.stop());
      process.on("SIGTSTP", () => this.quiet());
    }
    return new Promise((resolve) => (this.#ended = resolve));
  }

  get wid() {
    return this.#wid;
  }

  /** No further jobs. */
  quiet() {
    this.#state ||= "quiet";
    this.#patience ||= setTimeout(() => this.#askForOrders(), 0);
    this.#beat();
  }

  stop() {
    if (this.#state === "terminate") return;
    this.#state = "terminate";
    this.#askForOrders(); // ends the waiting for jobs
    for (const { job } of this.#waiting.splice(0)) this.#giveBack(job);
    this.#timers.push(setTimeout(() => {
      for (const job of this.#running.values()) {
        job.cancel("stopped");
        this.#giveBack(job);
      }
      this.#running.clear();
      this.#endIfDone();
      // If jobd is not there, it will find our jobs without a worker.
      this.#timers.push(setTimeout(() => this.#end(), LAST_WORDS_MS));
    }, this.#options.timeout * 1000));
    this.#endIfDone();
  }

  #endIfDone() {
    if (this.#state === "terminate" && this.#running.size === 0 && this.#unsaid.size === 0 && !(this.#granted > 0 && this.#takes.isReady)) this.#end();
  }

  #end() {
    for (const timer of [...this.#timers, this.#patience, this.#stale]) clearTimeout(timer);
    this.#takes.close();
    this.#reports.close();
    this.#ended?.();
  }

  // Asking for jobs.

  get #free() {
    const { concurrency, prefetch } = this.#options;
    const more = this.#lasted < QUICK_MS ? prefetch : 0;
    // In one piece, not one for each that ends.
    if (this.#running.size === concurrency && this.#waiting.length > more / 2) return 0;
    return concurrency + more - this.#running.size - this.#waiting.length;
  }

  /** Behind what ends in this turn of the loop. */
  #askSoon() {
    if (this.#asking) return;
    this.#asking = true;
    setImmediate(() => {
      this.#asking = false;
      this.#ask();
    });
  }

  #ask() {
    if (this.#state || this.#granted > 0 || !this.#takes.isReady) return;
    const free = this.#free;
    if (free > 0) this.#take(free);
    else if (this.#asked === 0) this.#patience ||= setTimeout(() => this.#askForOrders(), ORDERS_WAIT_MS);
  }

  #askForOrders() {
    this.#patience = undefined;
    if (this.#takes.isReady && (this.#state || (this.#asked === 0 && this.#free <= 0))) this.#take(0);
  }

  /** A list of jobs, or an order, or nothing as soon as something else is asked for. */
  #take(free) {
    this.#granted += free;
    this.#asked++;
    const end = (answer) => {
      this.#granted -= free;
      this.#asked--;
      if (answer instanceof Refused) {
        console.error(`jobd: ${answer.message}`);
        setTimeout(() => this.#ask(), REFUSED_MS);
      } else this.#askSoon();
      this.#endIfDone();
    };
    this.#takes.send({
      line: `TAKE free=${free} max=${free || 1} ${this.#options.queues.join(" ")}\r\n`,
      lost: end,
      reply: (item) => {
        if (item === null || item instanceof Error) return void end(item);
        const told = JSON.parse(item);
        if (told.order) this.#order(told.jid, told.reason);
        else this.#came(told);
        return true;
      },
    });
  }

  #came(payload) {
    const job = new Job(payload, (progress) => this.#reports.ask(`TRACK SET ${JSON.stringify(progress)}\r\n`).catch(() => {}));
    this.#unsaid.delete(job.jid); // it would not come again if jobd had not heard of its last end
    if (this.#state === "terminate") return this.#giveBack(job);
    this.#waiting.push({ job, since: Date.now() });
    this.#startSome();
    if (this.#waiting.length > 0) this.#stale ||= setTimeout(() => this.#giveBackStale(), STALE_MS / 2);
  }

  #order(jid, reason) {
    const place = this.#waiting.findIndex(({ job }) => job.jid === jid);
    if (place >= 0) this.#giveBack(this.#waiting.splice(place, 1)[0].job);
    else this.#running.get(jid)?.cancel(reason);
  }

  #giveBackStale() {
    const old = Date.now() - STALE_MS;
    while (this.#waiting.length > 0 && this.#waiting[0].since < old) {
      this.#lasted = STALE_MS; // or they would be taken again at once
      this.#giveBack(this.#waiting.shift().job);
    }
    this.#stale = this.#waiting.length > 0 ? setTimeout(() => this.#giveBackStale(), STALE_MS / 2) : undefined;
  }

  // Doing them.

  #startSome() {
    while (this.#waiting.length > 0 && this.#running.size < this.#options.concurrency) this.#do(this.#waiting.shift().job);
  }

  async #do(job) {
    const begin = performance.now();
    let line;
    this.#running.set(job.jid, job);
    try {
      const handler = handlers.get(job.type);
      if (!handler) throw new Error(`there is no handler for ${job.type}`);
      const result = await handler(job, ...job.args);
      line = result === undefined ? `ACK {"jid":"${job.jid}"}\r\n` : `ACK ${JSON.stringify({ jid: job.jid, result })}\r\n`;
    } catch (error) {
      line = failure(job, error);
    }
    this.#lasted += (performance.now() - begin - this.#lasted) / 10;
    // At a stop its time may have run out: then it was given back.
    if (this.#running.delete(job.jid)) this.#report(job.jid, line);
    this.#startSome();
    this.#askSoon();
  }

  // Telling.

  #giveBack(job) {
    this.#report(job.jid, `RETURN ${JSON.stringify({ jid: job.jid, reason: this.#state === "terminate" ? "stopped" : "returned" })}\r\n`);
  }

  #report(jid, line) {
    this.#unsaid.set(jid, line);
    if (this.#reports.isReady) this.#say(jid, line);
  }

  #say(jid, line) {
    const reply = (answer) => {
      const refused = answer instanceof Refused;
      if (refused && answer.code === "STORE") return void setTimeout(() => this.#say(jid, line), REFUSED_MS); // a disk that is full now
      // A result that is too long. What is refused else is a job that is not ours any more.
      if (refused && line.startsWith("ACK ")) return this.#report(jid, failure({ jid }, answer));
      if (this.#unsaid.get(jid) === line) this.#unsaid.delete(jid);
      if (this.#state) this.#endIfDone();
    };
    this.#reports.send({ line, reply, lost: () => {} });
  }

  #sayAgain() {
    for (const [jid, line] of this.#unsaid) this.#say(jid, line);
    this.#beat();
  }

  #beat() {
    if (!this.#reports.isReady) return;
    const beat = { wid: this.#wid, rss_kb: Math.round(process.memoryUsage.rss() / 1024), current_state: this.#state || undefined };
    const reply = (answer) => {
      if (typeof answer !== "string" || !answer.startsWith("{")) return;
      const { state, kill } = JSON.parse(answer);
      for (const jid of kill?.split(" ") ?? []) this.#order(jid, "cancelled");
      if (state === "quiet" && !this.#state) this.quiet();
      if (state === "terminate") this.stop();
    };
    this.#reports.send({ line: `BEAT ${JSON.stringify(beat)}\r\n`, reply, lost: () => {} });
  }
}

// Half a character is no JSON for jobd.
const wellFormed = (text) => Buffer.from(String(text)).toString();

function failure(job, error) {
  const told = { jid: job.jid, errtype: String(error?.code ?? error?.name ?? "Error"), message: wellFormed(error?.message ?? error) };
  const result = { reason: "failed" };
  told.backtrace = wellFormed(error?.stack ?? "").split("\n").slice(1, 51).map((line) => line.trim());
  if (error?.no_retry) result.no_retry = true;
  if (error?.retry_after) result.retry_after_ms = Math.round(error.retry_after * 1000);
  return `FAIL ${JSON.stringify(error?.no_retry || error?.retry_after ? { ...told, result } : told)}\r\n`;
}

module.exports = { Client, Worker, register, Refused, Unavailable };
