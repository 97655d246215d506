// Runs Microsoft's validator on workbooks; prints one JSON object: file -> list of faults.
// Usage: node validate.mjs NODE_MODULES FILE...
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, ...files] = process.argv.slice(2);
const main = join(modules, "@ooxml-tools", "validate", "dist", "npm", "index.js");
const { default: validate } = await import(pathToFileURL(main).href);

const found = {};
for (const file of files) {
  const data = new Uint8Array(await readFile(file));
  found[file] = await validate(data, "xlsx", "Microsoft365");
  process.stderr.write(`${basename(file)}: ${found[file].length} faults\n`);
}
process.stdout.write(JSON.stringify(found), () => process.exit(0));
