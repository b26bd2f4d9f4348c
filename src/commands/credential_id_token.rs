//! The ID token of a signed-in profile, for clusters that want it in place of an access token.

use crate::commands::house::House;
use crate::commands::token::hand_out;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::plan::Plan;
use crate::secret::IdToken;
use crate::session::decision::{Wish, fresh_until};
use crate::session::id_token;
use crate::time::UnixTime;
use crate::world;

/// The kept ID token, which was checked when it came, and when a new one should be asked for; renewed with the sign-in's tokens where it
/// has ended. Fails with `LoginRequired` where only a person can get a new one.
pub fn id_token(house: &House, plan: &Plan, config: &Config) -> Result<(IdToken, UnixTime)> {
    if !plan.by_person() {
        let message = format!("profile `{}` has the grant {}, which gives no ID token", plan.profile, plan.grant.name());
        return Err(Error::new(Kind::Config, message).hint("leave `--id-token` out, or name a profile that a person signs in to"));
    }
    if let Some(found) = kept(house, plan, config)? {
        return Ok(found);
    }
    hand_out(house, plan, config, &Wish { force: true, ..Wish::default() })?;
    kept(house, plan, config)?.ok_or_else(|| {
        Error::new(Kind::LoginRequired, format!("the server gave no new ID token for profile `{}`", plan.profile))
            .hint(format!("oat login {}; `openid` in the scope asks for one", plan.profile))
    })
}

/// The kept one, while it is good.
fn kept(house: &House, plan: &Plan, config: &Config) -> Result<Option<(IdToken, UnixTime)>> {
    let store = house.store(config)?;
    let kept = id_token::kept(plan, &store);
    house.told_by(&store);
    house.keep_open(store);
    let now = world::now();
    let served = kept?.map(|(token, begin, end)| (token, fresh_until(begin.unwrap_or(now), end, plan.leeway)));
    Ok(served.filter(|(_, until)| *until > now))
}
