//! `multipart/form-data` (RFC 7578), read as strictly as clients write it.
//!
//! Servers differ in nearly everything that RFC 2046 leaves to them: what stands before the first boundary, bare line
//! feeds, white space behind a boundary, folded and unknown headers, encoded parts, escapes in names. Browsers and the
//! usual libraries write none of that, so all of it is refused.

use super::form::{Collected, json_text};
use super::{limits, refuse, unreadable};
use crate::json::{Document, Tape};
use crate::reason::Refusal;

/// How many parts a form may have: more than any form shows.
const MAX_PARTS: usize = 256;

/// How long the headers of one part may be: a name, a file's name and a type.
const MAX_HEADERS: usize = 2048;

/// Collects the fields, the JSON parts, and of files what is known without reading them.
pub(super) fn parts(body: &[u8], boundary: &str, collected: &mut Collected<'_>) -> Result<(), Refusal> {
    let delimiter = format!("--{boundary}");
    let mut rest =
        body.strip_prefix(delimiter.as_bytes()).ok_or_else(|| refuse("the body doesn't begin with its boundary"))?;
    for _ in 0..MAX_PARTS {
        match rest {
            b"--" | b"--\r\n" => return Ok(()),
            _ => {}
        }
        let part = rest.strip_prefix(b"\r\n").ok_or_else(|| refuse("a boundary is followed by something else"))?;
        let end = find(part, delimiter.as_bytes()).ok_or_else(|| refuse("the last boundary is missing"))?;
        let (part, behind) = part.split_at_checked(end).unwrap_or_default();
        let part = part.strip_suffix(b"\r\n").ok_or_else(|| refuse("the boundary stands inside of a line"))?;
        read_part(part, collected)?;
        rest = behind.strip_prefix(delimiter.as_bytes()).unwrap_or_default();
    }
    Err(refuse(&format!("there are more than {MAX_PARTS} parts")))
}

fn find(within: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(within, wanted)
}

/// What the headers of a part say.
#[derive(Default)]
struct Part<'p> {
    name: Option<&'p str>,
    file: Option<&'p str>,
    media: Option<&'p str>,
}

