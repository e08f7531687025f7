"use strict";
// Proves that a request to /jobs comes from jobd: X-Jobd-Signature: t=SECONDS,v1=HEX with HMAC-SHA256 of "SECONDS.BODY".

const { createHmac, timingSafeEqual } = require("crypto");
const MAX_AGE_SECONDS = 300;

function isSigned(header, body, secret) {
  const parts = String(header || "").split(",").map((part) => part.split("="));
  const time = Number((parts.find(([name]) => name === "t") || [])[1]);
  if (!(Math.abs(Date.now() / 1000 - time) <= MAX_AGE_SECONDS)) return false;
  const wanted = createHmac("sha256", secret).update(`${time}.`).update(body).digest();
  return parts.some(([name, hex]) => {
    const given = Buffer.from(name === "v1" ? hex || "" : "", "hex");
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

module.exports = { isSigned };
