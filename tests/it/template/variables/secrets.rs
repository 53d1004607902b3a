//! Secrets are read from Secrets Manager, each by those who work with it.

use super::*;
use crate::template::{rights::allowed, root, same};
use std::{collections::BTreeMap, fs};

/// The secrets that each process reads, by its role: as the code needs them.
fn needed() -> BTreeMap<String, BTreeSet<Secret>> {
    let template = Template::read();
    let of_functions = FUNCTIONS.iter().map(|(name, needs)| {
        let function = &template.resource(template.functions()[name])["Properties"];
        let role = function["Role"]["Fn::GetAtt"][0].as_str().unwrap();
        let secrets = needs.iter().filter_map(|need| need.secret());
        (role.to_owned(), secrets.collect())
    });
    let of_relay = ("RelayTaskRole".to_owned(), relay::keys::SECRETS.into());
    of_functions.chain([of_relay]).collect()
}

#[test]
fn each_process_is_told_of_the_secrets_that_it_works_with() {
    let template = Template::read();
    let needed = needed();
    let mut told = BTreeMap::from([("RelayTaskRole".to_owned(), template.relay_variables())]);
    for id in template.functions().into_values() {
        let role = &template.resource(id)["Properties"]["Role"]["Fn::GetAtt"][0];
        let role = role.as_str().unwrap().to_owned();
        told.insert(role, template.function_variables(id));
    }
    for (role, variables) in told {
        let named = variables.get("SECRETS").map(secrets_named);
        let named = named.unwrap_or_default();
        let once: BTreeSet<_> = named.iter().copied().collect();
        assert_eq!(once.len(), named.len(), "{role} reads one twice");
        assert_eq!(once, needed[&role], "{role}");
    }
}

#[test]
fn each_role_may_read_those_and_no_other() {
    let template = Template::read();
    let code = needed().into_iter().flat_map(|(role, secrets)| {
        let of_role = move |secret| (role.clone(), resource_of(secret));
        secrets.into_iter().map(of_role)
    });
    let rights = allowed(&template).into_iter();
    let rights = rights.filter(|(_, _, action)| action.starts_with("secretsmanager:"));
    let written = rights.map(|(role, resource, action)| {
        assert_eq!(action, "secretsmanager:GetSecretValue");
        (role, resource["Ref"].as_str().unwrap().to_owned())
    });
    same("rights to secrets", written.collect(), code.collect());
}

#[test]
fn no_secret_stands_in_an_environment_or_in_the_template() {
    let template = Template::read();
    let text = fs::read_to_string(root().join("infra/aws/template.yaml")).unwrap();
    assert!(!text.contains("{{resolve:"));
    assert!(template.relay_container()["Secrets"].is_null());
    let functions = template.functions().into_values();
    let environments = functions.map(|id| template.function_variables(id));
    for variables in environments.chain([template.relay_variables()]) {
        for variable in Secret::ALL.iter().flat_map(|secret| secret.variables()) {
            assert!(!variables.contains_key(*variable), "{variable}");
        }
    }
}

#[test]
fn each_secret_says_what_it_holds_and_outlives_the_stack() {
    let template = Template::read();
    let written = template.all("AWS::SecretsManager::Secret").into_keys();
    let ids = Secret::ALL.map(resource_of);
    let known = ids.iter().map(String::as_str).collect();
    same("secrets", written.collect(), known);
    for (secret, id) in Secret::ALL.iter().zip(&ids) {
        let resource = template.resource(id);
        assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{id}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
        let made = &resource["Properties"];
        assert_eq!(made["Description"], secret.variables().join(", "));
        assert_eq!(made["KmsKeyId"]["Ref"], "DataKey", "{id}");
        let generated = &made["GenerateSecretString"]["GenerateStringKey"];
        match generated.as_str() {
            Some(key) => assert_eq!(key, secret.variables()[0], "{id}"),
            None => assert_eq!(made["SecretString"], "{}", "{id} is filled by a person"),
        }
    }
}

/// Rights to the key go with rights to the table and the secrets, in this account alone.
#[test]
fn the_key_is_used_through_the_table_and_the_secrets_only() {
    let template = Template::read();
    let key = template.resource("DataKey");
    assert_eq!(key["DeletionPolicy"], "RetainExceptOnCreate");
    assert_eq!(key["Properties"]["EnableKeyRotation"], true);
    let statements = &key["Properties"]["KeyPolicy"]["Statement"];
    let owner = statements[0]["Principal"]["AWS"]["Fn::Sub"]
        .as_str()
        .unwrap();
    assert!(owner.ends_with(":${AWS::AccountId}:root"));
    let only = &statements[1]["Condition"]["StringEquals"];
    assert_eq!(only["kms:CallerAccount"]["Ref"], "AWS::AccountId");
    let services = only["kms:ViaService"].as_array().unwrap().iter();
    let services: Vec<_> = services
        .map(|service| service["Fn::Sub"].as_str())
        .collect();
    let expected = ["dynamodb", "secretsmanager"];
    assert_eq!(
        services,
        expected
            .map(|name| format!("{name}.${{AWS::Region}}.amazonaws.com"))
            .each_ref()
            .map(|service| Some(service.as_str()))
    );
    assert!(statements[2].is_null(), "nobody else");
}
