"""cdk8s: a Chart for a cluster, an ApiObject for an object; `main.js NAME...` builds an app of these clusters, or of all."""
import json

from emit.expression import Language, folders

MAIN = """const { App } = require('cdk8s');
const { readdirSync } = require('fs');
const { Platform } = require('./platform');
const given = process.argv.slice(3);
const names = given.length ? given : readdirSync(`${__dirname}/clusters`).map((file) => file.replace(/\\.json$/, ''));
const app = new App({ outdir: process.argv[2] });
for (const name of names) new Platform(app, name, require(`./clusters/${name}.json`));
app.synth();
"""
PLATFORM = """const { Chart } = require('cdk8s');
const defaults = %s;
class Platform extends Chart {
  constructor(scope, id, given) {
    super(scope, id, { disableResourceNameHashes: true });
    const cluster = { ...given, features: { ...defaults, ...given.features } };
%s  }
}
module.exports = { Platform };
"""


class JavaScript(Language):
    def flag(self, name):
        return f"c.features.{name}"

    def field(self, name):
        return f"c.{name}"

    def entry(self, key, value, condition):
        return f"...({self.when(condition)} ? {{ {self.text(key)}: {value} }} : {{}})" if condition else f"{self.text(key)}: {value}"

    def item(self, value, condition):
        return f"...({self.when(condition)} ? [{value}] : [])" if condition else value

    def optional(self, condition, value):
        return f'({self.when(condition)} ? {value} : "")'

    def choice(self, others, usual):
        return "(" + "".join(f"{condition} ? {value} : " for condition, value in others) + usual + ")"


def common(description, on):
    language = JavaScript()
    calls = "".join(f"    require('./lib/{folder}')(this, cluster);\n" for folder in folders(description))
    files = {"main.js": MAIN, "platform.js": PLATFORM % (json.dumps(on), calls)}
    for folder, objects in folders(description).items():
        body = ""
        for object in objects:
            call = f"new ApiObject(chart, {json.dumps(object.path)}, {language.node(object.node, 1)});"
            body += f"  if ({language.when(object.condition)}) {call}\n" if object.condition else f"  {call}\n"
        files[f"lib/{folder}.js"] = f"const {{ ApiObject }} = require('cdk8s');\nmodule.exports = (chart, c) => {{\n{body}}};\n"
    return files


def cluster(description, fields, off):
    given = {**fields, **({"features": {flag: False for flag in off}} if off else {})}
    return {f"clusters/{fields['name']}.json": json.dumps(given) + "\n"}
