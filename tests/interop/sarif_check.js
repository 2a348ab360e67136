// Holds a SARIF file against a copy of its schema: node sarif_check.js FOLDER_OF_AJV SCHEMA FILE. Prints the number of results.
const [ajv, schemaPath, file] = process.argv.slice(2);
const { readFileSync } = require("fs");
const find = (name) => require(require.resolve(name, { paths: [ajv] }));
const read = (path) => JSON.parse(readFileSync(path));

// The schema is of draft 4, which ajv 6 knows when it is told.
const validator = new (find("ajv"))({ schemaId: "id", meta: false, allErrors: true, unknownFormats: "ignore" });
validator.addMetaSchema(find("ajv/lib/refs/json-schema-draft-04.json"));
validator._opts.defaultMeta = "http://json-schema.org/draft-04/schema";
const isValid = validator.compile(read(schemaPath));
const report = read(file);
if (!isValid(report)) {
  console.error(JSON.stringify(isValid.errors.slice(0, 3)));
  process.exit(1);
}
console.log(report.runs[0].results.length);
