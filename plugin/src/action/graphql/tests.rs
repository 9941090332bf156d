use super::*;
use crate::action::body::limits;
use crate::json::{Document, Tape};

fn route() -> Route {
    Route::new(crate::action::Matching::Path("/graphql".into()), crate::action::Protocol::Graphql, "shop")
}

fn outcome(head: &Head, body: Option<&[u8]>) -> Result<String, Reason> {
    open(head, body, 4096).map(|opened| shown(&opened)).map_err(|refusal| refusal.reason)
}

fn shown(opened: &[u8]) -> String {
    let document = Document::read(opened, &limits(4096), Tape::default()).unwrap();
    let (route, tools) = (route(), Tools::default());
    let actions = match read(&route, &tools, document.root()) {
        Reading::Judge(action) => vec![action],
        Reading::Several(actions) => actions,
        Reading::Pass { method } => return format!("pass {method}"),
    };
    let shown = actions.iter().map(|action| {
        let raw = |value: Value<'_>| String::from_utf8_lossy(value.raw()).into_owned();
        let below = action.parameters.beside.iter().map(|(name, value)| format!(" {name} {}", raw(*value)));
        let arguments = action.parameters.body.map(raw).unwrap_or_default();
        format!("{} {} {arguments}{}", action.kind.name(), action.tool, below.collect::<String>())
    });
    shown.collect::<Vec<_>>().join("; ")
}

fn post(body: &str) -> Result<String, Reason> {
    outcome(&Head::from_pairs([(":method", "POST"), (":path", "/graphql")]), Some(body.as_bytes()))
}

fn get(path: &str) -> Result<String, Reason> {
    outcome(&Head::from_pairs([(":method", "GET"), (":path", path)]), None)
}

fn sent(document: &str) -> Result<String, Reason> {
    post(&serde_json::json!({ "query": document }).to_string())
}

