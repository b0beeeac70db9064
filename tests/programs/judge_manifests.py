"""Judges manifests of Kubernetes: each must be of a kind that is known, and have no field that the kind lacks.

    judge_manifests.py SCHEMAS MANIFEST...

Kinds of Kubernetes itself are judged by kubernetes-validate, which has their schemas; those of others by the definitions
(CustomResourceDefinition) in the files of the folder SCHEMAS. Rules in CEL are not evaluated. Exit 1, with a line for each
problem, where anything is wrong.
"""

import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

VERSION = "1.37"


def definitions(folder):
    """(apiVersion, kind) -> schema."""
    found = {}
    for file in sorted(pathlib.Path(folder).glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            if not document or document.get("kind") != "CustomResourceDefinition":
                continue
            spec = document["spec"]
            for version in spec["versions"]:
                key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                found[key] = closed(version["schema"]["openAPIV3Schema"])
    return found


def closed(schema):
    """The same in JSON Schema's words, where nothing is allowed that is not named."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    out = {}
    for name, value in schema.items():
        # Under these, names are those of fields and not of the schema's language.
        out[name] = {key: closed(one) for key, one in value.items()} if name == "properties" else closed(value)
    named = "properties" in schema and schema.get("type") == "object"
    if named and "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        out["additionalProperties"] = False
    return out


def problems(document, known):
    key = (document.get("apiVersion"), document.get("kind"))
    if key in known:
        schema = dict(known[key])
        # What every object has is not part of a definition.
        common = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
        schema["properties"] = {**schema["properties"], **common}
        found = jsonschema.Draft202012Validator(schema).iter_errors(document)
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]
    try:
        kubernetes_validate.validate(document, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.path))}: {error.message[:200]}"]
    except Exception as error:  # No schema for it: whatever the library calls that.
        return [f"{key} is not known: {error}"]
    return []


def main(folder, *files):
    known = definitions(folder)
    wrong = judged = 0
    for file in files:
        for document in filter(None, yaml.safe_load_all(pathlib.Path(file).read_text())):
            judged += 1
            for problem in problems(document, known):
                wrong += 1
                print(f"{file}: {document.get('kind')} {document['metadata']['name']}: {problem}")
    print(f"{judged} judged by {len(known)} definitions, {wrong} wrong")
    return 1 if wrong or not judged else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
