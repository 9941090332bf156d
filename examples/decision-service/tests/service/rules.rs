//! How questions become Cedar's, and what is denied because they can't.

use serde_json::{Value, json};

use crate::{Service, folder};

fn question(context: Value) -> Value {
    json!({"subject": {"type": "user", "id": "alice", "properties": {"level": 3}}, "action": {"name": "read", "properties": {"tool": "t"}},
        "resource": {"type": "doc", "id": "1", "properties": {"tags": ["a", "b"]}}, "context": context})
}

const PERMIT_ALL: &str = "@id(\"all\") permit (principal, action, resource);";

#[tokio::test]
async fn each_part_of_a_question_can_be_named_in_a_policy() {
    let (service, _folder) = Service::of(
        r#"@id("p") permit (principal == user::"alice", action == Action::"read", resource == doc::"1")
        when { principal.level == 3 && resource.tags.contains("b") && context.action_properties.tool == "t"
            && context.parameters.n == 7 && context.decimal_parameters.n == decimal("7.0")
            && context.parameters.price == decimal("2.5") && context.decimal_parameters.price == decimal("2.5")
            && context.parameters.list == [2, 1] && !(context.parameters has nothing) };"#,
    )
    .await;
    let parameters = json!({"n": 7, "price": 2.5, "list": [1, 2, 2], "nothing": null});
    let answer = service.evaluate(&question(json!({"parameters": parameters}))).await;
    assert_eq!(answer["decision"], true, "{answer}");
}

#[tokio::test]
async fn what_cedar_can_not_say_is_denied_with_its_place_and_without_its_value() {
    let (service, _folder) = Service::of(PERMIT_ALL).await;
    for (context, place) in [
        (json!({"parameters": {"n": 0.123_456_7}}), "`/context/parameters/n` is a number that cedar can't hold"),
        (json!({"parameters": {"n": 1e300}}), "`/context/parameters/n`"),
        (json!({"parameters": {"n": u64::MAX}}), "`/context/parameters/n`"),
        (json!({"a": [null]}), "`/context/a/0` is null in an array"),
        (json!({"decimal_parameters": {"amount": 1}}), "`/context/decimal_parameters` is made by the decision service"),
        (json!({"action_properties": {}}), "`/context/action_properties` is made by the decision service"),
    ] {
        let answer = service.evaluate(&question(context.clone())).await;
        assert_eq!(
            (&answer["decision"], &answer["context"]["reason"]),
            (&json!(false), &json!("not_representable")),
            "{context}"
        );
        let text = answer["context"]["reason_admin"]["en"].as_str().unwrap();
        assert!(text.starts_with(place), "{text}");
    }
    for kind in ["", " user", "user ", "a b", "in", "a-b", "__cedar::x", "7"] {
        let mut asked = question(json!({}));
        asked["subject"]["type"] = json!(kind);
        let answer = service.evaluate(&asked).await;
        assert_eq!(answer["context"]["reason"], "not_representable", "{kind:?}");
    }
}

#[tokio::test]
async fn a_policy_that_fails_denies_though_another_permits() {
    for (condition, text) in [
        ("context.absent == 1", "asks for an attribute that is absent"),
        ("context.word < 1", "another type"),
        ("context.big + 1 > 0", "overflows"),
        ("decimal(context.word) == decimal(\"1.0\")", "a text that is none"),
    ] {
        let policies =
            format!("{PERMIT_ALL}\n@id(\"broken\") forbid (principal, action, resource) when {{ {condition} }};");
        let (service, _folder) = Service::of(&policies).await;
        let answer = service.evaluate(&question(json!({"word": "hunter2", "big": i64::MAX}))).await;
        assert_eq!(answer["decision"], false, "{condition}");
        assert_eq!(answer["context"]["reason"], "policy_error");
        assert_eq!(answer["context"]["policies"], json!(["broken"]));
        let admin = answer["context"]["reason_admin"]["en"].as_str().unwrap();
        assert!(admin.contains(text), "{admin}");
        assert!(!answer.to_string().contains("hunter2"), "{answer}");
    }
}

#[tokio::test]
async fn what_the_operator_wrote_down_wins_over_what_the_request_says() {
    let policy = r#"@id("p") permit (principal in team::"blue", action, resource) when { principal.level == 1 && principal.said };"#;
    let entities = r#"[{"uid": {"type": "user", "id": "alice"}, "attrs": {"level": 1}, "parents": [{"type": "team", "id": "blue"}]}]"#;
    let files = folder(&[("a.cedar", policy), ("entities.json", entities)]);
    let service = Service::start(files.path()).await;
    let mut asked = question(json!({}));
    asked["subject"]["properties"] = json!({"level": 3, "said": true});
    let answer = service.evaluate(&asked).await;
    assert_eq!(answer["decision"], true, "{answer}");
}

#[tokio::test]
async fn one_entity_with_two_descriptions_is_denied() {
    let (service, _folder) = Service::of(PERMIT_ALL).await;
    let mut asked = question(json!({}));
    asked["resource"] = asked["subject"].clone();
    assert_eq!(service.evaluate(&asked).await["decision"], true);
    asked["resource"]["properties"]["level"] = json!(4);
    assert_eq!(service.evaluate(&asked).await["context"]["reason"], "not_representable");
}

#[tokio::test]
async fn with_a_schema_a_question_that_it_does_not_describe_is_denied() {
    let schema = "entity user { level: Long }; entity doc { tags: Set<String> };
        action read appliesTo { principal: user, resource: doc, context: { action_properties: { tool: String }, n: Long } };";
    let policy = "@id(\"p\") permit (principal, action == Action::\"read\", resource) when { context.n == 1 };";
    let files = folder(&[("a.cedar", policy), ("schema.cedarschema", schema)]);
    let service = Service::start(files.path()).await;
    assert_eq!(service.evaluate(&question(json!({"n": 1}))).await["decision"], true);
    let mut level = question(json!({"n": 1}));
    level["subject"]["properties"]["level"] = json!("hunter2");
    let mut action = question(json!({"n": 1}));
    action["action"]["name"] = json!("write");
    for asked in [question(json!({"n": "hunter2"})), question(json!({})), level, action] {
        let answer = service.evaluate(&asked).await;
        assert_eq!(answer["context"]["reason"], "not_in_schema", "{asked}");
        assert!(!answer.to_string().contains("hunter2"), "{answer}");
    }
}
