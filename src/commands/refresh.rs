//! `oat refresh`: a new token now, whatever the cache says.

use crate::cli::words::Refresh;
use crate::commands::house::House;
use crate::commands::token::{hand_out, obtain};
use crate::error::Result;
use crate::output;
use crate::session::decision::Wish;

/// Renews the token. A client_credentials profile has no refresh token, so a new one is fetched, and that is said.
pub fn refresh(house: &House, words: &Refresh) -> Result<()> {
    let (plan, config) = house.plan(&words.chosen)?;
    let wish = Wish { force: true, require_store: words.require_store, ..Wish::default() };
    let (handed, now) = if words.print { hand_out } else { obtain }(house, &plan, &config, &wish)?;
    if !plan.by_person() {
        let end = handed.token.expires_at.map(|end| format!(", good for {}", end - now)).unwrap_or_default();
        house.terminal.say(&format!(
            "profile `{}`: a new token was fetched by {}, which knows no refresh token{end}",
            plan.profile,
            plan.grant.name()
        ));
    }
    match words.print {
        true => output::print(handed.token.access_token.expose()),
        false => Ok(()),
    }
}
