"use strict";
// From a request of the API to a job of the queue.

const PRIORITY = { urgent: 9, high: 7, normal: 5, low: 2 };

class Refusal extends Error {
  constructor(message, status = 422) {
    super(message);
    this.status = status;
  }
}

// type of e-mail: what its template needs besides the address
const EMAILS = { welcome: ["name"], update: ["name", "author", "text"] };

const isText = (value) => typeof value === "string" && value.trim() !== "" && !/[\r\n]/.test(value);

function timeOf(text) {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Refusal(`scheduled_for: '${text}' is no time`);
  return time.toISOString();
}

/** The caller's own id makes the request safe to repeat; without one each request is a new notification. */
function jidOf(id) {
  if (id === undefined) return {};
  if (typeof id !== "string" || !/^[\w.:-]{8,100}$/.test(id)) throw new Refusal("id: 8 to 100 letters, digits, '_', '.', ':' and '-'");
  return { jid: id };
}

function common(owner, method, { urgency = "normal", scheduled_for: at, group, id }, type, recipient) {
  if (!Object.hasOwn(PRIORITY, urgency)) throw new Refusal(`urgency: '${urgency}' is none of ${Object.keys(PRIORITY).join(", ")}`);
  const tags = [`owner:${owner}`, `method:${method}`, `type:${type}`, `recipient:${recipient}`];
  if (group) tags.push(`group:${group}`);
  return { ...jidOf(id), at: timeOf(at), priority: PRIORITY[urgency], custom: { tags } };
}

/** { to, type, templateData, urgency?, scheduled_for?, group?, id? } */
function email(owner, request) {
  const { to, type, templateData = {} } = request;
  if (!isText(to) || !to.includes("@")) throw new Refusal(`to: '${to}' is no e-mail address`);
  if (!Object.hasOwn(EMAILS, type)) throw new Refusal(`type: '${type}' is none of ${Object.keys(EMAILS).join(", ")}`);
  const missing = EMAILS[type].filter((name) => !isText(templateData[name]));
  if (missing.length) throw new Refusal(`templateData: ${missing.join(", ")} missing`);
  return { jobtype: `email.${type}`, argument: { ...templateData, to }, ...common(owner, "email", request, type, to) };
}

/** { to, text, … }: sms or whatsapp. */
function message(owner, method, request) {
  const { to, text } = request;
  if (!isText(to) || !isText(text)) throw new Refusal("to and text are needed");
  return { jobtype: method, argument: { to, text }, ...common(owner, method, request, "message", to) };
}

module.exports = { Refusal, email, message };
