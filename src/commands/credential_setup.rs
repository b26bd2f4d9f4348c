//! `oat credential setup`: what to write where, so that a program asks oat.

use crate::cli::words::Chosen;
use crate::commands::house::House;
use crate::error::{Error, Kind, Result};
use crate::output;
use crate::text::{escape, nearest};

/// What one program needs: the text before the hosts, a piece for each host, what stands between the pieces, and the text behind.
struct Setup {
    name: &'static str,
    before: &'static str,
    each: &'static str,
    between: &'static str,
    behind: &'static str,
    /// Whether it knows `*.corp.example` itself.
    wildcards: bool,
}

const SETUPS: [Setup; 10] = [
    Setup {
        name: "kubectl",
        before: "\
# ~/.kube/config; a context names the user `oat-PROFILE`. `--id-token` in args for a cluster that wants the ID token.
users:
- name: \"oat-PROFILE\"
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: oat
      args: [\"credential\", \"kubectl\", \"PROFILE\"]
      interactiveMode: IfAvailable
      provideClusterInfo: true",
        each: "",
        between: "",
        behind: "",
        wildcards: true,
    },
    Setup {
        name: "git",
        before: "# ~/.gitconfig; the empty helper keeps those before it from keeping the token\n",
        each: "[credential \"https://HOST\"]\n\thelper =\n\thelper = \"!oat credential git PROFILE\"",
        between: "\n",
        behind: "",
        wildcards: true,
    },
    Setup {
        name: "docker",
        before: "# once: ln -s \"$(command -v oat)\" ~/.local/bin/docker-credential-oat\n# ~/.docker/config.json; `hosts` of the profile decides whose token it is\n{ \"credHelpers\": { ",
        each: "\"HOST\": \"oat\"",
        between: ", ",
        behind: " } }",
        wildcards: false,
    },
    Setup {
        name: "bazel",
        before: "# once: ln -s \"$(command -v oat)\" ~/.local/bin/bazel-credential-oat\n# ~/.bazelrc; `hosts` of the profile decides whose token it is\n",
        each: "common --credential_helper=HOST=bazel-credential-oat",
        between: "\n",
        behind: "",
        wildcards: true,
    },
    Setup {
        name: "cargo",
        before: "# ~/.cargo/config.toml\n",
        each: "[registries.NAME]\nindex = \"sparse+https://HOST/\"\ncredential-provider = [\"oat\", \"PROFILE\"]",
        between: "\n",
        behind: "",
        wildcards: false,
    },
    Setup { name: "go", before: "go env -w GOAUTH='oat credential go PROFILE'", each: "", between: "", behind: "", wildcards: true },
    Setup {
        name: "terraform",
        before: "\
# once: mkdir -p ~/.terraform.d/plugins && ln -s \"$(command -v oat)\" ~/.terraform.d/plugins/terraform-credentials-oat
# ~/.terraformrc
credentials_helper \"oat\" {
  args = [\"PROFILE\"]
}",
        each: "",
        between: "",
        behind: "",
        wildcards: true,
    },
    Setup {
        name: "npm",
        before: "# ~/.npmrc; then NPM_TOKEN=$(oat token get PROFILE) npm install\n",
        each: "//HOST/:_authToken=${NPM_TOKEN}",
        between: "\n",
        behind: "",
        wildcards: false,
    },
    Setup {
        name: "pnpm",
        before: "# once, as ~/.local/bin/oat-PROFILE with chmod +x: #!/bin/sh, then: exec oat token get PROFILE --format bearer\n# ~/.npmrc; pnpm wants the absolute path\n",
        each: "//HOST/:tokenHelper=/home/you/.local/bin/oat-PROFILE",
        between: "\n",
        behind: "",
        wildcards: false,
    },
    Setup {
        name: "curl",
        before: "",
        each: "curl -K <(oat token get PROFILE --format curl) https://HOST/",
        between: "\n",
        behind: "",
        wildcards: false,
    },
];

/// Prints it for a profile.
pub fn print(house: &House, words: &[&str]) -> Result<()> {
    let (what, profile) = match words {
        [what] => (*what, None),
        [what, profile] => (*what, Some(profile.to_string())),
        _ => {
            return Err(Error::new(Kind::Usage, "`oat credential setup` takes the name of a program, and a profile")
                .hint("oat credential setup git PROFILE"));
        }
    };
    let names = || SETUPS.iter().map(|setup| setup.name);
    let setup = SETUPS.iter().find(|setup| setup.name == what).ok_or_else(|| {
        let near = nearest(what, names()).map(|near| format!("did you mean `{near}`?"));
        Error::new(Kind::Usage, format!("`{}` is nothing that could be set up", escape(what)))
            .hint(near.unwrap_or_else(|| format!("one of {}", names().collect::<Vec<_>>().join(", "))))
    })?;
    let (plan, _) = house.plan(&Chosen { profile, ..Chosen::default() })?;
    let (profile, hosts) = (plan.profile.as_str(), plan.settings.list("hosts"));
    if hosts.is_empty() && setup.name != "kubectl" {
        return Err(Error::new(Kind::Config, format!("profile `{profile}` has no `hosts`, so its token goes to no host"))
            .hint(format!("oat profile edit {profile} --hosts api.example.com")));
    }
    output::print(&written(setup, profile, &hosts))
}

fn written(setup: &Setup, profile: &str, hosts: &[String]) -> String {
    let host = |host: &String| match host.strip_prefix("*.") {
        Some(domain) if !setup.wildcards => format!("name.{domain}"),
        // Bazel knows hosts without their ports.
        _ if setup.name == "bazel" => host.split(':').next().unwrap_or(host).to_string(),
        _ => host.clone(),
    };
    let pieces: Vec<String> = hosts.iter().map(|entry| setup.each.replace("HOST", &host(entry))).collect();
    let pieces = if setup.each.is_empty() { String::new() } else { pieces.join(setup.between) };
    format!("{}{pieces}{}", setup.before, setup.behind).replace("PROFILE", profile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::words::DIALECTS;

    fn text(name: &str) -> String {
        let setup = SETUPS.iter().find(|setup| setup.name == name).unwrap();
        written(setup, "work", &["a.example".into(), "*.corp.example".into()])
    }

    #[test]
    fn there_is_one_for_each_dialect_and_all_is_filled_in() {
        assert!(DIALECTS.iter().all(|(name, _)| SETUPS.iter().any(|setup| setup.name == *name)));
        for setup in &SETUPS {
            let text = text(setup.name);
            assert!(!text.contains("PROFILE") && !text.contains("HOST"), "{text}");
        }
        assert!(text("git").contains("[credential \"https://*.corp.example\"]"));
        assert!(text("docker").ends_with("{ \"credHelpers\": { \"a.example\": \"oat\", \"name.corp.example\": \"oat\" } }"));
        assert!(text("kubectl").contains("args: [\"credential\", \"kubectl\", \"work\"]"));
    }
}