fn read_part(part: &[u8], collected: &mut Collected<'_>) -> Result<(), Refusal> {
    // A part without headers would begin with the empty line, and have no name.
    let end = find(part, b"\r\n\r\n").filter(|end| *end <= MAX_HEADERS);
    let (headers, content) = end
        .and_then(|end| part.split_at_checked(end))
        .ok_or_else(|| refuse("a part has no headers, or too long ones"))?;
    let content = content.get(4..).unwrap_or_default();
    let headers = std::str::from_utf8(headers).map_err(|_| refuse("a part's headers are not UTF-8"))?;
    let Part { name, file, media } = Part::read(headers)?;
    let name = name.ok_or_else(|| refuse("a part has no name"))?;
    let media_type = media.unwrap_or_default().to_ascii_lowercase();
    if let Some(file) = file {
        let size = content.len();
        let mut json = br#"{"filename":"#.to_vec();
        json.extend(json_text(file));
        json.extend_from_slice(br#","type":"#);
        json.extend(json_text(&media_type));
        json.extend(format!(r#","size":{size}}}"#).into_bytes());
        return collected.json(name, json);
    }
    match &*media_type {
        "" | "text/plain" | "text/plain; charset=utf-8" | "text/plain;charset=utf-8" => {
            let text = std::str::from_utf8(content).ok().filter(|text| !text.contains('\0'));
            collected.text(name, text.ok_or_else(|| refuse("a field is not UTF-8, or has a NUL"))?)
        }
        "application/json" => {
            Document::read(content, &limits(content.len()), Tape::default()).map_err(unreadable)?;
            collected.json(name, content.to_vec())
        }
        _ => Err(refuse("a part without a file name is neither text nor JSON")),
    }
}

impl<'p> Part<'p> {
    fn read(headers: &'p str) -> Result<Self, Refusal> {
        let mut part = Self::default();
        let mut disposed = false;
        for line in headers.split("\r\n") {
            let (name, value) = line.split_once(':').ok_or_else(|| refuse("a part's header has no colon"))?;
            if line.contains(|char: char| char.is_control()) || name.contains(' ') {
                return Err(refuse("a part's header has a control character or is folded"));
            }
            match name.to_ascii_lowercase().as_str() {
                "content-disposition" if !disposed => {
                    disposed = true;
                    part.read_disposition(value.trim())?;
                }
                "content-type" if part.media.is_none() => part.media = Some(value.trim()),
                _ => {
                    return Err(refuse(
                        "a part has a header twice, or another than `content-disposition` and `content-type`",
                    ));
                }
            }
        }
        Ok(part)
    }

    /// `form-data; name="…"; filename="…"`
    fn read_disposition(&mut self, value: &'p str) -> Result<(), Refusal> {
        let unclear = || {
            refuse("a part's `content-disposition` is not `form-data; name=\"…\"` with an optional `filename=\"…\"`")
        };
        let mut rest = value.strip_prefix("form-data").ok_or_else(unclear)?;
        while !rest.is_empty() {
            let parameter = rest.strip_prefix(';').ok_or_else(unclear)?.trim_start();
            let (name, quoted) = parameter.split_once("=\"").ok_or_else(unclear)?;
            let (text, behind) = quoted.split_once('"').ok_or_else(unclear)?;
            // Some undo backslashes, and what HTML has browsers write for quotes and line ends, some don't.
            let escaped = text.contains('\\') || ["%22", "%0d", "%0D", "%0a", "%0A"].iter().any(|it| text.contains(it));
            let place = match name {
                "name" if text != "_charset_" && !text.is_empty() => &mut self.name,
                "filename" => &mut self.file,
                _ => return Err(unclear()),
            };
            if escaped || place.replace(text).is_some() {
                return Err(unclear());
            }
            rest = behind;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;

    fn read(body: &str) -> Result<String, Reason> {
        let mut collected = Collected::new(&[]);
        parts(body.as_bytes(), "b", &mut collected).and_then(|()| collected.finish()).map_err(|it| it.reason).map(
            |(fields, beside)| {
                let fields: Vec<_> = fields.iter().map(|(name, text)| format!("{name}={text}")).collect();
                format!("{} {}", fields.join(" "), String::from_utf8(beside.unwrap_or_default()).unwrap())
            },
        )
    }

    const NAMED: &str = "Content-Disposition: form-data; name=\"a\"";

    #[test]
    fn fields_files_and_json_are_told_apart() {
        for (body, expected) in [
            (format!("--b\r\n{NAMED}\r\n\r\n1 2\r\n--b--\r\n"), "a=1 2 "),
            (format!("--b\r\n{NAMED}\r\n\r\n\r\n--b--"), "a= "),
            ("--b--\r\n".into(), " "),
            (
                "--b\r\ncontent-type: text/csv\r\ncontent-disposition: form-data; name=\"f\"; filename=\"ä b.csv\"\r\n\r\nx\r\ny\r\n--b--".into(),
                r#" {"f":{"filename":"ä b.csv","type":"text/csv","size":4}}"#,
            ),
            (
                "--b\r\nContent-Disposition: form-data; name=\"m\"\r\nContent-Type: application/json\r\n\r\n{\"to\":\"x\"}\r\n--b--".into(),
                r#" {"m":{"to":"x"}}"#,
            ),
            (
                "--b\r\nContent-Disposition: form-data; name=\"t[]\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=\"t[]\"\r\n\r\n2\r\n--b--".into(),
                r#" {"t":["1","2"]}"#,
            ),
        ] {
            assert_eq!(read(&body).as_deref(), Ok(expected), "{body}");
        }
    }

    #[test]
    fn what_parsers_read_differently_is_refused() {
        let part = format!("--b\r\n{NAMED}\r\n\r\n1\r\n");
        for body in [
            String::new(),
            "a=1".into(),
            format!("preamble\r\n{part}--b--"),
            format!("\r\n{part}--b--"),
            part.clone(),
            format!("{part}--b--x"),
            format!("{part}--b--\r\nepilogue"),
            format!("{part}--b \r\n{NAMED}\r\n\r\n2\r\n--b--"),
            format!("{part}--bb--\r\n--b--"),
            part.replace("\r\n", "\n") + "--b--",
            format!("--b\r\n{NAMED}\r\n\r\n1\n--b--\r\n--b--"),
            format!("--b\r\n{NAMED}\r\n\r\n1--b--\r\n--b--"),
            "--b\r\n\r\n1\r\n--b--".into(),
            "--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--".into(),
            format!("--b\r\n{NAMED}\r\n folded\r\n\r\n1\r\n--b--"),
            format!("--b\r\n{NAMED}\r\n{NAMED}\r\n\r\n1\r\n--b--"),
            format!("--b\r\n{NAMED}\r\nContent-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--b--"),
            format!("--b\r\n{NAMED}\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n1\r\n--b--"),
            format!("--b\r\n{NAMED}\r\nContent-Type: application/json\r\n\r\n1,\"b\":2\r\n--b--"),
            "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--".into(),
            "--b\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\n1\r\n--b--".into(),
            "--b\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\n1\r\n--b--".into(),
            "--b\r\nContent-Disposition: form-data; name=\"a%22\"\r\n\r\n1\r\n--b--".into(),
            "--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n1\r\n--b--".into(),
            "--b\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nutf-7\r\n--b--".into(),
            "--b\r\nContent-Disposition: form-data; name=\"a\"; filename*=UTF-8''x\r\n\r\n1\r\n--b--".into(),
            "--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--b--".into(),
            "--b\r\nContent-Disposition: form-data; name=\"a\"junk\r\n\r\n1\r\n--b--".into(),
            part.repeat(257) + "--b--",
        ] {
            let refused = matches!(read(&body), Err(Reason::BodyForm | Reason::BodyUnreadable));
            assert!(refused, "{body}: {:?}", read(&body));
        }
        assert_eq!(read(&format!("{part}{part}--b--")), Err(Reason::ParameterRepeated));
    }
}
