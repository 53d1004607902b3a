//! The AWS template says what the code does: the same table, routes, variables and rights.

mod alarms;
mod asked;
mod limits;
mod rights;
mod routes;
mod scaling;
pub(crate) mod table;
mod variables;

pub(crate) use alarms::fires;

use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The template with its short forms written out: `!Ref x` is `{"Ref": x}`, `!Sub x` is
/// `{"Fn::Sub": x}`.
pub(crate) struct Template(Value);

impl Template {
    pub(crate) fn read() -> Self {
        Self::of(&fs::read_to_string(root().join("infra/aws/template.yaml")).unwrap())
    }

    pub(crate) fn of(text: &str) -> Self {
        let documents = YamlOwned::load_from_str(text).unwrap();
        Self(json_of(&documents[0]))
    }

    pub(crate) fn resource(&self, id: &str) -> &Value {
        let resource = &self.0["Resources"][id];
        assert!(resource.is_object(), "the template has no resource {id}");
        resource
    }

    /// Logical ids and properties of every resource of a type.
    fn all(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let resources = self.0["Resources"].as_object().unwrap();
        let found = resources
            .iter()
            .filter(|(_, resource)| resource["Type"] == kind);
        found
            .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
            .collect()
    }

    /// Logical ids of the functions, by the name of their binary.
    fn functions(&self) -> BTreeMap<&str, &str> {
        let ids = self.all("AWS::Serverless::Function").into_keys();
        ids.map(|id| (binary(self.resource(id)), id)).collect()
    }

    /// Variables of a function, those for all functions included.
    fn function_variables(&self, id: &str) -> Map<String, Value> {
        let mut all = variables(&self.0["Globals"]["Function"]);
        all.extend(variables(&self.resource(id)["Properties"]));
        all
    }

    fn relay_container(&self) -> &Value {
        &self.resource("RelayTask")["Properties"]["ContainerDefinitions"][0]
    }

    /// Variables of the relay.
    fn relay_variables(&self) -> Map<String, Value> {
        pairs(&self.relay_container()["Environment"], "Name", "Value")
    }
}

fn binary(function: &Value) -> &str {
    assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda");
    function["Metadata"]["BuildProperties"]["Binary"]
        .as_str()
        .unwrap()
}

fn variables(function: &Value) -> Map<String, Value> {
    function["Environment"]["Variables"]
        .as_object()
        .cloned()
        .unwrap_or_default()
}

fn pairs(list: &Value, name: &str, value: &str) -> Map<String, Value> {
    let items = list.as_array().unwrap();
    items
        .iter()
        .map(|item| item.get("Fn::If").map_or(item, |branches| &branches[1]))
        .map(|item| (item[name].as_str().unwrap().to_owned(), item[value].clone()))
        .collect()
}

fn json_of(node: &YamlOwned) -> Value {
    match node {
        YamlOwned::Value(ScalarOwned::Null) => Value::Null,
        YamlOwned::Value(ScalarOwned::Boolean(value)) => json!(value),
        YamlOwned::Value(ScalarOwned::Integer(value)) => json!(value),
        YamlOwned::Value(ScalarOwned::FloatingPoint(value)) => json!(value.into_inner()),
        YamlOwned::Value(ScalarOwned::String(value)) => json!(value),
        YamlOwned::Sequence(items) => items.iter().map(json_of).collect(),
        YamlOwned::Mapping(entries) => {
            let entries = entries
                .iter()
                .map(|(name, value)| (text_of(name), json_of(value)));
            Value::Object(entries.collect())
        }
        YamlOwned::Tagged(tag, inner) => intrinsic(&tag.suffix, json_of(inner)),
        YamlOwned::Representation(..) | YamlOwned::Alias(_) | YamlOwned::BadValue => {
            panic!("the template uses YAML that this test does not read: {node:?}")
        }
    }
}

fn text_of(name: &YamlOwned) -> String {
    name.as_str()
        .expect("keys of a template are text")
        .to_owned()
}

fn intrinsic(name: &str, argument: Value) -> Value {
    match (name, argument) {
        ("Ref", argument) => json!({ "Ref": argument }),
        ("GetAtt", Value::String(path)) => {
            let (resource, attribute) = path.split_once('.').unwrap();
            json!({ "Fn::GetAtt": [resource, attribute] })
        }
        (name, argument) => json!({ format!("Fn::{name}"): argument }),
    }
}

/// Compares two sets and says what only one of them has.
#[track_caller]
fn same<T: Ord + std::fmt::Debug>(what: &str, template: BTreeSet<T>, code: BTreeSet<T>) {
    let only_template: Vec<_> = template.difference(&code).collect();
    let only_code: Vec<_> = code.difference(&template).collect();
    assert!(
        only_template.is_empty() && only_code.is_empty(),
        "{what}: only in the template {only_template:?}, only in the code {only_code:?}"
    );
}
