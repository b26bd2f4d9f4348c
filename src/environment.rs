//! The one door to environment variables.

/// The variables of this process, or of a test. A variable that is empty counts as not set.
#[derive(Debug, Clone)]
pub struct Environment(Source);

/// What the firmware calls a machine, on Linux.
const PRODUCT: &str = "/sys/class/dmi/id/product_name";

#[derive(Debug, Clone)]
enum Source {
    Process,
    #[cfg_attr(not(test), allow(dead_code, reason = "tests script the environment"))]
    Scripted(Vec<(String, String)>),
}

impl Environment {
    /// The real environment of this process.
    pub fn process() -> Environment {
        Environment(Source::Process)
    }

    /// An environment of just these variables.
    #[cfg(test)]
    pub fn of(variables: &[(&str, &str)]) -> Environment {
        Environment(Source::Scripted(variables.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()))
    }

    /// The value of `name`; None where it is unset, empty or not UTF-8.
    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    pub fn get(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
            Source::Process => std::env::var(name).ok(),
            Source::Scripted(variables) => variables.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()),
        };
        value.filter(|v| !v.is_empty())
    }

    /// Every variable whose name starts with `prefix`.
    pub fn starting_with(&self, prefix: &str) -> Vec<(String, String)> {
        self.named(&|name| name.starts_with(prefix))
    }

    /// Every variable with such a name, and a value.
    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    pub fn named(&self, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
        let keep = |(k, v): &(String, String)| wanted(k) && !v.is_empty();
        match &self.0 {
            Source::Process => {
                let text = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
                text.filter(keep).collect()
            }
            Source::Scripted(variables) => variables.iter().filter(|v| keep(v)).cloned().collect(),
        }
    }

    /// Whether this is a machine of Google's, as its documents say how to find out: nothing else there is a variable.
    pub fn on_google(&self) -> bool {
        let name = match &self.0 {
            Source::Process => std::fs::read_to_string(PRODUCT).ok(),
            Source::Scripted(_) => self.get(PRODUCT),
        };
        name.is_some_and(|name| matches!(name.trim(), "Google" | "Google Compute Engine"))
    }

    /// Whether a CI system runs this process (`CI=true`, as GitHub, GitLab, CircleCI, Buildkite and Azure set it).
    pub fn in_ci(&self) -> bool {
        self.get("CI").is_some_and(|v| v != "false" && v != "0") || self.get("TF_BUILD").is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let environment = Environment::of(&[("A", ""), ("OAT_SCOPE", "x")]);
        assert_eq!(environment.get("A"), None);
        assert_eq!(environment.starting_with("OAT_"), [("OAT_SCOPE".to_string(), "x".to_string())]);
    }
}
