//! The strict reader of JSON that a stranger wrote.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::time::Seconds;

/// The most values in a document: an object of one member takes 650 bytes of memory, and eight of a stranger's.
const MOST: usize = 50_000;

/// Reads exactly one JSON object. Refused, with the reason in words: other types, trailing data, duplicate members at
/// any depth, NaN, more than 128 levels, more than 50,000 values, and what is not UTF-8. One UTF-8 byte order mark is
/// passed over.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_string())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict(&Cell::new(MOST)).deserialize(&mut reader).map_err(|error| reason(&error))?;
    reader.end().map_err(|_| "something follows the JSON object".to_string())?;
    match value {
        Value::Object(map) => Ok(map),
        other => Err(format!("it is not a JSON object but {}", type_name(&other))),
    }
}

/// Reads the members of one JSON object in order, those with the same name too, which [`object`] refuses. Refused is what it
/// refuses besides.
pub fn pairs(bytes: &[u8]) -> Result<Vec<(String, Value)>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_string())?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let pairs = reader.deserialize_map(Pairs(&Cell::new(MOST))).map_err(|error| reason(&error))?;
    reader.end().map_err(|_| "something follows the JSON object".to_string())?;
    Ok(pairs)
}

/// An object of these members. serde_json's own way to make one sorts them first, with 4 kB of code for each caller.
pub fn members<N: Into<String>>(pairs: impl IntoIterator<Item = (N, Value)>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in pairs {
        map.insert(name.into(), value);
    }
    map
}

/// The JSON type of a value, in words.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A length of time as servers write one: a number, or one in a string (PayPal). None for anything else.
pub fn seconds(value: &Value) -> Option<Seconds> {
    let seconds = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    // The cast saturates.
    seconds.filter(|seconds| seconds.is_finite()).map(|seconds| Seconds(seconds as i64))
}

/// serde_json's own words may quote the document, so only its class and place are told.
fn reason(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Eof => "the JSON ends too early",
        Category::Data if error.to_string().starts_with(DUPLICATE) => "the JSON has a member twice",
        Category::Data if error.to_string().starts_with(TOO_MANY) => "the JSON has more than 50,000 values",
        _ if error.to_string().starts_with("recursion limit") => "the JSON is nested too deeply",
        _ => "it is not JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

const DUPLICATE: &str = "duplicate member";
const TOO_MANY: &str = "too many values";

/// How many values may still come.
#[derive(Clone, Copy)]
struct Strict<'a>(&'a Cell<usize>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.set(self.0.get().checked_sub(1).ok_or_else(|| D::Error::custom(TOO_MANY))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_string()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom(DUPLICATE));
            }
        }
        Ok(Value::Object(map))
    }
}

struct Pairs<'a>(&'a Cell<usize>);

impl<'de> Visitor<'de> for Pairs<'_> {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            pairs.push((name, members.next_value_seed(Strict(self.0))?));
        }
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r58_what_is_not_one_plain_object_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        for (bad, reason) in [
            (r#"{"a":1,"a":2}"#, "twice"),
            (r#"{"x":{"a":1,"a":2}}"#, "twice"),
            (r#"{"a":1} x"#, "follows"),
            (r#"{"a":1}{"b":2}"#, "follows"),
            (r#"{"a":NaN}"#, "not JSON"),
            (r#"{"a":"#, "too early"),
            ("", "too early"),
            ("[1]", "an array"),
            ("null", "null"),
            (deep.as_str(), "too deeply"),
        ] {
            let error = object(bad.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{bad}: {error}");
        }
    }

    #[test]
    fn r57_utf_16_and_broken_utf_8_are_refused_and_a_byte_order_mark_is_not() {
        let utf16: Vec<u8> = "{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(object(&utf16).is_err());
        assert!(object(b"{\"a\":\"\xff\"}").unwrap_err().contains("UTF-8"));
        assert_eq!(object("\u{feff}{\"a\":1}".as_bytes()).unwrap()["a"], 1);
    }

    #[test]
    fn r53_a_document_of_many_small_values_does_not_fill_the_memory() {
        let many = |value: &str, count: usize| format!("{{\"a\":[{}]}}", vec![value; count].join(","));
        assert!(object(many("0", 40_000).as_bytes()).is_ok());
        for value in ["0", "{}", "[]", "{\"a\":0}"] {
            assert!(object(many(value, 60_000).as_bytes()).unwrap_err().contains("more than 50,000 values"));
        }
    }

    #[test]
    fn a_refusal_never_quotes_the_document() {
        assert!(!object(br#"{"access_token":"CANARY" oops}"#).unwrap_err().contains("CANARY"));
    }
}
