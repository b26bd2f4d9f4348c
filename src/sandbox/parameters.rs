//! The parameters of a request: a query, a form, or the JSON object that some servers take instead.

use serde_json::Value;

use crate::json::pairs;
use crate::sandbox::http::Request;
use crate::sandbox::refusal::{Code, Refusal};

/// Those that may come more than once: RFC 8707 section 2, RFC 8693 section 2.1.
const SEVERAL: [&str; 2] = ["audience", "resource"];

/// More parameters than anyone needs; looking for repeated ones takes the square of it.
const MOST: usize = 100;

/// Names and values. There is no Debug: they carry secrets.
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads the body, of a `GET` the query. RFC 6749 section 3.2: nothing may come twice.
    pub fn read(request: &Request) -> Result<Parameters, Refusal> {
        let parameters = Parameters::unchecked(request)?;
        parameters.check()?;
        Ok(parameters)
    }

    /// The same before [`Parameters::check`]: an authorization request has to be read before its errors can be sent anywhere.
    pub fn unchecked(request: &Request) -> Result<Parameters, Refusal> {
        if matches!(request.method.as_str(), "GET" | "HEAD") {
            return Ok(Parameters(form(request.query().as_bytes())));
        }
        let content_type = request.header("Content-Type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            "application/x-www-form-urlencoded" => Ok(Parameters(form(&request.body))),
            "application/json" => Ok(Parameters(json(&request.body)?)),
            _ => Err(invalid("send Content-Type: application/x-www-form-urlencoded, or application/json")),
        }
    }

    /// That there are not too many, and none twice that may come once.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.0.len() > MOST {
            return Err(invalid(format!("more than {MOST} parameters")));
        }
        for (at, (name, _)) in self.0.iter().enumerate() {
            if !SEVERAL.contains(&name.as_str()) && self.0[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(invalid(format!("parameter sent twice: {name}")));
            }
        }
        Ok(())
    }

    /// Whether `name` came more than once.
    pub fn repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(n, _)| n == name).count() > 1
    }

    /// The value of `name`.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.several(name).next()
    }

    /// Every value of `name`, in order. RFC 6749 section 3.2: an empty one counts as left out.
    pub fn several(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(n, value)| n == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The value of `name`, or a refusal that names it.
    pub fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.one(name).ok_or_else(|| invalid(format!("parameter missing: {name}")))
    }
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

/// Auth0 and VeriCerts take the parameters as a JSON object; an array stands for a repeated parameter.
fn json(body: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let members = pairs(body).map_err(|_| invalid("the body is not a JSON object"))?;
    let mut pairs = Vec::new();
    for (name, value) in members {
        match value {
            Value::Null => {}
            Value::String(text) => pairs.push((name, text)),
            Value::Array(values) if SEVERAL.contains(&name.as_str()) => {
                for value in values {
                    let Value::String(text) = value else { return Err(invalid(format!("not an array of strings: {name}"))) };
                    pairs.push((name.clone(), text));
                }
            }
            _ => return Err(invalid(format!("not a string: {name}"))),
        }
    }
    Ok(pairs)
}

fn invalid(description: impl AsRef<str>) -> Refusal {
    Refusal::new(Code::InvalidRequest, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &str) -> Result<Parameters, Refusal> {
        Parameters::read(&Request::of("POST", "/token", &[("content-type", content_type)], body))
    }

    #[test]
    fn form_and_json_say_the_same() {
        let form = read("application/x-www-form-urlencoded", "scope=a+b%20%C3%A9&resource=x&resource=y&empty=&flag").ok().unwrap();
        let json = r#"{"scope":"a b é","resource":["x","y"],"empty":"","flag":null}"#;
        let json = read("Application/JSON; charset=utf-8", json).ok().unwrap();
        for parameters in [form, json] {
            assert_eq!(parameters.one("scope"), Some("a b é"));
            assert_eq!(parameters.several("resource").collect::<Vec<_>>(), ["x", "y"]);
            assert_eq!((parameters.one("empty"), parameters.one("flag")), (None, None));
            assert!(parameters.required("empty").is_err());
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused_in_both_bodies() {
        assert!(read("application/x-www-form-urlencoded", "scope=a&scope=a").is_err());
        assert!(read("application/x-www-form-urlencoded", "scope=&scope=").is_err());
        let refusal = read("application/json", r#"{"scope":"a","scope":"b"}"#).err().unwrap();
        assert_eq!(refusal, Refusal::new(Code::InvalidRequest, "parameter sent twice: scope"));
    }

    #[test]
    fn what_is_not_a_form_or_an_object_of_strings_is_refused() {
        for bad in ["", "[]", "\"x\"", "{", "{\"a\":1}", "{\"scope\":[\"a\"]}", "{\"resource\":[1]}", "{\"a\":{}}", &"[".repeat(100_000)] {
            assert!(read("application/json", bad).is_err(), "{bad:.20}");
        }
        assert!(read("application/x-www-form-urlencoded", &"resource=a&".repeat(MOST)).is_ok());
        assert!(read("application/x-www-form-urlencoded", &"resource=a&".repeat(MOST + 1)).is_err());
        assert!(read("text/plain", "a=b").is_err());
        assert!(Parameters::read(&Request::of("POST", "/token", &[], "a=b")).is_err());
    }
}
