//! Names as readers see them that match without regard to case.

use std::borrow::Cow;

/// A form that all names share which such a reader takes for one: lower case, of every character that has cases.
///
/// Go's `encoding/json` is the reader that matters most. It matches by Unicode's simple folding, which makes the long s an s, the Kelvin
/// sign a k and the final sigma a sigma; hence up once between two ways down. What this makes equal beyond that (ß and ss, the Turkish
/// dotless ı and i) is equal to other readers.
pub(crate) fn fold(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return name;
    }
    if name.is_ascii() {
        return Cow::Owned(name.to_ascii_lowercase());
    }
    let lower = name.chars().flat_map(char::to_lowercase);
    Cow::Owned(lower.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orbit_of_simple_folding_has_one_form() {
        for names in [
            &["k", "K", "\u{212a}"][..],
            &["s", "S", "ſ"],
            &["å", "Å", "\u{212b}"],
            &["σ", "ς", "Σ"],
            &["µ", "μ", "Μ"],
            &["ß", "ẞ", "ss", "SS"],
            &["θ", "ϑ", "Θ", "ϴ"],
            &["ι", "Ι", "\u{345}", "\u{1fbe}"],
            &["в", "В", "\u{1c80}"],
            &["ǆ", "ǅ", "Ǆ"],
            &["ω", "Ω", "\u{2126}"],
        ] {
            let forms: Vec<_> = names.iter().map(|name| fold(Cow::Borrowed(name))).collect();
            assert!(forms.windows(2).all(|pair| pair[0] == pair[1]), "{names:?}: {forms:?}");
        }
    }

    #[test]
    fn different_names_stay_different() {
        for (one, other) in [("a", "b"), ("a_b", "ab"), ("é", "e"), ("名前", "名"), ("`", "@")] {
            assert_ne!(fold(Cow::Borrowed(one)), fold(Cow::Borrowed(other)));
        }
    }
}
