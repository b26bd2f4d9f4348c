//! `oat man [COMMAND]`: the committed manual pages.

use crate::commands::packed::unpack;
use crate::error::{Error, Kind, Result};
use crate::output;
use crate::text::{escape, nearest};

/// The committed pages, by what `oat man` calls them.
pub const PAGES: [(&str, &str); 30] = [
    ("", "oat.1"),
    ("token", "oat-token.1"),
    ("token-get", "oat-token-get.1"),
    ("exec", "oat-exec.1"),
    ("token-subject", "oat-token-subject.1"),
    ("login", "oat-login.1"),
    ("logout", "oat-logout.1"),
    ("status", "oat-status.1"),
    ("refresh", "oat-refresh.1"),
    ("inspect", "oat-inspect.1"),
    ("credential", "oat-credential.1"),
    ("jwks", "oat-jwks.1"),
    ("profile", "oat-profile.1"),
    ("profile-add", "oat-profile-add.1"),
    ("profile-list", "oat-profile-list.1"),
    ("profile-show", "oat-profile-show.1"),
    ("profile-edit", "oat-profile-edit.1"),
    ("profile-remove", "oat-profile-remove.1"),
    ("profile-set-secret", "oat-profile-set-secret.1"),
    ("sandbox", "oat-sandbox.1"),
    ("completions", "oat-completions.1"),
    ("man", "oat-man.1"),
    ("config", "oat-config.5"),
    ("ci", "oat-ci.7"),
    ("github-actions", "oat-github-actions.7"),
    ("gitlab-ci", "oat-gitlab-ci.7"),
    ("circleci", "oat-circleci.7"),
    ("buildkite", "oat-buildkite.7"),
    ("azure-pipelines", "oat-azure-pipelines.7"),
    ("kubernetes", "oat-kubernetes.7"),
];

/// Prints a page as roff: `oat man token get | man -l -`.
pub fn print(page: Option<&str>) -> Result<()> {
    let wanted = page.map(|page| page.trim_start_matches("oat-")).filter(|page| *page != "oat").unwrap_or_default();
    match PAGES.iter().find(|(name, _)| *name == wanted) {
        Some((_, file)) => output::print(unpack(&format!("man/{file}"))?.trim_end()),
        None => {
            let names = PAGES.iter().map(|(name, _)| *name);
            let hint = nearest(wanted, names.clone()).map_or_else(
                || format!("pages: {}", names.filter(|n| !n.is_empty()).collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            Err(Error::new(Kind::Usage, format!("no manual page `{}`", escape(wanted))).hint(hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::generated::{generated, undeferred};
    use crate::commands::{man_ci, man_config, man_page};

    #[test]
    fn the_committed_pages_are_those_of_the_grammar_and_the_keys() {
        let grammar = undeferred();
        let pages = man_page::commands(&grammar);
        let others = ["config", "ci"].into_iter().chain(man_ci::GUIDES.map(|guide| guide.name));
        let names: Vec<String> = pages.iter().map(|page| page.name.clone()).chain(others.map(str::to_string)).collect();
        let mut committed = PAGES.map(|(name, _)| name.to_string()).to_vec();
        committed.sort_by_key(|name| names.iter().position(|other| other == name));
        assert_eq!(committed, names, "every command has a page");
        for page in &pages {
            let (_, file) = PAGES.iter().find(|(name, _)| *name == page.name).unwrap();
            generated(&format!("man/{file}"), &man_page::page(page));
        }
        generated("man/oat-config.5", &man_config::page());
        generated("man/oat-ci.7", &man_ci::overview());
        for guide in &man_ci::GUIDES {
            generated(&format!("man/oat-{}.7", guide.name), &man_ci::page(guide));
        }
    }
}
