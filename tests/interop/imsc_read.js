// Reads IMSC documents with imsc.js and prints, for each, the errors and warnings it had, as a line of JSON.
// Usage: node imsc_read.js PACKAGE FILE...
"use strict";
const fs = require("fs");

// The package looks at its browser when it is loaded, even if nothing is rendered.
globalThis.navigator = { userAgent: "node" };
globalThis.window = { getComputedStyle: () => ({}) };
globalThis.document = { documentElement: {} };
const [folder, ...files] = process.argv.slice(2);
const imsc = require(folder);

for (const file of files) {
    const problems = [];
    const note = (kind) => (message) => { problems.push(`${kind}: ${message}`); return false; };
    const handler = { info: () => false, warn: note("warning"), error: note("error"), fatal: note("fatal") };
    let moments = 0;
    try {
        const document = imsc.fromXML(fs.readFileSync(file, "utf8"), handler);
        for (const time of document.getMediaTimeEvents()) {
            imsc.generateISD(document, time, handler);
            moments += 1;
        }
    } catch (error) {
        problems.push(`exception: ${error.message}`);
    }
    console.log(JSON.stringify({ moments, problems: [...new Set(problems)] }));
}
