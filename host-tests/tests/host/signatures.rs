//! The foreign function `verify_signature`: Envoy's `source/extensions/common/wasm/foreign.cc`.
//!
//! `signatures.txt` has a line for each kind of key and digest: the kind, the digest, the public key
//! (SubjectPublicKeyInfo, base64), and a signature of [`TEXT`] that OpenSSL made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use toolgate_host_tests::host::{ForeignFunction, HostOptions};

use crate::{get, guest, options, said, with_request};

const TEXT: &[u8] = b"text that is signed";

#[derive(Clone, PartialEq, prost::Message)]
struct Arguments {
    #[prost(string, tag = "1")]
    hash_function: String,
    #[prost(bytes = "vec", tag = "2")]
    public_key: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    signature: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    text: Vec<u8>,
    #[prost(string, tag = "5")]
    public_key_pem: String,
}

fn examples() -> Vec<(String, Arguments)> {
    let decode = |text: &str| STANDARD.decode(text).unwrap();
    let example = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let arguments = Arguments {
            hash_function: fields[1].to_owned(),
            public_key: decode(fields[2]),
            signature: decode(fields[3]),
            text: TEXT.to_vec(),
            public_key_pem: String::new(),
        };
        (format!("{} {}", fields[0], fields[1]), arguments)
    };
    include_str!("signatures.txt").lines().map(example).collect()
}

/// The status, and the first bytes of the result: field 1 (8), true (1), read as a little-endian number.
const VALID: [&str; 2] = ["0", "264"];

fn ask(arguments: &[u8], edit: impl FnOnce(&mut HostOptions)) -> Vec<String> {
    let mut options = HostOptions { plugin_config: arguments.to_vec(), ..options() };
    edit(&mut options);
    let (mut vm, _) = with_request(&guest!("calls_foreign"), options, get(), true);
    let mut said = said(&mut vm);
    // What nobody has isn't found.
    assert_eq!(said.pop().as_deref(), Some("1"));
    said
}

#[test]
fn signatures_that_openssl_made_are_valid() {
    assert_eq!(examples().len(), 9);
    for (name, arguments) in examples() {
        assert_eq!(ask(&arguments.encode_to_vec(), |_| {}), VALID, "{name}");
    }
}

#[test]
fn the_same_over_another_text_are_not() {
    for (name, mut arguments) in examples() {
        arguments.text.push(b'!');
        let answer = ask(&arguments.encode_to_vec(), |_| {});
        // The call itself worked: only `result` tells. The first field there is is 2, the error (0x12).
        assert_eq!(answer[0], "0", "{name}");
        assert_eq!(answer[1].parse::<u32>().unwrap() & 0xff, 0x12, "{name}");
    }
}

#[test]
fn a_key_may_come_as_pem_but_not_both_ways() {
    let (_, mut arguments) = examples().remove(3);
    let body = STANDARD.encode(&arguments.public_key);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    arguments.public_key_pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    // 2 is BadArgument.
    assert_eq!(ask(&arguments.encode_to_vec(), |_| {}), ["2"]);
    arguments.public_key.clear();
    assert_eq!(ask(&arguments.encode_to_vec(), |_| {}), VALID);
}

#[test]
fn what_is_no_message_is_a_bad_argument() {
    assert_eq!(ask(b"\xff\xff", |_| {}), ["2"]);
}

#[test]
fn a_host_may_lack_it_or_have_one_of_its_own() {
    let arguments = examples()[0].1.encode_to_vec();
    assert_eq!(ask(&arguments, |options| options.verify_signature = false), ["1"]);
    let own: ForeignFunction = std::sync::Arc::new(|_| Ok(vec![1, 1]));
    let insert = |options: &mut HostOptions| drop(options.foreign_functions.insert("verify_signature".to_owned(), own));
    assert_eq!(ask(&arguments, insert), ["0", "257"]);
}
