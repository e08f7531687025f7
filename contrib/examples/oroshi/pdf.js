"use strict";
// Text lines as a PDF file of one page, enough for an invoice. No library, so that there is something to read here.

const escape = (text) => text.replace(/[\\()]/g, "\\$&").replace(/[^\x20-\x7e]/g, "?");

/** pdf(["Invoice 7", …]) returns the bytes. */
function pdf(lines) {
  const text = lines.map((line) => `(${escape(line)}) '`).join("\n");
  const content = `BT /F1 11 Tf 14 TL 60 790 Td\n${text}\nET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
  ];
  let file = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`;
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.lastIndexOf("xref\n0")}\n%%EOF\n`;
  return Buffer.from(file, "latin1");
}

/** The lines of any document about an order. */
function orderLines(title, order) {
  const yen = (amount) => String(amount).padStart(9);
  return [
    title, "", `${order.buyer_name}`, `Order ${order.id} of ${order.ordered_at.slice(0, 10)}`, "",
    ...order.lines.map((line) => `${String(line.quantity).padStart(5)} x ${line.name.padEnd(32)} ${yen(line.yen)} yen`),
    "", `${"".padStart(8)}${"Total".padEnd(32)} ${yen(order.total_yen)} yen`,
  ];
}

module.exports = { pdf, orderLines };
