//! The tokens that are handed in: of a CI job, or of another profile, by the same policy as any.

use serde_json::json;

use crate::error::{Error, Kind, Result};
use crate::oauth::grant::token_exchange::HandedIn;
use crate::oauth::world::World;
use crate::plan::Plan;
use crate::plan::subject::Party;
use crate::secret::SubjectToken;
use crate::session::Session;
use crate::session::credentials::Secrets;
use crate::session::decision::Wish;
use crate::session::foresight::foresee;
use crate::session::id_token::kept;
use crate::session::remedy::login_required;
use crate::session::server::identity;
use crate::store::Store;
use crate::store::record::SignedIn;
use crate::subject::{self, mark::digest};

/// What was read to find out whose token is kept, by the party's mark: some files can be read only once.
pub type Read = Vec<(String, Result<SubjectToken>)>;

/// What tells this token from others of the profile. Where a file's token is handed in, or that of another profile's person, what
/// is kept for one is not another's, though the profile says the same.
pub fn request(plan: &Plan, store: &Store, world: &mut dyn World, read: &mut Read) -> String {
    let mut request = plan.request();
    for party in plan.parties() {
        let whose = match &party.profile {
            Some(other) => {
                let person = signed_in(other, store).map(|person| json!([person.at.0, person.subject]));
                // What is read for it is read again when its turn comes.
                json!([self::request(other, store, world, &mut Read::new()), person])
            }
            None if matches!(party.subject.source(), "file" | "kubernetes") => {
                let token = subject::raw(world, &party.subject, None);
                let whose = json!(token.as_ref().ok().map(SubjectToken::expose));
                read.push((party.mark.clone(), token));
                whose
            }
            None => continue,
        };
        request.push_str(&digest(&whose));
    }
    request
}

fn signed_in(plan: &Plan, store: &Store) -> Option<SignedIn> {
    let access = store.load_access(&plan.profile).ok()?.access?;
    (access.identity == identity(plan)).then_some(access.signed_in)?
}

impl Session<'_> {
    /// A party's token, fetched anew. Fails with what its source, or its profile, fails with.
    pub(super) fn handed_in(&mut self, party: &Party) -> Result<HandedIn> {
        if let Some(redacted) = self.redacted {
            // Whoever would be asked for it is told, and what has to be done first; how the asking ends is known.
            match &party.profile {
                Some(other) => {
                    let failure = foresee(other, &Wish::default(), self.store, self.world, redacted).failure;
                    failure.map_or(Ok(()), |error| Err(from_profile(error, other)))?;
                }
                None => match subject::raw(self.world, &party.subject, party.audience.as_deref()) {
                    Err(error) if error.kind == Kind::Config => return Err(error),
                    _ => {}
                },
            }
            return Ok(HandedIn { token: SubjectToken::new(redacted), token_type: party.token_type.clone() });
        }
        let token = match &party.profile {
            Some(other) => self.of_profile(other, party.subject.text("token")).map_err(|error| from_profile(error, other))?,
            None => {
                let at = self.read.iter().position(|(mark, _)| *mark == party.mark);
                let raw = match at {
                    Some(at) => self.read.swap_remove(at).1,
                    None => subject::raw(self.world, &party.subject, party.audience.as_deref()),
                };
                subject::checked(raw?, &party.subject, self.world.now())?
            }
        };
        Ok(HandedIn { token, token_type: party.token_type.clone() })
    }

    fn of_profile(&mut self, other: &Plan, which: Option<&str>) -> Result<SubjectToken> {
        if which != Some("id_token") {
            return self.by_policy(other, Wish::default());
        }
        if !other.by_person() {
            let told = format!("{} brings no ID token", other.grant.name());
            return Err(Error::new(Kind::Config, told).hint("take its access token: token = \"access_token\""));
        }
        if let Some(token) = self.id_token(other)? {
            return Ok(token);
        }
        // A refresh brings another one, where the server does that.
        self.by_policy(other, Wish { force: true, ..Wish::default() })?;
        let now = self.world.now();
        self.id_token(other)?.ok_or_else(|| {
            let error = login_required(other, signed_in(other, self.store).as_ref(), now);
            error.saying(|_| "its ID token has ended, or there is none, and the server gave no other".into())
        })
    }

    /// Its access token: kept, renewed or fetched, under the other profile's own lock.
    fn by_policy(&mut self, other: &Plan, wish: Wish) -> Result<SubjectToken> {
        let mut read = Read::new();
        let request = request(other, self.store, self.world, &mut read);
        let world = &mut *self.world;
        let session = Session {
            plan: other,
            wish: &wish,
            store: self.store,
            world,
            request,
            read,
            typed: Secrets::default(),
            apart: self.apart,
            redacted: None,
        };
        session.token().map(|handed| SubjectToken::new(handed.token.access_token.expose()))
    }

    /// Its ID token, where it is kept and not over.
    fn id_token(&self, other: &Plan) -> Result<Option<SubjectToken>> {
        let now = self.world.now();
        let good = kept(other, self.store)?.filter(|(.., end)| *end > now);
        Ok(good.map(|(token, ..)| SubjectToken::new(token.expose())))
    }
}

fn from_profile(error: Error, other: &Plan) -> Error {
    error.saying(|said| format!("no subject token from profile `{}`: {said}", other.profile))
}
