//! A document as APIs have them, and documents with traps.

use serde_json::json;

use super::*;

fn imported(value: Value) -> Imported {
    import(&Document::new(value).unwrap(), None)
}

fn shop() -> Imported {
    let text = include_str!("../../../tests/openapi/shop.yaml");
    imported(Configuration::parse(text).unwrap().json().clone())
}

#[test]
fn a_larger_document_is_a_table_that_the_filter_takes() {
    let imported = shop();
    assert_eq!(imported.remarks, ["`POST /webhooks/test` has no operationId; it is called `post_webhooks_test`"]);
    insta::assert_snapshot!(
        "shop",
        told(
            Path::new("shop.yaml"),
            &Document::new(json!({"openapi": "3.1.0", "info": {"title": "Shop", "version": "2.3.0"}})).unwrap(),
            &imported
        )
    );
    let config = json!({
        "policy_version": "v1",
        "identity": {"issuers": [{
            "issuer": "https://idp.example.com", "audiences": ["https://shop.example.com"], "algorithms": ["ES256"],
            "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
        }]},
        "routes": [{"match": {"prefix": "/v1/"}, "protocol": "rest", "server": "shop", "operations": imported.operations}],
        "rules": imported.rules,
    });
    if let Err(problems) = toolgate::config::read(config.to_string().as_bytes()) {
        panic!("{problems}");
    }
}

#[test]
fn what_can_not_be_taken_over_is_told() {
    let imported = imported(json!({
        "openapi": "3.0.3",
        "servers": [{"url": "https://a.example/{stage}/", "variables": {"stage": {"default": "prod"}}}, {"url": "/other"}],
        "paths": {
            "/files/{name}.{format}": {"get": {"operationId": "file"}},
            "/a": {"$ref": "other.yaml#/a"},
            "/b": {"get": {"operationId": "twice"}, "put": {"operationId": "twice"}},
            "/caf%C3%A9": {"get": {"operationId": "menu", "parameters": [{"$ref": "#/components/parameters/loop"}]}},
        },
        "components": {"parameters": {"loop": {"$ref": "#/components/parameters/loop"}}},
    }));
    let paths: Vec<_> = imported.operations.iter().map(|operation| operation.path.as_str()).collect();
    assert_eq!(paths, ["/prod/b", "/prod/b", "/prod/café"]);
    let told = imported.remarks.join("\n");
    for part in [
        "different paths",
        "left out `/a`",
        "left out `GET /prod/files/{name}.{format}`",
        "called `twice`",
        "a parameter refers",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn other_documents_are_refused() {
    for value in [json!({"swagger": "2.0"}), json!({"openapi": "4.0.0"}), json!({}), json!([])] {
        assert!(Document::new(value.clone()).is_err(), "{value}");
    }
}
