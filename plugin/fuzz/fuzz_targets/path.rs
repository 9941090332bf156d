//! Any request target, and any template. What is accepted is to the `url` crate (the URL standard: Node, browsers) the same path and
//! the same query, and a template that fits it says of each of its parameters what stands in its place.

#![no_main]

use percent_encoding::percent_decode_str;
use toolgate::action::{Template, path};
use url::Url;

// A template, a line feed, a target.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (template, target) = data.split_at(end);
    let Ok((path, query)) = path::split(target.get(1..).unwrap_or_default()) else { return };

    let text = std::str::from_utf8(&target[1..]).expect("accepted, but no text");
    let url = Url::parse(&format!("http://gateway.example.com{text}")).expect("accepted, but no URL");
    assert_eq!(url.path(), path);
    assert_eq!(url.query().is_some(), query.is_some());
    assert_eq!(url.fragment(), None);
    let decoded = percent_decode_str(path).decode_utf8().expect("accepted, but not UTF-8");
    assert_eq!(decoded.split('/').count(), path.split('/').count(), "a slash was encoded");
    assert!(!decoded.split('/').any(|segment| matches!(segment, "." | "..")), "a dot segment was encoded");
    assert!(!decoded.contains(['\\', ';', '%']) && !decoded.chars().any(|char| char.is_ascii_control()));

    let Some(written) = std::str::from_utf8(template).ok() else { return };
    let Ok(template) = Template::parse(written) else { return };
    let Some(fields) = template.matches(path).expect("a normal path is UTF-8") else { return };
    let names: Vec<&str> = template.names().collect();
    assert_eq!(fields.iter().map(|(name, _)| name.as_ref()).collect::<Vec<_>>(), names);
    // What stands in braces, replaced by its value, is the path again.
    let mut again = String::new();
    let mut values = fields.iter().map(|(_, value)| value.as_ref());
    for piece in written.split_inclusive('}') {
        match piece.split_once('{') {
            Some((literal, _)) => {
                again.push_str(literal);
                again.push_str(values.next().expect("a value for each name"));
            }
            None => again.push_str(piece),
        }
    }
    assert_eq!(again, decoded);
});