#[test]
fn each_field_at_the_top_is_an_action() {
    for (document, expected) in [
        ("{me{name}}", "read Query.me {}"),
        ("query Q { customer(id: \"c-7\") { name } }", r#"read Query.customer {"id":"c-7"}"#),
        (
            "mutation { refund(amount: 12.50, to: ALICE) { id } }",
            r#"transfer Mutation.refund {"amount":12.50,"to":"ALICE"}"#,
        ),
        ("mutation { deleteCustomer(id: 7) }", r#"delete Mutation.deleteCustomer {"id":7}"#),
        // What it is called changes nothing: a mutation is no reading.
        ("mutation { getCustomer(id: 7) { id } }", r#"update Mutation.getCustomer {"id":7}"#),
        // Nor does what it is to be called in the answer.
        ("mutation { readOnly: deleteAll }", "delete Mutation.deleteAll {}"),
        ("{ a: me { x } b: orders { y } }", "read Query.me {}; read Query.orders {}"),
        ("subscription { orders { id } }", "read Subscription.orders {}"),
        ("{ __schema { types { name } } }", "list Query.__schema {}"),
        ("{ __typename }", "list Query.__typename {}"),
        (
            "{ ...F } fragment F on Query { me { x } ...G } fragment G on Query { orders }",
            "read Query.me {}; read Query.orders {}",
        ),
        ("mutation { ... on Mutation { ... @skip(if: true) { deleteAll } } }", "delete Mutation.deleteAll {}"),
        ("query($no: Boolean = false) { me @include(if: $no) { x } }", "read Query.me {}"),
        ("# c\u{e4}\n{ me, # more\r }", "read Query.me {}"),
        (
            "{ customer(id: 1) { orders(first: 1000) { lines(of: {a: [1, null, true]}) { x } } } }",
            concat!(
                r#"read Query.customer {"id":1} {fields} [{"field":"orders","arguments":{"first":1000}},"#,
                r#"{"field":"orders.lines","arguments":{"of":{"a":[1,null,true]}}}]"#
            ),
        ),
    ] {
        assert_eq!(sent(document).as_deref(), Ok(expected), "{document}");
    }
}

#[test]
fn variables_stand_where_they_are_used() {
    let document = "mutation M($a: Float!, $b: In = {to: \\\"x\\\"}, $c: [ID!]!, $d: Int) { pay(a: $a, b: $b, c: $c, d: $d, e: [$a]) }";
    for (variables, expected) in [
        (r#"{"a": 5.0, "c": ["1"]}"#, r#"{"a":5.0,"b":{"to":"x"},"c":["1"],"e":[5.0]}"#),
        (
            r#"{"a": 5, "b": {"to": "y"}, "c": [], "d": null, "unused": 1}"#,
            r#"{"a":5,"b":{"to": "y"},"c":[],"d":null,"e":[5]}"#,
        ),
    ] {
        let body = format!(r#"{{"query": "{document}", "variables": {variables}, "operationName": "M"}}"#);
        assert_eq!(post(&body), Ok(format!("transfer Mutation.pay {expected}")), "{variables}");
    }
}

#[test]
fn which_operation_runs_is_certain() {
    let document = "query A { me } mutation B { deleteAll }";
    let named = |name: &str| post(&serde_json::json!({ "query": document, "operationName": name }).to_string());
    assert_eq!(named("A").as_deref(), Ok("read Query.me {}"));
    assert_eq!(named("B").as_deref(), Ok("delete Mutation.deleteAll {}"));
    for (document, name) in [(document, ""), (document, "C"), ("query A { me } query A { you }", "A"), ("{ me }", "A")]
    {
        let body = serde_json::json!({ "query": document, "operationName": name });
        assert_eq!(post(&body.to_string()), Err(Reason::BodyGraphql), "{body}");
    }
    assert_eq!(sent("fragment F on Query { me }"), Err(Reason::BodyGraphql));
}

#[test]
fn what_cannot_be_seen_is_refused() {
    for (body, reason) in [
        (r#"[{"query": "{me}"}]"#, Reason::BodyGraphql),
        (r#"{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "ab"}}}"#, Reason::BodyGraphql),
        (
            r#"{"query": "{me}", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "ab"}}}"#,
            Reason::BodyGraphql,
        ),
        (r#"{"query": "{me}", "extensions": []}"#, Reason::BodyGraphql),
        (r#"{"query": "{me}", "documentId": "x"}"#, Reason::BodyGraphql),
        (r#"{"query": "{me}", "id": "x"}"#, Reason::BodyGraphql),
        (r#"{"Query": "{me}"}"#, Reason::BodyGraphql),
        (r#"{"query": "{me}", "Variables": {}}"#, Reason::BodyGraphql),
        (r#"{"query": "{me}", "query": "mutation{deleteAll}"}"#, Reason::BodyUnreadable),
        (r#"{"query": null}"#, Reason::BodyGraphql),
        (r#"{"query": "{me}", "variables": [1]}"#, Reason::BodyGraphql),
        (r#"{"query": "{me}", "variables": "{}"}"#, Reason::BodyGraphql),
        (r#"{"query": 1}"#, Reason::BodyGraphql),
        (r#""{me}""#, Reason::BodyGraphql),
    ] {
        assert_eq!(post(body), Err(reason), "{body}");
    }
    assert!(
        post(r#"{"query": "{me}", "extensions": {"trace": {"id": 1}}, "variables": null, "operationName": null}"#)
            .is_ok()
    );
}

#[test]
fn a_get_says_all_in_its_query() {
    for (path, expected) in [
        ("/graphql?query=%7Bme%7D", Ok("read Query.me {}")),
        ("/graphql?query=query($a:Int)%7Bc(a:$a)%7D&variables=%7B%22a%22:1%7D", Ok(r#"read Query.c {"a":1}"#)),
        ("/graphql?query=query+A%7Bme%7D+query+B%7Byou%7D&operationName=B&extensions=%7B%7D", Ok("read Query.you {}")),
        ("/graphql?query=mutation%7BdeleteAll%7D", Err(Reason::RequestMethod)),
        ("/graphql?query=%7Bme%7D&query=%7Byou%7D", Err(Reason::ParameterRepeated)),
        ("/graphql?query=%7Bme%7D&documentId=x", Err(Reason::BodyGraphql)),
        ("/graphql?extensions=%7B%22persistedQuery%22:%7B%7D%7D", Err(Reason::BodyGraphql)),
        ("/graphql?variables=%7B%7D", Err(Reason::BodyGraphql)),
        ("/graphql", Err(Reason::BodyMissing)),
    ] {
        assert_eq!(get(path).as_deref().map_err(|reason| *reason), expected, "{path}");
    }
    let both = Head::from_pairs([(":method", "POST"), (":path", "/graphql?query=mutation%7BdeleteAll%7D")]);
    assert_eq!(outcome(&both, Some(br#"{"query": "{me}"}"#)), Err(Reason::BodyGraphql));
    let with_body = Head::from_pairs([(":method", "GET"), (":path", "/graphql?query=%7Bme%7D")]);
    assert_eq!(outcome(&with_body, Some(br#"{"query": "{me}"}"#)), Err(Reason::BodyMissing));
}

#[test]
fn a_document_that_readers_differ_about_is_refused() {
    let deep = format!("{}x{}", "{a".repeat(40), "}".repeat(40));
    let deep_value = format!("{{ a(b: {}1{}) }}", "[".repeat(40), "]".repeat(40));
    let wide = format!("{{ {} }}", (0..40).map(|n| format!("a{n}: me ")).collect::<String>());
    let doubling: String = (0..20).map(|n| format!("fragment F{n} on Q {{ ...F{m} ...F{m} }} ", m = n + 1)).collect();
    let doubling = format!("{{ ...F0 }} {doubling} fragment F20 on Q {{ me }}");
    for document in [
        "",
        "{",
        "{}",
        "{me}}",
        "{me} x",
        "{ me() }",
        "query() { me }",
        "{ me(a: 1, A: 2) }",
        "{ me(a: 1, a: 2) }",
        "{ me(a: {b: 1, B: 2}) }",
        "{ me(a: 01) }",
        "{ me(a: 1.) }",
        "{ me(a: 1x) }",
        "{ me(a: 1e400) }",
        "{ me(a: \"x\ny\") }",
        "{ me(a: \"\\x\") }",
        "{ me(a: \"\\ud83d\") }",
        "{ me(a: \"\"\"block\"\"\") }",
        "{ m\u{e9} }",
        "\u{feff}{ me }",
        "{ me # a comment\u{2028} }\nmutation { deleteAll }",
        "{ me # a comment\u{b}\n }",
        "{ ...F } fragment F on Query { ...F }",
        "{ ...F }",
        "{ ...F } fragment F on Query { me } fragment F on Query { you }",
        "fragment on on Query { me } { ...on }",
        "query($a: Int = $a) { me(a: $a) }",
        "query($a: [Int = 1) { me(a: $a) }",
        "type Query { me: Int }",
        "extend type Query { me: Int } { me }",
        "\"about\" { me }",
        &deep,
        &deep_value,
        &wide,
        &doubling,
    ] {
        assert_eq!(sent(document), Err(Reason::BodyGraphql), "{document}");
    }
    assert!(post(&serde_json::json!({"query": "query($a: X) { a(a: $a) b(a: $a) c(a: $a) }", "variables": {"a": "x".repeat(2000)}}).to_string()).is_err());
}
